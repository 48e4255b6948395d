"""Displays show what is in the estimator, legibly, and need matplotlib only then."""

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier
from skfnn.inspection import LossCurveDisplay, NetworkDisplay, WeightsDisplay
from skfnn.layers import BatchNorm, Dense, Dropout, Skip

plt = pytest.importorskip("matplotlib.pyplot")
matplotlib = pytest.importorskip("matplotlib")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
FRAME, y = load_iris(return_X_y=True, as_frame=True)
X, NAMES = FRAME.to_numpy(), load_iris().target_names


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def classifier(*args, **params):
    return FNNClassifier(*args, **{"max_iter": 8, "random_state": 0, **params})


with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    EARLY = classifier((5,), early_stopping=True, metrics=["accuracy"]).fit(X, y)
    GIVEN = classifier((5,), learning_rate_init=0.5, max_iter=30).fit(X, y, X_val=X, y_val=y)
    PLAIN = classifier((5,), solver="lbfgs").fit(X, y)
    MODELS = {
        "alone": EARLY,
        "pipeline": make_pipeline(StandardScaler(), classifier((4, 3), "tanh")).fit(FRAME, y),
        "search": GridSearchCV(classifier((3,)), {"alpha": [0]}, cv=2).fit(X, y),
        "linear": FNNRegressor((), solver="lbfgs", tol=1).fit(X, np.column_stack([y, y])),
    }


# ------------------------------------------------------------------ curves


def test_curves_are_the_history():
    display = LossCurveDisplay.from_estimator(EARLY)
    drawn = {(line.axes.get_ylabel(), line.get_label()): line for line in display.lines_}
    for panel in ("loss", "accuracy"):
        for prefix, role in (("", "training"), ("val_", "validation")):
            line = drawn[panel.capitalize(), role]
            np.testing.assert_array_equal(line.get_xdata(), EARLY.history_.index)
            np.testing.assert_array_equal(line.get_ydata(), EARLY.history_[prefix + panel])
    assert display.ax_ is display.axes_[0]
    assert {ax.get_xlabel() for ax in display.axes_} == {"Epoch"}


@pytest.mark.parametrize("model", [EARLY, GIVEN], ids=["early stopping", "validation data"])
def test_the_best_epoch_is_marked(model):
    display = LossCurveDisplay.from_estimator(model, metrics="loss")
    (marked,) = [line for line in display.ax_.lines if line.get_marker() == "o"]
    if model is EARLY:  # the epoch whose weights the estimator has
        epoch = 1 + int(np.argmax(model.validation_scores_))
        assert marked.get_label() == f"best epoch: {epoch}"
    else:
        epoch = model.history_["val_loss"].idxmin()
        assert marked.get_label() == f"lowest validation loss: {epoch}"
    assert marked.get_xdata() == [epoch]
    assert marked.get_ydata() == [model.history_["val_loss"][epoch]]


def test_the_best_epoch_of_a_warm_start_is_of_the_last_fit():
    model = classifier((5,), early_stopping=True, warm_start=True, max_iter=3).fit(X, y)
    model.set_params(max_iter=2).fit(X, y)
    ((epoch, _),) = LossCurveDisplay.from_estimator(model).best_epochs.values()
    assert epoch == 3 + 1 + int(np.argmax(model.validation_scores_[-2:]))


def test_several_estimators_share_axes_and_a_legend():
    models = {"early": EARLY, "given": GIVEN, "plain": make_pipeline(StandardScaler(), PLAIN)}
    with pytest.raises(NotFittedError):
        LossCurveDisplay.from_estimators({"new": make_pipeline(StandardScaler(), classifier())})
    models["plain"] = PLAIN
    display = LossCurveDisplay.from_estimators(models, metrics="loss", log_scale=True)
    assert len(display.lines_) == 2 + 2 + 1
    texts = [text.get_text() for text in display.axes_[-1].get_legend().get_texts()]
    assert texts[:3] == list(models)
    assert {"training", "validation"} < set(texts)
    assert display.ax_.get_yscale() == "log"
    assert display.ax_.get_xlabel() == "Epoch or iteration"
    colors = [line.get_color() for line in display.lines_]
    assert colors[0] == colors[1] != colors[2] == colors[3] != colors[4]


def test_each_member_of_an_ensemble_has_its_curves():
    ensemble = TabularFNNClassifier(
        n_members=3, hidden_layer_sizes=(8,), max_iter=20, random_state=0
    )
    pipe = make_pipeline(StandardScaler().set_output(transform="pandas"), ensemble).fit(FRAME, y)
    display = LossCurveDisplay.from_estimators({"table": pipe, "plain": PLAIN})
    members = [f"table member {i}" for i in (1, 2, 3)]
    assert list(display.histories) == [*members, "plain"]
    assert [display.best_epochs[name][0] for name in members] == ensemble.best_epochs_
    lengths = [len(line.get_xdata()) for line in display.lines_]
    assert lengths[:6:2] == ensemble.history_.groupby("member").size().tolist()
    alone = LossCurveDisplay.from_estimator(ensemble)
    assert list(alone.histories) == ["member 1", "member 2", "member 3"]
    for display in (NetworkDisplay, WeightsDisplay):
        with pytest.raises(TypeError, match="TabularFNNClassifier is an ensemble of 3 networks"):
            display.from_estimator(pipe)


def test_curves_go_where_they_are_told():
    figure, axes = plt.subplots(1, 2)
    display = LossCurveDisplay.from_estimator(EARLY, ax=axes)
    assert display.figure_ is figure
    assert list(display.axes_) == list(axes)
    again = display.plot(axes[1], metrics="accuracy", alpha=0.5)
    assert again.ax_ is axes[1]
    assert {line.get_alpha() for line in again.lines_} == {0.5}


def test_bad_requests_for_curves():
    with pytest.raises(ValueError, match=r"metrics must be among \['loss', 'accuracy'.*'auc'"):
        LossCurveDisplay.from_estimator(EARLY, metrics=["auc"])
    with pytest.raises(ValueError, match=r"ax must hold 2 axes.*Got 1"):
        LossCurveDisplay.from_estimator(EARLY, ax=plt.subplots()[1])
    with pytest.raises(TypeError, match="dict of fitted estimators"):
        LossCurveDisplay.from_estimators([EARLY])
    with pytest.raises(TypeError, match=r"must be a fitted estimator of skfnn.*LinearRegression"):
        LossCurveDisplay.from_estimator(LinearRegression().fit(X, y))
    counts = FNNRegressor((), loss="poisson", max_iter=2).fit(X, np.full(len(X), 50))
    if counts.history_["loss"].min() <= 0:
        with pytest.raises(ValueError, match="log_scale=True needs a loss > 0"):
            LossCurveDisplay.from_estimator(counts, log_scale=True)


# ------------------------------------------------------------------ network


def edges(display):
    """All weights as drawn, column by column."""
    return [np.sort(collection.get_array()) for collection in display.edges_]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_weight_is_an_edge(model):
    display = NetworkDisplay.from_estimator(model)
    last = getattr(model, "best_estimator_", model)
    last = last[-1] if hasattr(last, "steps") else last
    for drawn, W in zip(edges(display), last.coefs_, strict=True):
        np.testing.assert_array_equal(drawn, np.sort(W, axis=None))
    low, high = display.edges_[0].norm.vmin, display.edges_[0].norm.vmax
    assert -low == high == pytest.approx(max(np.abs(W).max() for W in last.coefs_))
    widths = display.edges_[0].get_linewidths()
    assert np.all(np.diff(widths) >= 0)  # the largest weights widest, and on top


def texts(display):
    return [text.get_text() for text in display.ax_.texts]


def test_units_have_names():
    found = texts(NetworkDisplay.from_estimator(classifier((3,)).fit(FRAME, NAMES[y])))
    assert found[: 4 + 3] == [*FRAME.columns, *NAMES]
    scaled = make_pipeline(StandardScaler(), classifier((3,))).fit(FRAME, y)
    found = texts(NetworkDisplay.from_estimator(scaled, class_names=NAMES))
    assert found[: 4 + 3] == [*FRAME.columns, *NAMES]
    two = classifier((3,)).fit(X[:100], y[:100])
    assert texts(NetworkDisplay.from_estimator(two))[:5] == ["x0", "x1", "x2", "x3", "1"]
    given = NetworkDisplay.from_estimator(two, feature_names="abcd", class_names=["no", "yes"])
    assert texts(given)[:5] == ["a", "b", "c", "d", "yes"]
    with pytest.raises(ValueError, match=r"feature_names must hold 4 names.*Got 3"):
        NetworkDisplay.from_estimator(two, feature_names="abc")
    with pytest.raises(ValueError, match=r"class_names must hold 3 names.*Got 2"):
        NetworkDisplay.from_estimator(EARLY, class_names="ab")


def test_skips_are_read_with_their_ends():
    layers = [
        Dense(6, "gelu"),
        Skip([Dense(4, "relu"), Skip([Dense(4, "silu"), BatchNorm()]), Dropout(0.2)]),
        Skip([BatchNorm()]),
    ]
    display = NetworkDisplay.from_estimator(classifier(hidden_layers=layers).fit(X, y))
    assert [column.width for column in display.columns] == [4, 6, 4, 4, 3]
    assert sorted(display.skips) == [(1, 3, True), (2, 3, False)]
    assert display.columns[3].labels == ["silu", "batch norm", "dropout 0.2", "batch norm", "skip"]
    assert texts(display).count("skip") == 1
    assert texts(display).count("skip, projected") == 1


def test_a_large_network_is_drawn_as_boxes():
    display = NetworkDisplay.from_estimator(classifier((40, 20), max_iter=2).fit(X, y))
    assert display.edges_ == []
    assert {"4", "40", "20", "3", "160\nweights", "800\nweights"} < set(texts(display))
    assert len(NetworkDisplay.from_estimator(EARLY, max_units=4).edges_) == 0


@pytest.mark.parametrize("params", [
    {"hidden_layer_sizes": (6, 5), "skip_connections": True, "batch_norm": "after"},
    {"hidden_layer_sizes": (16,) * 3, "dropout": 0.1},
    {"hidden_layer_sizes": (128, 64, 64), "skip_connections": True},
    {"hidden_layer_sizes": (1,)},
], ids=str)  # fmt: skip
def test_no_text_lies_on_another(params):
    display = NetworkDisplay.from_estimator(classifier(**params, max_iter=2).fit(FRAME, NAMES[y]))
    display.figure_.canvas.draw()
    boxes = [text.get_window_extent() for text in display.ax_.texts]
    for i, box in enumerate(boxes):
        assert display.figure_.bbox.contains(*box.min), display.ax_.texts[i]
        assert display.figure_.bbox.contains(*box.max), display.ax_.texts[i]
        for j in range(i):
            assert not box.overlaps(boxes[j]), (display.ax_.texts[i], display.ax_.texts[j])


# ------------------------------------------------------------------ weights


def test_images_show_the_weights_of_units():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(60, 12))
    model = classifier((5,)).fit(images, np.arange(60) % 2)
    display = WeightsDisplay.from_estimator(model, image_shape=(3, 4))
    mosaic = np.asarray(display.ax_.images[0].get_array().filled(np.nan))
    W = model.coefs_[0]
    np.testing.assert_array_equal(mosaic[:3, :4], W[:, 0].reshape(3, 4))
    np.testing.assert_array_equal(np.sort(mosaic[~np.isnan(mosaic)]), np.sort(W, axis=None))
    assert display.ax_.images[0].get_clim() == pytest.approx((-np.abs(W).max(), np.abs(W).max()))
    few = WeightsDisplay.from_estimator(model, image_shape=(3, 4), max_images=2)
    largest = np.argsort(-np.linalg.norm(W, axis=0))[:2]
    assert few.units_ == sorted(largest)
    assert WeightsDisplay.from_estimator(model, image_shape=(3, 4), unit=3).units_ == [3]
    with pytest.raises(ValueError, match=r"\(4, 4\) has 16 pixels, but there are 12 features"):
        WeightsDisplay.from_estimator(model, image_shape=(4, 4))


@pytest.mark.parametrize(("image_shape", "columns"), [((12, 1), 8), ((1, 12), 1), ((3, 4), 2)])
def test_images_together_are_as_near_to_a_square_as_they_can_be(image_shape, columns):
    images = np.random.default_rng(0).normal(size=(60, 12))
    model = classifier((5,)).fit(images, np.arange(60) % 2)
    display = WeightsDisplay.from_estimator(model, image_shape=image_shape)
    height, width = image_shape
    assert display.ax_.images[0].get_array().shape == (-(-5 // columns) * (height + 1) - 1,
                                                       columns * (width + 1) - 1)  # fmt: skip


def test_bars_are_the_largest_weights():
    model = classifier((5,)).fit(FRAME, y)
    display = WeightsDisplay.from_estimator(model, top_k=3)
    norms = np.linalg.norm(model.coefs_[0], axis=1)
    order = np.argsort(-norms)[:3]
    assert display.features_ == list(FRAME.columns[order])
    np.testing.assert_allclose([bar.get_width() for bar in display.ax_.patches], norms[order])
    single = WeightsDisplay.from_estimator(model, unit=2, feature_names="abcd")
    widths = [bar.get_width() for bar in single.ax_.patches]
    assert sorted(widths) == sorted(model.coefs_[0][:, 2])
    assert np.all(np.diff(np.abs(widths)) <= 0)
    for wrong in ({"unit": 5}, {"top_k": 0}, {"max_images": 1.5}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
            WeightsDisplay.from_estimator(model, **wrong)


# ------------------------------------------------------------------ matplotlib on demand


def test_without_matplotlib_everything_but_drawing_works():
    code = """
import sys
import numpy as np
import pandas as pd
from skfnn import FNNRegressor, inspection
for name in ("matplotlib", "optuna", "dask"):
    assert name not in sys.modules, name
sys.modules["matplotlib"] = None
model = FNNRegressor((2,), solver="lbfgs", tol=1).fit(np.eye(4), np.arange(4.0))
for name in filter(lambda name: name.endswith("Display"), inspection.__all__):
    given = (np.eye(4), np.arange(4.0)) if name == "ImportanceDisplay" else ()
    try:
        getattr(inspection, name).from_estimator(model, *given)
    except ImportError as error:
        assert name in str(error) and "skfnn[plot]" in str(error), error
    else:
        raise AssertionError(name)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# ------------------------------------------------------------------ many curves, and what they are


def lightness_chroma(color):
    """CIE L*a*b* of an sRGB colour (D65)."""
    rgb = np.array(matplotlib.colors.to_rgb(color))
    rgb = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(xyz @ rgb / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_ten_curves_have_ten_colours_that_differ():
    histories = {
        f"member {i}": pd.DataFrame(
            {"loss": [1.0, 0.5], "val_loss": [1.1, 0.6], "learning_rate": 0.1}, index=[1, 2]
        )
        for i in range(10)
    }
    display = LossCurveDisplay(histories=histories).plot()
    colors = {line.get_color() for line in display.lines_}
    assert len(colors) == 10
    lab = [lightness_chroma(color) for color in colors]
    nearest = min(np.linalg.norm(a - b) for i, a in enumerate(lab) for b in lab[:i])
    assert nearest > 18  # 2.3 is just noticeable


def test_the_legend_of_many_curves_hides_none_of_them():
    histories = {
        f"member {i}": pd.DataFrame({"loss": np.linspace(i, 0, 9), "learning_rate": 0.1})
        for i in range(6)
    }
    display = LossCurveDisplay(histories=histories).plot()
    display.figure_.canvas.draw()
    legend = display.axes_[-1].get_legend().get_window_extent()
    for axes in display.axes_:
        assert not legend.overlaps(axes.get_window_extent())
    assert legend.x1 <= display.figure_.bbox.x1  # and is in the picture itself


def test_the_loss_of_smoothed_labels_says_so():
    def labels(display):
        return [text.get_text() for text in display.axes_[0].get_legend().get_texts()]

    given = {"X_val": X, "y_val": y}
    brief = {"max_iter": 2, "random_state": 0}
    plain = FNNClassifier(**brief).fit(X, y, **given)
    smooth = FNNClassifier(label_smoothing=0.1, metrics="accuracy", **brief).fit(X, y, **given)
    assert labels(LossCurveDisplay.from_estimator(plain))[:2] == ["training", "validation"]
    display = LossCurveDisplay.from_estimator(smooth)
    assert labels(display)[:2] == ["training (smoothed labels)", "validation"]
    assert display.axes_[1].get_legend().get_texts()[0].get_text() == "training"
    for smoothing, label in ((0.1, "training (smoothed labels)"), (0.0, "training")):
        table = TabularFNNClassifier(n_members=2, label_smoothing=smoothing, **brief).fit(X, y)
        display = LossCurveDisplay.from_estimator(table)
        texts = [text.get_text() for text in display.axes_[-1].get_legend().get_texts()]
        assert label in texts


def test_acronyms_and_the_learning_rate_have_axes_of_their_own():
    model = FNNClassifier(
        metrics=["roc_auc", "neg_log_loss"], learning_rate="cosine", max_iter=4, random_state=0
    ).fit(X, y == 1)
    display = LossCurveDisplay.from_estimator(model)
    assert [axes.get_ylabel() for axes in display.axes_] == ["Loss", "ROC AUC", "Neg log loss"]
    panels = ["loss", "learning_rate", "seconds"]
    display = LossCurveDisplay.from_estimator(model, metrics=panels)
    assert [axes.get_ylabel() for axes in display.axes_] == ["Loss", "Learning rate", "Seconds"]
    rate = display.axes_[1].lines[0].get_ydata()
    np.testing.assert_array_equal(rate, model.history_["learning_rate"])
    with pytest.raises(ValueError, match=r"'learning_rate', 'seconds'\]. Got 'loss_rate'"):
        LossCurveDisplay.from_estimator(model, metrics="loss_rate")


def test_a_table_model_has_no_one_network_to_draw_and_says_what_there_is():
    model = TabularFNNClassifier(n_members=2, max_iter=1, random_state=0).fit(X, y)
    with pytest.raises(TypeError, match=r"ensemble of 2 networks.*summary\(\).*LossCurveDisplay"):
        NetworkDisplay.from_estimator(model)


def test_the_summary_of_a_network_is_shown_in_full_with_a_total():
    model = FNNClassifier((64, 32), solver="lbfgs", tol=1e9).fit(X, y)
    summary = model.summary()
    total = summary["parameters"].sum()
    assert total == sum(array.size for array in model.coefs_ + model.intercepts_)
    text, html = repr(summary), summary._repr_html_()
    assert text.splitlines()[-1].split() == ["total", str(total)]
    assert "Linear(initializer='glorot_uniform', units=64)" in text
    assert "..." not in text
    assert "Linear(initializer=&#x27;glorot_uniform" in html or "glorot_uniform" in html
    assert f"<td>{total}</td>" in html
    assert type(summary[["layer"]]) is pd.DataFrame
