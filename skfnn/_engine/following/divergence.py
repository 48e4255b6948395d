"""What to say when training does not stay finite: what is to blame."""

from __future__ import annotations

import numpy as np

GENERAL = (
    "Scale X (and, in regression, y), for instance by a StandardScaler, lower learning_rate_init, "
    "or set clip_norm."
)
# Beyond, a quantity is far from what networks are trained on.
LARGE = 1e3


class DivergenceError(ValueError):
    """Training produced numbers that are not finite.

    Parameters
    ----------
    detail : str
        What was seen.
    advice : str, optional
        What to do.
    """

    def __init__(self, detail: str, advice: str = GENERAL) -> None:
        super().__init__(detail, advice)  # the arguments, so that another process can send it
        self.detail, self.advice = detail, advice

    def __str__(self):
        return f"Solver produced non-finite parameter weights. {self.advice} {self.detail}"


def blamed(
    X, y, weight, penalty: float = 0.0, alpha: float = 0.0, *, rate: float, clip: bool = True
) -> str:
    """Return advice about what is most likely to blame for a divergence.

    Parameters
    ----------
    X : ndarray or csr_array
        Features.
    y : ndarray or None
        Targets that are numbers.
    weight : ndarray or None
        Sample weights as they count in the loss.
    penalty, alpha : float
        ``alpha``, divided by the mean weight, and as given.
    rate : float
        ``learning_rate_init``.
    clip : bool
        Whether there is a ``clip_norm``.
    """
    advice = []
    largest = _largest(X if isinstance(X, np.ndarray) else X.data)
    if largest > LARGE:
        advice.append(
            "The input data may contain large values and need to be preprocessed. Scale X, which "
            f"has values up to {largest:.3g}, for instance by a StandardScaler."
        )
    if y is not None and _largest(y) > LARGE:
        advice.append(
            f"Scale y, which has values up to {_largest(y):.3g}, for instance by a "
            "TransformedTargetRegressor."
        )
    if weight is not None and _largest(weight) > LARGE:
        advice.append(
            f"Scale sample_weight, by which a row counts up to {_largest(weight):.3g} times."
        )
    if penalty > LARGE:
        given = "" if penalty == alpha else f", over the mean of sample_weight {penalty:.3g}"
        advice.append(f"Lower alpha, which is {alpha:.3g}{given}.")
    clipping = ", or set clip_norm" if clip else ""
    return " ".join([*advice, f"Lower learning_rate_init={rate:.3g}{clipping}."])


def _largest(array):
    return float(np.abs(array).max(initial=0.0))
