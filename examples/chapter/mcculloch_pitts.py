"""One threshold unit with set weights: OR, AND, NOT; and why XOR takes two layers.

McCulloch and Pitts (1943) describe a neuron as a unit that fires where the weighted sum of its
inputs exceeds a threshold. With inputs of 0 and 1 a single unit computes

- OR, if one active input is enough: x1 + x2 > 0.5,
- AND, if it takes both: x1 + x2 > 1.5,
- NOT, if its only input inhibits it: -x > -0.5.

At a sum of exactly 0 their unit fires, and so does ``skfnn.activations.Threshold``. The output unit
of a classifier with the perceptron loss does not, as in scikit-learn's ``Perceptron``: there the
point lies on the boundary. The weights here keep away from it.

It cannot compute XOR. For weights w1, w2 and a bias b, four inequalities would have to hold:

    b < 0,   w1 + b > 0,   w2 + b > 0,   w1 + w2 + b < 0.

The second and third add up to w1 + w2 + 2b > 0, the first and fourth to w1 + w2 + 2b < 0. A linear
programme, which looks for weights that satisfy the inequalities, finds some for OR and AND and
proves that there are none for XOR. (The points where a unit fires lie on one side of a line; no
line has (0, 1) and (1, 0) on one side and (0, 0) and (1, 1) on the other.)

Two layers can: XOR is OR but not AND. The hidden units compute OR and AND, and the output unit
fires if the first does and the second does not.
"""

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from skfnn import FNNClassifier

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
TRUTH = {"OR": [0, 1, 1, 1], "AND": [0, 0, 0, 1], "XOR": [0, 1, 1, 0]}
UNITS = {"OR": ([1, 1], -0.5), "AND": ([1, 1], -1.5), "NOT": ([-1], 0.5)}


def unit(weights, bias):
    """One threshold unit: 1 where the weighted sum plus bias is above 0."""
    return FNNClassifier.from_weights([np.reshape(weights, (-1, 1))], [[bias]], loss="perceptron")


def weights_of_one_unit(truth):
    """Weights and bias of a unit with this truth table, or None if a linear programme finds none.

    The programme asks for a score of at least 1 where the unit shall fire and of at most -1 where
    it shall not: weights that separate at all can be scaled to do that.
    """
    sign = 2 * np.asarray(truth) - 1
    rows = -sign[:, None] * np.column_stack([INPUTS, np.ones(4)])
    result = linprog(np.zeros(3), A_ub=rows, b_ub=-np.ones(4), bounds=(None, None))
    if result.status == 2:  # infeasible
        return None
    assert result.success, result.message
    return result.x[:2], result.x[2]


def xor():
    """OR and AND as hidden units; the output fires if OR does and AND does not."""
    return FNNClassifier.from_weights(
        coefs=[[[1, 1], [1, 1]], [[1], [-1]]],
        intercepts=[[-0.5, -1.5], [-0.5]],
        activation="threshold",
        loss="perceptron",
    )


def main():
    for name, (weights, bias) in UNITS.items():
        inputs = INPUTS if len(weights) == 2 else np.array([[0], [1]])
        outputs = unit(weights, bias).predict(inputs)
        table = ", ".join(
            f"{'  '.join(map(str, x))} -> {y}" for x, y in zip(inputs, outputs, strict=True)
        )
        print(f"{name:3}  weights {weights!s:8} bias {bias:4}:  {table}")

    print("\nIs there one unit for it? (linear programme)")
    for name, truth in TRUTH.items():
        found = weights_of_one_unit(truth)
        if found is None:
            print(f"{name:3}  no: the inequalities contradict each other")
        else:
            weights, bias = found
            assert unit(weights, bias).predict(INPUTS).tolist() == truth
            print(f"{name:3}  yes, weights {weights.round(2).tolist()}, bias {bias:.2f}")

    network = xor()
    (hidden,) = network.hidden_activations(INPUTS)
    table = pd.DataFrame(
        np.column_stack([INPUTS, hidden.astype(int), network.predict(INPUTS)]),
        columns=["x1", "x2", "OR", "AND", "XOR"],
    )
    print("\nXOR in two layers: OR and AND are the hidden units\n" + table.to_string(index=False))


if __name__ == "__main__":
    main()
