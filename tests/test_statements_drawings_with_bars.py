"""What single statements of the drawings with bars and images mean."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, FNNRegressor
from skfnn.inspection import ImportanceDisplay, WeightsDisplay
from skfnn.inspection._drawing import COLORS
from skfnn.inspection._importance import _name_of

plt = pytest.importorskip("matplotlib.pyplot")
colors = pytest.importorskip("matplotlib.colors")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def _close():
    plt.switch_backend("agg")
    yield
    plt.close("all")


# ------------------------------------------------------------------ weights


def weights_of(weights, image_shape=None, **options):
    weights = np.asarray(weights, float)
    names = [f"x{i}" for i in range(len(weights))]
    display = WeightsDisplay(weights=weights, feature_names=names, image_shape=image_shape)
    return display.plot(**options)


def bars(display):
    return [(p.get_y() + p.get_height() / 2, p.get_width()) for p in display.ax_.patches]


def test_a_bar_is_the_norm_of_the_weights_of_a_column():
    display = weights_of([[3, 4], [0, 1], [5, 12], [0, -2]])
    assert_allclose(bars(display), [(0, 13), (1, 5), (2, 2), (3, 1)])
    assert display.features_ == ["x2", "x0", "x3", "x1"]
    assert display.units_ == [0, 1]
    assert display.ax_.get_xlabel() == "Norm of the weights to 2 units"
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == display.features_
    assert {p.get_facecolor() for p in display.ax_.patches} == {colors.to_rgba(COLORS[0])}
    assert not display.ax_.lines
    few = weights_of([[3, 4], [0, 1], [5, 12], [0, -2]], top_k=1)
    assert bars(few) == [(0, 13)]
    assert few.ax_.get_xlabel() == "Norm of the weights to 2 units (largest 1 of 4)"


@pytest.mark.parametrize(("weights", "options", "unit"), [
    ([[9, 1, 9], [9, -3, 9], [9, 0, 9]], {"unit": 1}, 1),
    ([[1, 9], [-3, 9], [0, 9]], {"unit": 0}, 0),
    ([[9, 1], [9, -3], [9, 0]], {"unit": 1}, 1),
    ([[1], [-3], [0]], {}, 0),
])  # fmt: skip
def test_weights_of_a_single_unit_have_signs(weights, options, unit):
    display = weights_of(weights, **options)
    assert_allclose(bars(display), [(0, -3), (1, 1), (2, 0)])
    assert display.units_ == [unit]
    assert display.ax_.get_xlabel() == f"Weight of unit {unit}"
    drawn = [p.get_facecolor() for p in display.ax_.patches]
    assert drawn == [colors.to_rgba(COLORS[i]) for i in (0, 1, 1)]
    (zero,) = display.ax_.lines
    assert set(zero.get_xdata()) == {0}


def test_bars_do_not_touch_and_the_first_is_above():
    for display in (weights_of(np.eye(3)), ImportanceDisplay(
        importances=np.eye(3), feature_names=list("abc")
    ).plot()):  # fmt: skip
        assert_allclose([p.get_height() for p in display.ax_.patches], 0.72)
        assert display.ax_.get_ylim() == (2.6, -0.6)  # all of each bar, and little beside
        assert display.ax_.get_axisbelow() is True
        shown = [display.ax_.spines[s].get_visible() for s in ("top", "right", "left", "bottom")]
        assert shown == [False, False, True, True]


def test_up_to_20_bars_and_36_images_are_drawn():
    model = FNNRegressor((37,), solver="lbfgs", max_iter=1).fit(
        np.random.default_rng(0).normal(size=(25, 21)), np.arange(25.0)
    )
    for display in (WeightsDisplay.from_estimator(model), weights_of(np.ones((21, 2)))):
        assert len(display.features_) == 20
        assert "(largest 20 of 21)" in display.ax_.get_xlabel()
    for display in (WeightsDisplay.from_estimator(model, image_shape=(3, 7)),
                    weights_of(np.ones((21, 37)), (3, 7))):  # fmt: skip
        assert len(display.units_) == 36
        assert display.ax_.get_title() == "First-layer weights, 36 of 37 units"
        assert display.features_ == []


@pytest.mark.parametrize(("shape", "gap"), [((1, 20), 1), ((1, 22), 2), ((22, 22), 2), ((4, 4), 1)])
def test_images_are_a_fourteenth_apart(shape, gap):
    height, width = shape
    display = weights_of(np.ones((height * width, 2)), shape)
    rows, columns = display.ax_.images[0].get_array().shape
    if width > height:  # one above the other
        assert (rows, columns) == (2 * height + gap, width)
    else:
        assert (rows, columns) == (height, 2 * width + gap)


@pytest.mark.parametrize(("n", "options", "title"), [
    (1, {}, "1 unit"), (2, {}, "2 units"), (3, {"unit": 1}, "unit 1"),
    (3, {"unit": 0}, "unit 0"), (3, {"max_images": 1}, "1 of 3 units"),
    (1, {"unit": 0}, "1 unit"),
])  # fmt: skip
def test_the_title_says_which_units_are_shown(n, options, title):
    weights = np.array([[1.0, -2, 1], [1, 2, 1]])[:, :n]
    display = weights_of(weights, (1, 2), **options)
    assert display.ax_.get_title() == f"First-layer weights, {title}"
    limit = 2 if 1 in display.units_ else 1
    assert display.ax_.images[0].get_clim() == (-limit, limit)  # of what is shown
    assert not display.ax_.axison
    assert display.figure_.axes[1].get_ylabel() == "Weight"


def test_images_are_those_of_the_units_with_the_largest_weights():
    display = weights_of([[1, 0, 5, 4], [1, 2, 0, 4]], (2, 1), max_images=2)
    assert display.units_ == [2, 3]


@pytest.mark.parametrize(("options", "good"), [
    ({"unit": -1}, False), ({"unit": 2}, False), ({"unit": 1}, True), ({"unit": 0}, True),
    ({"top_k": 1}, True), ({"top_k": 0}, False), ({"max_images": 1}, True),
    ({"max_images": 0}, False), ({"top_k": 2.0}, False),
])  # fmt: skip
def test_numbers_of_weights_have_bounds(options, good):
    if good:
        weights_of(np.ones((4, 2)), **options)
    else:
        with pytest.raises(ValueError, match=f"{next(iter(options))} must be"):
            weights_of(np.ones((4, 2)), **options)


# ------------------------------------------------------------------ importance


def importance(values, **options):
    names = [f"x{i}" for i in range(len(values))]
    plot = {"top_k": options.pop("top_k")} if "top_k" in options else {}
    return ImportanceDisplay(
        importances=np.asarray(values, float), feature_names=names, **options
    ).plot(**plot)


def test_bars_of_importance_are_means_with_deviations():
    display = importance([[1, 3], [-2, 0], [0, 0], [5, 5]], score_name="R2")
    assert_allclose(bars(display), [(0, 5), (1, 2), (2, 0), (3, -1)])
    assert display.features_ == ["x3", "x0", "x2", "x1"]
    drawn = [p.get_facecolor() for p in display.ax_.patches]
    assert drawn == [colors.to_rgba(COLORS[i]) for i in (0, 0, 0, 9)]
    ((errors,),) = [c.lines[2] for c in display.ax_.containers if hasattr(c, "has_xerr")]
    ends = [segment.tolist() for segment in errors.get_segments()]
    assert ends == [[[5, 0], [5, 0]], [[1, 1], [3, 1]], [[0, 2], [0, 2]], [[-2, 3], [0, 3]]]
    assert_allclose(errors.get_linewidth(), 1.2)  # a line, no second bar
    assert display.ax_.get_xlabel() == "Loss of R2 if shuffled"
    (zero,) = [line for line in display.ax_.lines if len(line.get_xdata()) == 2]
    assert set(zero.get_xdata()) == {0}


def test_the_label_says_how_many_columns_and_which_rows():
    display = importance([[1], [2], [3]], top_k=2, out_of_fold=True)
    assert display.ax_.get_xlabel() == (
        "Loss of score if shuffled, on out-of-fold rows (largest 2 of 3)"
    )
    assert display.features_ == ["x2", "x1"]
    assert importance([[1], [2]], top_k=1).features_ == ["x1"]
    assert_allclose(display.figure_.get_size_inches(), [6.2, 0.9 + 2 * 0.27])  # as bars need
    with pytest.raises(ValueError, match=r"top_k must be an integer >= 1\. Got 0"):
        importance([[1]], top_k=0)
    assert len(importance(np.ones((21, 1))).features_) == 20


def test_importance_is_of_5_repeats_and_20_columns_drawn():
    A = np.random.default_rng(0).normal(size=(30, 21))
    model = FNNRegressor((), solver="lbfgs", max_iter=1).fit(A, A[:, 0])
    display = ImportanceDisplay.from_estimator(model, A, list(A[:, 0]), random_state=0)
    assert display.importances.shape == (21, 5)
    assert len(display.features_) == 20
    assert display.n_rows == 30
    assert not display.out_of_fold
    assert display.score_name == "R2"


def test_what_is_lost_is_called_by_its_name():
    assert _name_of("neg_log_loss", None) == "neg log loss"
    assert _name_of(None, FNNClassifier()) == "accuracy"
    assert _name_of(None, FNNRegressor()) == "R2"
    assert _name_of(None, StandardScaler()) == "score"
    assert _name_of(np.linalg.norm, None) == "norm"
    assert _name_of(SimpleNamespace(), None) == "score"
