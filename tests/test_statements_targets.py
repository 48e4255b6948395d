"""What the statements of targets, weights and links mean."""

import numpy as np
import pytest
from scipy import sparse, special

from skfnn import losses
from skfnn._engine.objective.link import (
    IdentityLink,
    Link,
    LogitLink,
    LogLink,
    SoftmaxLink,
    log_softmax,
    softplus,
)
from skfnn._engine.objective.loss import Loss, diagonal_factors, mean
from skfnn._engine.objective.targets import (
    ClassTarget,
    OneHotTarget,
    ReconstructionTarget,
    RegressionTarget,
    SoftTarget,
    check_columns,
    class_weights,
    is_soft,
    smoothed,
)
from skfnn._engine.objective.targets import _plain_labels as plain_labels
from skfnn._engine.objective.weights import (
    check_weights,
    in_single,
    mean_one,
    mean_one_where_positive,
    moments,
    quantiles,
)


def filled(target, encoded, k, levels=(0.0, 1.0)):
    out = np.full((len(encoded), k), np.nan)
    target.fill(encoded, out, levels)
    return out.tolist()


def test_a_vector_is_one_output():
    check_columns(np.zeros(3), 1)
    check_columns(np.zeros((3, 2)), 2)
    for y, n in ((np.zeros(3), 3), (np.zeros((3, 2)), 1), (np.zeros((3, 2)), 3)):
        with pytest.raises(ValueError, match=f"must have {n} outputs"):
            check_columns(y, n)


def test_targets_of_numbers():
    target, loss = RegressionTarget(2, False), losses.SquaredError()
    y = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert target.strata(y) is None
    assert filled(target, y, 2) == y.tolist()
    assert filled(RegressionTarget(1, True), np.array([1.0, 2.0]), 1) == [[1.0], [2.0]]
    assert target.decide(y, loss).tolist() == y.tolist()
    assert RegressionTarget(1, True).decide(y[:, :1], loss).tolist() == [1.0, 3.0]
    assert RegressionTarget(1, False).decide(y[:, :1], loss).tolist() == [[1.0], [3.0]]
    rows = ReconstructionTarget(2)
    assert (rows.n_outputs, rows.one_dimensional) == (2, False)


def test_labels_are_plain_where_there_are_two_rows_for_each():
    assert plain_labels(np.array([3, 1, 1, 3])).tolist() == [1, 3]
    assert plain_labels(np.array(["b", "a", "a", "b"])).tolist() == ["a", "b"]
    assert plain_labels(np.array([True, False, True, True])).tolist() == [False, True]
    assert plain_labels(np.array([0, 1, 1])) is None
    for y in ([1, 1], np.array([[1], [1]]), np.array([1.0, 1.0]), np.array([], int)):
        assert plain_labels(y) is None


@pytest.mark.parametrize(
    ("y", "kind", "classes", "n_outputs"),
    [
        ([5, 5, 7, 7], "binary", [5, 7], 1),
        ([5, 7, 9] * 2, "multiclass", [5, 7, 9], 3),
        ([5, 5], "binary", [5], 1),
        ([5.0, 7.0], "binary", [5, 7], 1),
        (["b", "a", "c"], "multiclass", ["a", "b", "c"], 3),
        ([[0, 1], [1, 1]], "multilabel", [0, 1], 2),
    ],
)
def test_the_kind_of_labels(y, kind, classes, n_outputs):
    target = ClassTarget(np.array(y))
    assert (target.kind, target.n_outputs) == (kind, n_outputs)
    assert target.classes.tolist() == classes
    assert target.columns is (kind == "multilabel")
    strata = target.strata(y)
    assert strata is None if kind == "multilabel" else strata is y


def test_labels_of_given_classes():
    target = ClassTarget(np.array([2, 2]), classes=[4, 2, 3])
    assert target.classes.tolist() == [2, 3, 4]
    assert (target.kind, target.n_outputs) == ("multiclass", 3)


def test_a_target_knows_its_classes_and_their_type():
    target = ClassTarget(np.array([5, 5, 7, 7]))
    assert target.knows(np.array([7, 5, 7])) is True
    for y in ([5, 6], [4, 5], [5, 8], [7, 9]):
        assert target.knows(np.array(y)) is False
    assert not target.knows(np.array([5.0, 7.0]))
    assert not target.knows(np.array([5, 7], np.int8))
    floats = ClassTarget(np.array([5.0, 7.0]))
    assert not floats.knows(np.array([5.0, 7.0]))


def test_the_target_of_a_network_without_any_y():
    one = ClassTarget.of_outputs(1)
    assert (one.kind, one.n_outputs, one.classes.tolist()) == ("binary", 1, [0, 1])
    two = ClassTarget.of_outputs(2)
    assert (two.kind, two.n_outputs, two.classes.tolist()) == ("multiclass", 2, [0, 1])
    three = ClassTarget.of_outputs(3, ["a", "b", "c"])
    assert (three.kind, three.n_outputs) == ("multiclass", 3)
    assert three.classes.tolist() == ["a", "b", "c"]
    for n in (1, 2, 3):
        labels = ClassTarget.of_outputs(n, multilabel=True) if n > 1 else None
        if labels is not None:
            assert (labels.kind, labels.n_outputs) == ("multilabel", n)
    assert ClassTarget.of_outputs(2, [0, 1], multilabel=True).kind == "multilabel"


def test_classes_that_do_not_fit_to_a_network():
    with pytest.raises(ValueError, match="must be None for several labels"):
        ClassTarget.of_outputs(2, [0, 2], multilabel=True)
    with pytest.raises(ValueError, match=r"hold 2 different labels .* with 1 output\. Got"):
        ClassTarget.of_outputs(1, [0, 1, 2])
    with pytest.raises(ValueError, match=r"hold 3 different labels .* with 3 outputs\. Got"):
        ClassTarget.of_outputs(3, [0, 2, 1])
    with pytest.raises(ValueError, match="hold 2 different labels"):
        ClassTarget.of_outputs(2, [1, 1])


def test_labels_are_encoded_by_their_place():
    target = ClassTarget(np.array(["b", "a", "c"]))
    codes = target.encode(np.array(["c", "a", "b"]))
    assert codes.tolist() == [2, 0, 1]
    assert codes.dtype == np.uint8
    many = ClassTarget(np.arange(300).repeat(2))
    assert many.encode(np.array([299])).dtype == np.uint16
    assert many.encode(np.array([299])).tolist() == [299]
    labels = ClassTarget(np.array([[0, 1], [1, 1]]))
    assert labels.encode(np.array([[1, 0]])).tolist() == [[1, 0]]
    assert labels.encode(np.array([[1, 0]])).dtype == np.uint8
    with pytest.raises(ValueError, match="must hold 0 and 1 only"):
        labels.encode(np.array([[1, 2]]))
    with pytest.raises(ValueError, match="must have 2 outputs"):
        labels.encode(np.array([[1, 0, 0]]))


def test_codes_are_filled_in_as_levels():
    three = ClassTarget(np.array([0, 1, 2]))
    wanted = [[-1.0, -1.0, 3.0], [3.0, -1.0, -1.0]]
    assert filled(three, np.array([2, 0], np.uint8), 3, (-1.0, 3.0)) == wanted
    two = ClassTarget(np.array([0, 1]))
    assert filled(two, np.array([1, 0], np.uint8), 1, (-1.0, 3.0)) == [[3.0], [-1.0]]
    labels = ClassTarget(np.array([[0, 1], [1, 1]]))
    codes = np.array([[1, 0], [0, 0]], np.uint8)
    assert filled(labels, codes, 2, (-1.0, 3.0)) == [[3.0, -1.0], [-1.0, -1.0]]


def test_decisions_by_raw_scores():
    three, two = ClassTarget(np.array([4, 5, 6])), ClassTarget(np.array([4, 5]))
    raw = np.array([[0.0, 2.0, 1.0], [-1.0, -2.0, -3.0]])
    assert three.decide(raw, None).tolist() == [1, 0]
    assert three.decode(np.array([1, 0])).tolist() == [5, 4]
    assert two.decide(np.array([[0.0], [1e-9], [-1.0]]), None).tolist() == [0, 1, 0]
    labels = ClassTarget(np.array([[0, 1], [1, 1]]))
    found = labels.decide(np.array([[0.0, 1e-9], [-1.0, 2.0]]), None)
    assert found.tolist() == [[0, 1], [0, 1]]
    assert labels.decode(found) is found
    lone = ClassTarget(np.array([4, 4]))
    assert lone.decide(np.array([[3.0], [-3.0]]), None).tolist() == [0, 0]


def test_one_hot_rows_are_codes_and_probabilities_stay():
    target = OneHotTarget(3)
    assert (target.kind, target.n_outputs, target.columns) == ("multiclass", 3, True)
    assert target.classes.tolist() == [0, 1, 2]
    codes = target.encode(np.array([[0, 0, 1], [1, 0, 0]]))
    assert codes.tolist() == [2, 0]
    assert codes.dtype == np.uint8
    soft = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
    assert target.encode(soft).tolist() == soft.tolist()
    assert target.strata(soft).tolist() == [0, 2]
    assert target.strata(sparse.csr_array(soft)).tolist() == [0, 2]
    assert filled(target, codes, 3, (-1.0, 3.0)) == [[-1.0, -1.0, 3.0], [3.0, -1.0, -1.0]]
    assert filled(target, soft, 3, (-1.0, 3.0)) == [[1.0, 0.0, 0.0], [-1.0, -1.0, 3.0]]
    assert target.decode(np.array([1, 0])).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert target.decode(np.array([1, 0])).dtype.kind == "i"
    assert target.decode(soft) is soft


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ([0.5, 0.5 + 0.9e-4], False),
        ([0.5, 0.5 + 1.1e-4], True),
        ([0.5, 0.5 - 0.9e-4], False),
        ([0.5, 0.5 - 1.1e-4], True),
        ([0.0, 1.0], False),
        ([-0.1, 1.1], True),
    ],
)
def test_rows_of_probabilities_sum_to_one_up_to_a_ten_thousandth(row, refused):
    target, y = OneHotTarget(2), np.array([[0.25, 0.75], row])
    assert is_soft(y) is not refused
    if refused:
        with pytest.raises(ValueError, match="Row 1 is"):
            target.encode(y)
    else:
        assert target.encode(y).tolist() == y.tolist()


def test_soft_targets_are_rows_of_probabilities_not_all_0_or_1():
    assert is_soft([[0.5, 0.5], [0.0, 1.0]])
    assert is_soft(np.array([[0.5, 0.5]], np.float32))
    for y in (
        [[0.0, 1.0], [1.0, 0.0]],
        [[0, 1], [1, 0]],
        [0.5, 0.5],
        [[1.0], [1.0]],
        np.empty((0, 2)),
        [[0.5, 0.6], [0.5, 0.5]],
        [[1.5, -0.5], [0.5, 0.5]],
    ):
        assert is_soft(y) is False


def test_soft_targets_have_labels():
    target = SoftTarget.named(3, ["a", "b", "c"])
    assert (target.kind, target.n_outputs, target.columns) == ("multiclass", 3, False)
    assert target.classes.tolist() == ["a", "b", "c"]
    assert SoftTarget.named(2).classes.tolist() == [0, 1]
    soft = np.array([[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]])
    assert target.encode(soft).tolist() == soft.tolist()
    assert target.encode(np.eye(3)).tolist() == np.eye(3).tolist()
    assert target.encode(np.array(["c", "a"])).tolist() == [2, 0]
    assert target.codes(soft).tolist() == [1, 0]
    assert target.codes(np.array([2, 0])).tolist() == [2, 0]
    assert target.strata(soft).tolist() == [1, 0]
    assert target.strata(["c", "a"]) == ["c", "a"]
    assert target.decode(soft).tolist() == ["b", "a"]
    assert target.decode(np.array([2, 0])).tolist() == ["c", "a"]
    for names in (["a", "b"], ["b", "a", "c"], ["a", "a", "b"]):
        with pytest.raises(ValueError, match="must be named by labels in sorted order"):
            SoftTarget.named(3, names)


def test_balanced_classes_have_the_same_sum_of_weights():
    target = ClassTarget(np.array([0, 1, 2]))
    encoded = np.array([0, 0, 0, 1])
    found = class_weights("balanced", encoded, target)
    np.testing.assert_allclose(found, [2 / 3, 2.0, 1.0])  # 4 rows over 2 classes that are there
    weight = np.array([1.0, 1.0, 0.0, 6.0])
    found = class_weights("balanced", encoded, target, weight)
    np.testing.assert_allclose(found, [4 / 2, 4 / 6, 1.0])


def test_classes_without_a_weight_of_their_own_have_weight_one():
    target = ClassTarget(np.array(["a", "b", "c"]))
    assert class_weights({"b": 3, "c": 0}, None, target).tolist() == [1.0, 3.0, 0.0]
    with pytest.raises(ValueError, match="not in y: \\['d'\\]"):
        class_weights({"d": 1.0}, None, target)
    zero = dict.fromkeys("abc", 0)
    for wrong in ({"a": -1.0}, {"a": np.inf}, {"a": np.nan}, {"a": "x"}, {"a": [1]}, zero):
        with pytest.raises(ValueError, match="finite weights >= 0"):
            class_weights(wrong, None, target)


def test_smoothing_spreads_a_share_over_all_classes():
    four, two = ClassTarget(np.arange(4)), ClassTarget(np.arange(2))
    assert smoothed((0.0, 1.0), 0.0, four) == (0.0, 1.0)
    assert smoothed((0.0, 1.0), 0.2, four) == pytest.approx((0.05, 0.85))
    assert smoothed((0.0, 1.0), 0.2, two) == pytest.approx((0.1, 0.9))
    assert smoothed((-1.0, 1.0), 0.2, two) == pytest.approx((-0.8, 0.8))
    assert smoothed((-1.0, 1.0), 0.2, four) == pytest.approx((-0.9, 0.7))


def test_no_positive_weight_vanishes_in_single_precision():
    found = in_single(np.array([0.0, 1e-300, 1e-18, 3e-18, 2.0]))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.array([0, 1e-18, 1e-18, 3e-18, 2], np.float32), rtol=1e-6)


@pytest.mark.parametrize(
    ("given", "wanted", "by"),
    [
        ([1.0, 2.0, 3.0], [0.25, 0.5, 0.75], 4.0),
        ([1.0, 4.0, 0.0], [0.125, 0.5, 0.0], 8.0),
        ([1.0, 0.5, 0.0], [0.5, 0.25, 0.0], 2.0),
        ([0.5, 0.75, 0.0], [0.5, 0.75, 0.0], 1.0),
        ([2.0**1022, 0.0, 2.0**1022], [0.5, 0.0, 0.5], 2.0**1023),
        ([2.0**1023, 0.0, 2.0**1023], [0.5, 0.0, 0.5], np.inf),
        ([5e-324, 0.0, 5e-324], [0.5, 0.0, 0.5], 1e-323),
    ],
)
def test_weights_are_divided_by_a_power_of_two(given, wanted, by):
    weight, divisor = check_weights(given, np.zeros((3, 1)))
    assert weight.tolist() == wanted
    assert divisor == by
    assert weight.dtype == np.float64


def test_weights_that_are_refused():
    X = np.zeros((2, 1))
    for weight in ([-1.0, 2.0], [np.nan, 1.0], [np.inf, 1.0], [0.0, 0.0], [1.0]):
        with pytest.raises(ValueError, match="fold_weight"):
            check_weights(weight, X, "fold_weight")


def test_weights_of_mean_one_and_their_mean_before():
    weight, mean = mean_one(np.array([1.0, 2.0, 6.0]))
    np.testing.assert_allclose(weight, [1 / 3, 2 / 3, 2.0])
    assert mean == 3.0
    weight, mean = mean_one(np.array([1.0, 3.0, 6.0]), np.array([0, 1]))
    np.testing.assert_allclose(weight, [0.5, 1.5, 3.0])
    assert mean == 2.0
    large = np.array([1.5e308, 1.5e308, 0.75e308])
    weight, mean = mean_one(large)
    np.testing.assert_allclose(weight, [1.2, 1.2, 0.6])
    assert mean == 1.25e308
    with pytest.raises(ValueError, match="too large"):
        mean_one(np.array([1.0, np.inf]))
    with pytest.raises(ValueError, match="positive for some training row"):
        mean_one(np.array([0.0, 0.0, 1.0]), np.array([0, 1]))
    found = mean_one_where_positive(np.array([0.0, 1.0, 3.0]))
    assert found.tolist() == [0.0, 0.5, 1.5]


def test_moments_of_weights_are_those_of_repetitions():
    values = np.array([[1.0, 2.0], [4.0, 0.0], [6.0, 6.0]])
    for weight in (np.array([1, 2, 3]), np.array([2, 2, 2]), None):
        many = values if weight is None else np.repeat(values, weight, axis=0)
        mean, variance = moments(values, weight)
        np.testing.assert_allclose(mean, many.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(variance, many.var(axis=0), rtol=1e-12)
    mean, variance = moments(values[:, 0], np.array([0.0, 1.0, 1.0]))
    assert (mean, variance) == (5.0, 1.0)


LEVELS = np.array([0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 1.0])


@pytest.mark.parametrize("weight", [[1, 1, 1, 1], [2, 1, 3, 2], [1, 5, 1, 1]])
def test_quantiles_of_weights_are_those_of_repetitions(weight):
    values, weight = np.array([3.0, 1.0, 2.0, 8.0]), np.array(weight)
    wanted = np.quantile(np.repeat(values, weight), LEVELS, method="averaged_inverted_cdf")
    np.testing.assert_allclose(quantiles(values, LEVELS, weight), wanted, rtol=1e-12)
    np.testing.assert_allclose(quantiles(values, LEVELS, weight * 0.1), wanted, rtol=1e-12)
    plain = np.quantile(values, LEVELS, method="averaged_inverted_cdf")
    np.testing.assert_allclose(quantiles(values, LEVELS), plain, rtol=1e-12)


def test_a_level_is_met_up_to_a_trillionth_a_value():
    values, weight = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    for sign in (-1, 1):
        near = np.array([0.5 + sign * 1.5e-12])  # two values: within 2e-12
        assert quantiles(values, near, weight).tolist() == [1.5]
    assert quantiles(values, np.array([0.5 - 3e-12]), weight).tolist() == [1.0]
    assert quantiles(values, np.array([0.5 + 3e-12]), weight).tolist() == [2.0]
    assert quantiles(values, np.array([0.5 + 1.5e-12]), 100 * weight).tolist() == [1.5]
    assert quantiles(values, np.array([0.5 + 3e-12]), 100 * weight).tolist() == [2.0]
    assert quantiles(values, np.array([0.5 + 3e-12]), weight / 100).tolist() == [2.0]
    four, equal = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4)  # within 4e-12
    assert quantiles(four, np.array([0.5 + 3e-12, 0.5 + 5e-12]), equal).tolist() == [2.5, 3.0]
    assert quantiles(four, np.array([0.5 - 3e-12, 0.5 - 5e-12]), equal).tolist() == [2.5, 2.0]
    large = np.array([-1.5e308, 1.5e308])
    assert quantiles(large, np.array([0.5]), weight).tolist() == [0.0]


MEMBERS = np.array([[[0.5, -1.0], [2.0, 0.3]], [[-3.0, 4.0], [1.0, 1.0]]])


@pytest.mark.parametrize("link", [IdentityLink(), LogLink(), LogitLink(), SoftmaxLink()])
def test_pooled_scores_predict_the_mean_of_predictions(link):
    wanted = sum(link.inverse(MEMBERS[:, m]) for m in range(2)) / 2
    np.testing.assert_allclose(link.inverse(link.pooled_scores(MEMBERS)), wanted, rtol=1e-12)
    flat = MEMBERS.reshape(2, 4)
    np.testing.assert_allclose(link.inverse(link.pool(flat, 2)), wanted, rtol=1e-12)
    assert link.pool(flat, 4) is flat
    three = np.concatenate([MEMBERS, MEMBERS[:, :1]], axis=1)
    wanted = sum(link.inverse(three[:, m]) for m in range(3)) / 3
    np.testing.assert_allclose(link.inverse(link.pool(three.reshape(2, 6), 2)), wanted, rtol=1e-12)


def test_pooled_scores_of_large_members_are_finite():
    huge = np.array([[[1000.0], [998.0]], [[-1000.0], [-998.0]]])
    mean = np.log((1 + np.exp(-2)) / 2)
    np.testing.assert_allclose(LogLink().pooled_scores(huge), [[1000 + mean], [-998 + mean]])
    np.testing.assert_allclose(LogitLink().pooled_scores(huge), [[998 - mean], [-998 + mean]])
    apart = np.array([[[1000.0], [-1000.0]]])
    np.testing.assert_allclose(LogLink().pooled_scores(apart), [[1000 - np.log(2)]], rtol=1e-12)


def test_links_and_their_domains():
    raw = np.array([[0.5, -1.0]])
    assert IdentityLink().inverse(raw) is raw
    np.testing.assert_allclose(LogLink().inverse(raw), np.exp(raw))
    np.testing.assert_allclose(LogitLink().inverse(raw), special.expit(raw))
    np.testing.assert_allclose(SoftmaxLink().inverse(raw), special.softmax(raw, axis=1))
    for link in (LogLink(), LogitLink(), SoftmaxLink()):
        np.testing.assert_allclose(np.exp(link.log_inverse(raw)), link.inverse(raw))
        assert not link.unbounded
    assert IdentityLink().unbounded
    assert Link.domain == (-np.inf, np.inf)
    assert LogLink.domain == (0.0, np.inf)
    assert LogitLink.domain == SoftmaxLink.domain == (0.0, 1.0)
    for dtype in (np.float32, np.float64):
        found = LogLink().inverse(np.array([[1e4, 1.0]], dtype))
        assert found[0, 0] == np.finfo(dtype).max
        assert found[0, 1] == np.exp(dtype(1.0))


class Graph:
    """Runs the nodes of an ONNX graph with NumPy, where they are added."""

    dtype = np.dtype(np.float64)
    OPERATORS = {  # noqa: RUF012
        "Exp": np.exp, "Neg": np.negative, "Abs": np.abs, "Log": np.log, "Add": np.add,
        "Sub": np.subtract, "Min": np.minimum, "Sigmoid": special.expit, "Identity": np.copy,
        "Softmax": special.softmax, "LogSoftmax": special.log_softmax,
        "ReduceMean": np.mean, "ReduceLogSumExp": special.logsumexp,
    }  # fmt: skip

    def __init__(self):
        self.named = {}

    def node(self, operator, *inputs, out="", **attributes):
        with np.errstate(over="ignore"):
            self.named[out] = self.OPERATORS[operator](*inputs, **attributes)
        return self.named[out]

    def reduce(self, operator, value, axis):
        return self.OPERATORS[operator](value, axis=axis)


@pytest.mark.parametrize("link", [IdentityLink(), LogLink(), LogitLink(), SoftmaxLink()])
def test_the_nodes_of_a_link_compute_what_the_link_does(link):
    graph = Graph()
    raw = np.array([[0.5, -1.0, 2.0], [710.0, -3.0, 0.0]])
    link.onnx(graph, raw, "scores")
    np.testing.assert_allclose(graph.named["scores"], link.inverse(raw), rtol=1e-9)
    three = np.random.default_rng(0).normal(scale=3.0, size=(4, 3, 2))
    found = link.onnx_pooled(graph, three, 3)
    np.testing.assert_allclose(found, link.pooled_scores(three), rtol=1e-9)


def test_softplus_and_log_softmax_at_any_size():
    z = np.array([-1000.0, -30.0, 0.0, 30.0, 1000.0])
    np.testing.assert_allclose(softplus(z), np.logaddexp(0, z), rtol=1e-14)
    raw = np.array([[1000.0, 0.0, 999.0], [0.1, 0.2, -800.0]])
    np.testing.assert_allclose(log_softmax(raw), special.log_softmax(raw, axis=1), rtol=1e-12)


def test_the_mean_of_targets_is_by_column_and_weight():
    y = np.array([[1.0, 2.0, 3.0], [5.0, 8.0, 3.0]])
    assert mean(y, None).tolist() == [3.0, 5.0, 3.0]
    assert mean(y, np.array([3.0, 1.0])).tolist() == [2.0, 3.5, 3.0]


def test_factors_of_scores_that_do_not_depend_on_one_another():
    curvature = np.array([[4.0, 9.0], [0.0, 16.0]])
    assert diagonal_factors(curvature).tolist() == [[[2, 0], [0, 0]], [[0, 3], [0, 4]]]
    assert diagonal_factors(curvature.astype(np.float32)).dtype == np.float32


class Three(Loss, registered=False):
    """A loss of three parameters an output."""

    name = "three"

    @property
    def parameters(self):
        return 3


def test_scores_of_a_loss_are_those_of_each_parameter():
    loss, raw = Three(), np.arange(12.0).reshape(2, 6)
    assert loss.n_scores(2) == 6
    assert loss.n_located(2) == 2
    assert loss.located_freely() is loss
    assert loss.sorts is None
    assert [part.tolist() for part in loss.parts(raw)] == [
        [[0, 1], [6, 7]],
        [[2, 3], [8, 9]],
        [[4, 5], [10, 11]],
    ]
    assert loss.predict(raw).tolist() == [[0, 1], [6, 7]]
    assert losses.SquaredError().parts(raw)[0] is raw
    assert loss.pool(raw, 2) is raw
    members = np.concatenate([raw, raw + 4], axis=1)
    assert loss.pool(members, 2).tolist() == (raw + 2).tolist()
    assert loss.distribution(raw).center.tolist() == [[0, 1], [6, 7]]
    assert loss.differentiable


def test_what_a_loss_is_without_saying_so():
    loss = Three()
    assert loss.scalable
    assert loss.of_means
    for flag in ("probabilistic", "noisy", "laplace", "evidence", "by_moments"):
        assert getattr(loss, flag) is False
    assert loss.levels == (0.0, 1.0)
    assert loss.specialise("regression") is loss
    with pytest.raises(ValueError, match="is for regression targets, but y is binary"):
        loss.specialise("binary")
    with pytest.raises(ValueError, match="has no curvature"):
        loss.curvature(None, None)
    assert loss.in_domain(np.array([[1.0, -1.0]])) is True
    assert loss.in_domain(np.array([[1.0, np.nan]])) is False
    assert loss.sample_y(np.random.default_rng(0), 4, 2).shape == (4, 2)
