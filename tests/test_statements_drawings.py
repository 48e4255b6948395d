"""What single statements of the drawings mean: each mark stands at the value that it is for."""

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, FNNRegressor
from skfnn.inspection import LossCurveDisplay, NetworkDisplay
from skfnn.inspection._curves import _best_epoch, _curves_of, _in_words, _is_smoothed
from skfnn.inspection._drawing import COLORS, axes_for, input_names, network_of, symmetric
from skfnn.inspection._network import Column, _label, _output_names, _read
from skfnn.layers import BatchNorm, Dense, Dropout, Skip

plt = pytest.importorskip("matplotlib.pyplot")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X = np.random.default_rng(0).normal(size=(30, 3))


@pytest.fixture(autouse=True)
def _close():
    plt.switch_backend("agg")
    yield
    plt.close("all")


# ------------------------------------------------------------------ the network


def diagram(widths, skips=(), labels=(), **options):
    """Return a drawing of layers of some widths, whose weights are 1, -2, 3, ..."""
    columns = [Column(widths[0], "inputs")]
    for i, (above, width) in enumerate(zip(widths, widths[1:])):  # noqa: RUF007, B905
        weights = np.arange(1.0, above * width + 1) * np.resize([1, -1], above * width)
        columns.append(Column(width, f"layer {i}", list(labels), weights.reshape(above, width)))
    names = [[f"{side}{i}" for i in range(n)] for side, n in (("x", widths[0]), ("y", widths[-1]))]
    display = NetworkDisplay(
        columns=columns, skips=list(skips), input_names=names[0], output_names=names[1]
    )
    return display.plot(**options)


def circles(display):
    """Return the places of the units, column by column."""
    return [c.get_offsets() for c in display.ax_.collections if c not in display.edges_]


def test_units_stand_one_below_the_other_and_columns_are_4_apart():
    first, second, third = circles(diagram([2, 3, 1]))
    assert_array_equal(first, [[0, 0.5], [0, -0.5]])
    assert_array_equal(second, [[4, 1], [4, 0], [4, -1]])
    assert_array_equal(third, [[8, 0]])


def test_an_edge_leads_from_unit_to_unit_and_has_the_colour_and_width_of_its_weight():
    display = diagram([2, 3, 1])
    first, second = display.edges_
    assert second.get_array().tolist() == [1, -2, 3]
    assert first.get_array().tolist() == [1, -2, 3, -4, 5, -6]  # the largest on top
    starts, stops = [0.5] * 3 + [-0.5] * 3, [1, 0, -1] * 2
    for (a, b), start, stop in zip(first.get_segments(), starts, stops, strict=True):
        assert a.tolist() == [0, start]
        assert b.tolist() == [4, stop]
    for (a, b), start in zip(second.get_segments(), [1, 0, -1], strict=True):
        assert a.tolist() == [4, start]
        assert b.tolist() == [8, 0]
    widths = first.get_linewidths()
    assert_allclose(np.diff(widths), (widths[-1] - widths[0]) / 5)
    assert_allclose(widths[-1], 3)  # of the largest weight of all
    assert_allclose(second.get_linewidths(), widths[:3])
    for edges in display.edges_:
        assert (edges.norm.vmin, edges.norm.vmax) == (-6, 6)


def test_a_colour_bar_says_what_the_weights_are():
    display = diagram([2, 1])
    (bar,) = [axes for axes in display.figure_.axes if axes is not display.ax_]
    assert bar.get_ylabel() == "Weight"
    assert len(diagram([2, 1], max_units=1).figure_.axes) == 1


def test_names_of_units_stand_outside_of_their_circles():
    display = diagram([2, 3])
    names = display.ax_.texts[:5]
    assert [t.get_text() for t in names] == ["x0", "x1", "y0", "y1", "y2"]
    assert [t.xyann for t in names] == [(-11, 0)] * 2 + [(11, 0)] * 3  # in points
    assert [t.get_ha() for t in names] == ["right"] * 2 + ["left"] * 3
    assert [tuple(t.xy) for t in names] == [(0, 0.5), (0, -0.5), (4, 1), (4, 0), (4, -1)]


def test_an_arc_begins_just_outside_of_a_circle():
    display = diagram([16, 2])
    display.figure_.canvas.draw()
    (_, low), (_, high) = display.ax_.transData.transform([[0, 0], [0, 1]])
    points = (high - low) * 72 / display.figure_.dpi
    (size,) = display.ax_.collections[-1].get_sizes()
    radius = np.sqrt(size) / 2
    assert radius < 0.28 * points < 2 * radius
    assert 2 * radius < 0.6 * points  # units are apart
    assert radius < 11 - 2  # where names begin


@pytest.mark.parametrize(("n", "small"), [(16, True), (17, False)])
def test_layers_of_up_to_16_units_are_drawn_unit_by_unit(n, small):
    assert bool(diagram([n, 1]).edges_) == small
    model = FNNRegressor((n,), solver="lbfgs", max_iter=1).fit(X, X[:, 0])
    assert bool(NetworkDisplay.from_estimator(model).edges_) == small
    assert bool(diagram([3, n, 1]).edges_) == small  # the widest counts


@pytest.mark.parametrize(("widths", "options", "size"), [
    ([2, 2], {}, (6.2, 2.6)),  # not lower than that
    ([5, 2], {}, (6.2, 3.7)),
    ([2, 5, 1], {}, (8.1, 3.7)),
    ([17, 2], {}, (6.2, 4.12)),  # boxes of up to 6
    ([18, 2], {"max_units": 18}, (6.2, 9)),  # not higher than that
])  # fmt: skip
def test_the_figure_grows_with_the_network(widths, options, size):
    assert_allclose(diagram(widths, **options).figure_.get_size_inches(), size)


def test_titles_stand_below_the_lowest_unit_with_room_for_each_line():
    display = diagram([2, 4, 1], labels=["relu", "dropout 0.1"])
    titles = display.ax_.texts[-3:]
    assert [t.get_text() for t in titles] == ["inputs", "layer 0\nrelu\ndropout 0.1",
                                              "layer 1\nrelu\ndropout 0.1"]  # fmt: skip
    lowest = -1.5 - 0.28
    assert_allclose([t.get_position() for t in titles],
                    [(x, lowest - 0.55) for x in (0, 4, 8)])  # fmt: skip
    assert_allclose(display.ax_.get_ylim(), [lowest - 0.9 - 3 * 0.62, 1.78 + 0.5])
    assert_allclose(display.ax_.get_xlim(), [-2.4, 8 + 2.4])
    assert not display.ax_.axison


def test_boxes_are_as_high_as_the_logarithm_of_their_units():
    display = diagram([1, 7, 63], max_units=10)
    boxes = [p for p in display.ax_.patches if type(p).__name__ == "FancyBboxPatch"]
    for i, (box, half) in enumerate(zip(boxes, [0.8, 1.5, 3.0], strict=True)):  # log2: 1, 3, 6
        assert_allclose([box.get_x(), box.get_width()], [4 * i - 0.75, 1.5])
        assert_allclose([box.get_y(), box.get_height()], [-half, 2 * half])
    said = {t.get_text(): t.get_position() for t in display.ax_.texts}
    assert [said[n] for n in ("1", "7", "63")] == [(0, 0), (4, 0), (8, 0)]
    assert said["7\nweights"] == (2, 0.22)
    assert said["441\nweights"] == (6, 0.22)
    arrows = [p for p in display.ax_.patches if type(p).__name__ == "FancyArrowPatch"]
    ends = [[(0.75, 0), (3.25, 0)], [(4.75, 0), (7.25, 0)]]
    assert [arrow._posA_posB for arrow in arrows] == ends
    for arrow in arrows:  # points, so that the head is seen beside the box
        assert (arrow.shrinkA, arrow.shrinkB) == (2, 2)
    assert_allclose(display.ax_.get_ylim(), [-3 - 0.9 - 0.62, 3.5])


@pytest.mark.parametrize("skips", [
    [(0, 3, False), (1, 2, True), (1, 3, False)], [(1, 3, False), (1, 2, True), (0, 3, False)],
])  # fmt: skip
def test_arcs_of_skips_lie_over_those_that_they_span(skips):
    display = diagram([3, 3, 5, 1], skips)
    tops = [1.28, 1.28, 2.28, 0.28]
    arcs = [p.get_path() for p in display.ax_.patches if type(p).__name__ == "PathPatch"]
    words = [t for t in display.ax_.texts if t.get_text().startswith("skip")]
    heads = [line for line in display.ax_.lines if line.get_marker() == "v"]
    assert [t.get_text() for t in words] == ["skip, projected", "skip", "skip"]
    ends = [(1, 2), (1, 3), (0, 3)]  # the short ones first
    for n_inside, ((a, b), arc, word, head) in enumerate(
        zip(ends, arcs, words, heads, strict=True)
    ):
        level = 2.28 + 0.9 + 0.9 * n_inside
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = arc.vertices
        assert_allclose([x0, y0, x3, y3], [4 * a, tops[a], 4 * b, tops[b]])
        assert_allclose([x1, x2], [4 * a + 0.4, 4 * b - 0.4])  # steep at both ends
        assert y1 == y2
        assert_allclose((y0 + 3 * y1 + 3 * y2 + y3) / 8, level)  # half the way, of a Bezier curve
        assert_allclose(word.get_position(), [2 * (a + b), level + 0.1])
        assert_allclose(head.get_xydata(), [[4 * b, tops[b]]])
        assert_allclose(display.ax_.get_ylim()[1] if n_inside == 2 else 0,
                        level + 0.7 + 0.5 if n_inside == 2 else 0)  # fmt: skip


def test_an_arc_does_not_make_a_drawing_lower():
    """One over low columns: the highest column is elsewhere."""
    display = diagram([9, 1, 1], [(1, 2, False)])
    assert_allclose(display.ax_.get_ylim()[1], 4.28 + 0.5)


def test_arcs_beside_each_other_are_equally_high():
    display = diagram([2, 2, 2], [(0, 1, False), (1, 2, False)])
    levels = [t.get_position()[1] for t in display.ax_.texts if t.get_text() == "skip"]
    assert_allclose(levels, [0.78 + 1.0] * 2)


def test_layers_are_called_by_what_they_do():
    assert _label(SimpleNamespace(activation="relu")) == "relu"
    assert _label(SimpleNamespace(activation=SimpleNamespace(name="mish"))) == "mish"
    assert _label(SimpleNamespace(name="batch_norm")) == "batch norm"
    assert _label(SimpleNamespace(name="dropout", rate=0.25)) == "dropout 0.25"


def test_hidden_layers_are_counted_where_there_are_several():
    for sizes, titles in [((), []), ((4,), ["hidden"]), ((4, 2), ["hidden 1", "hidden 2"])]:
        model = FNNRegressor(sizes, solver="lbfgs", max_iter=1).fit(X, X[:, 0])
        columns = NetworkDisplay.from_estimator(model).columns
        assert [column.title for column in columns] == ["inputs", *titles, "output"]
        assert [column.width for column in columns] == [3, *sizes, 1]


def test_layers_are_read_with_what_is_done_to_their_units():
    layers = [
        Dense(4, "relu"), Dropout(0.25), Skip([BatchNorm()]), Skip([Dense(4, "tanh")]),
        Skip([Dense(2, "silu"), BatchNorm()]),
    ]  # fmt: skip
    model = FNNRegressor(hidden_layers=layers, max_iter=1).fit(X, X[:, 0])
    columns, skips = _read(model._fitted.network)
    assert [column.width for column in columns] == [3, 4, 4, 2, 1]
    assert [column.labels for column in columns] == [
        [], ["relu", "dropout 0.25", "batch norm", "skip"], ["tanh"], ["silu", "batch norm"], []
    ]  # fmt: skip
    assert skips == [(1, 2, False), (2, 3, True)]
    for column, weights in zip(columns[1:], model.coefs_, strict=True):
        assert_array_equal(column.weights, weights)
    with pytest.raises(ValueError, match="NetworkDisplay cannot draw"):
        _read(SimpleNamespace(n_inputs=1, values=None, views=lambda values: {},
                              layers=[SimpleNamespace(repeats=2)]))  # fmt: skip


@pytest.mark.parametrize(("n", "classes", "given", "names"), [
    (1, None, None, ["prediction"]),
    (2, None, None, ["y0", "y1"]),
    (1, ["no", "yes"], None, ["yes"]),
    (1, ["no", "yes"], ["n", "y"], ["y"]),
    (1, None, ["price"], ["price"]),
    (3, [0, 1, 2], None, ["0", "1", "2"]),
    (3, [0, 1, 2], "abc", ["a", "b", "c"]),
])  # fmt: skip
def test_outputs_are_called_by_their_classes(n, classes, given, names):
    fitted = SimpleNamespace(n_outputs_=n)
    if classes is not None:
        fitted.classes_ = np.array(classes)
    assert _output_names(fitted, given) == names


@pytest.mark.parametrize(("n", "given"), [(1, "abc"), (3, "ab"), (2, "a"), (3, "abcd")])
def test_as_many_outputs_as_names(n, given):
    with pytest.raises(ValueError, match=f"class_names must hold {n} names"):
        _output_names(SimpleNamespace(n_outputs_=n), given)


# ------------------------------------------------------------------ what the drawings share


def test_the_end_of_a_scale_is_the_largest_size():
    assert symmetric(np.array([1.0, -3.0]), np.array([2.0])) == 3
    assert symmetric(np.array([1e-9])) == 1e-9
    assert 0 < symmetric(np.zeros(3)) <= 1e-9
    assert 0 < symmetric(np.empty(0)) <= 1e-9
    assert 0 < symmetric() <= 1e-9


def test_inputs_have_the_names_given_or_found_or_numbers():
    assert input_names(None, None, 3) == ["x0", "x1", "x2"]
    assert input_names(None, [1, 2], 2) == ["1", "2"]
    assert input_names("ab", [1, 2], 2) == ["a", "b"]
    with pytest.raises(ValueError, match=r"feature_names must hold 2 names, one an input\. Got 3"):
        input_names("abc", [1, 2], 2)


def test_the_network_of_a_pipeline_has_the_names_that_come_to_it():
    frame = pd.DataFrame(X, columns=list("abc"))
    model = FNNRegressor((), solver="lbfgs", max_iter=1)
    whole = make_pipeline(StandardScaler(), model).fit(frame, X[:, 0])
    assert network_of(whole)[0] is whole[-1]
    assert list(network_of(whole)[1]) == ["a", "b", "c"]
    assert list(network_of(make_pipeline(model).fit(frame, X[:, 0]))[1]) == ["a", "b", "c"]
    assert network_of(make_pipeline(model).fit(X, X[:, 0]))[1] is None
    with pytest.raises(NotFittedError):
        network_of(FNNRegressor())


def test_a_drawing_takes_the_axes_that_are_given():
    figure, axes = plt.subplots()
    assert axes_for("it", axes) == (figure, axes)
    made, axes = axes_for("it", None, figsize=(3, 2))
    assert made is axes.figure is not figure
    assert made.get_size_inches().tolist() == [3, 2]


# ------------------------------------------------------------------ curves


def history(n=3, index=None, **columns):
    given = {"loss": np.linspace(3, 1, n), "learning_rate": 0.1, "seconds": 0.5, **columns}
    return pd.DataFrame(given, index=range(1, n + 1) if index is None else index)


def curves(*histories, best=None, smoothed=(), **options):
    named = {"" if len(histories) == 1 else "abc"[i]: h for i, h in enumerate(histories)}
    return LossCurveDisplay(histories=named, best_epochs=best, smoothed=smoothed).plot(**options)


VALIDATED = history(val_loss=[4.0, 2.0, 2.5])


def test_training_is_dashed_only_beside_others():
    alone = curves(VALIDATED)
    assert [line.get_linestyle() for line in alone.lines_] == ["-", "-"]
    assert [line.get_label() for line in alone.lines_] == ["training", "validation"]
    assert [line.get_color() for line in alone.lines_] == [COLORS[0], COLORS[1]]
    both = curves(VALIDATED, VALIDATED)
    assert [line.get_linestyle() for line in both.lines_] == ["--", "-"] * 2
    assert [line.get_color() for line in both.lines_] == [COLORS[0]] * 2 + [COLORS[1]] * 2
    assert [line.get_label() for line in both.lines_] == ["a training", "a validation",
                                                          "b training", "b validation"]  # fmt: skip
    handles = both.ax_.get_legend().legend_handles
    dashes = [line._unscaled_dash_pattern for line in both.lines_[:2]]
    assert [handles[i]._unscaled_dash_pattern for i in (2, 3)] == dashes
    assert [h.get_linewidth() for h in handles[2:4]] == [
        line.get_linewidth() for line in both.lines_[:2]
    ]


def test_the_point_to_mark_is_on_the_curve_of_validation():
    alone = curves(VALIDATED, best={"": (2, "best epoch")})
    (point,) = [line for line in alone.ax_.lines if line.get_marker() == "o"]
    assert point.get_xydata().tolist() == [[2, 2]]
    assert point.get_label() == "best epoch: 2"
    (upright,) = [line for line in alone.ax_.lines if len(set(line.get_xdata())) == 1
                  and len(line.get_xdata()) == 2]  # fmt: skip
    assert upright.get_xdata() == [2, 2]
    texts = [text.get_text() for text in alone.ax_.get_legend().get_texts()]
    assert texts == ["training", "validation", "best epoch: 2"]
    only = curves(history(), best={"": (3, "best epoch")})
    (point,) = [line for line in only.ax_.lines if line.get_marker() == "o"]
    assert point.get_xydata().tolist() == [[3, 1]]  # there is only training


def test_points_to_mark_of_several_are_explained_once():
    best = {"a": (1, "best epoch"), "b": (3, "lowest validation loss")}
    both = curves(VALIDATED, VALIDATED, best=best)
    points = [line for line in both.ax_.lines if line.get_marker() == "o"]
    assert [p.get_xydata().tolist() for p in points] == [[[1, 4]], [[3, 2.5]]]
    assert all(p.get_label().startswith("_") for p in points)
    assert len(both.ax_.lines) == 4 + 2  # none upright
    legend = [text.get_text() for text in both.ax_.get_legend().get_texts()]
    assert legend == ["a", "b", "training", "validation", "best epoch / lowest validation loss"]
    plain = curves(history(), history())
    assert [t.get_text() for t in plain.ax_.get_legend().get_texts()] == ["a", "b", "training"]


def test_curves_without_a_number_are_left_out():
    display = curves(history(val_loss=np.nan))
    assert [line.get_label() for line in display.lines_] == ["training"]
    some = curves(history(val_loss=[np.nan, 2.0, 1.0]))
    assert [line.get_label() for line in some.lines_] == ["training", "validation"]


def test_panels_are_losses_and_metrics_unless_others_are_asked_for():
    given = history(accuracy=0.5, val_accuracy=0.4, phase="adam")
    display = curves(given)
    assert [axes.get_ylabel() for axes in display.axes_] == ["Loss", "Accuracy"]
    asked = curves(given, metrics=("seconds", "accuracy"))
    assert [axes.get_ylabel() for axes in asked.axes_] == ["Seconds", "Accuracy"]
    for wrong in ([], ["phase"], "auc"):
        with pytest.raises(ValueError, match="metrics must be among"):
            curves(given, metrics=wrong)


def test_the_legend_lists_what_has_a_name():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        display = curves(VALIDATED, metrics=["learning_rate", "loss"], best={"": (2, "best")})
    texts = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert texts == ["best: 2"]  # the learning rate itself is that of the axis
    assert not display.axes_[1].get_legend().get_frame_on()
    assert not curves(VALIDATED, VALIDATED).ax_.get_legend().get_frame_on()


def test_the_legend_of_several_stands_beside_the_curves():
    display = curves(VALIDATED, VALIDATED)
    display.figure_.canvas.draw()
    box = display.ax_.get_legend().get_window_extent()
    box = box.transformed(display.ax_.transAxes.inverted())
    assert 1.0 < box.x0 < 1.05
    assert 0.95 < box.y1 < 1.05


@pytest.mark.parametrize(("n", "panels", "width"), [
    (1, ["loss"], 5.6), (2, ["loss"], 7.6), (1, ["loss", "seconds"], 5.6 * 8**0.25),
])  # fmt: skip
def test_the_figure_is_as_wide_as_its_panels_and_the_legend(n, panels, width):
    size = curves(*[history()] * n, metrics=panels).figure_.get_size_inches()
    assert_allclose(size, [width, 3.8])
    assert len(curves(*[history()] * n, metrics=panels).figure_.axes) == len(panels)


def test_axes_have_whole_epochs_and_no_frame_above():
    display = curves(history(2))
    display.figure_.canvas.draw()
    assert all(tick == int(tick) for tick in display.ax_.get_xticks())
    assert [display.ax_.spines[s].get_visible() for s in ("top", "right", "left", "bottom")] == [
        False, False, True, True
    ]  # fmt: skip
    single = curves(history(1))
    assert single.ax_.get_xticks().tolist() == [1]
    assert single.lines_[0].get_marker() == "."
    assert len(curves(history(1), history(4)).ax_.get_xticks()) > 1
    assert curves(history(2)).lines_[0].get_marker() == "None"


def test_the_loss_alone_has_a_logarithmic_axis_and_only_if_asked_for():
    model = FNNRegressor((), solver="lbfgs", max_iter=2).fit(X, X[:, 0])
    for display in (curves(history()), LossCurveDisplay.from_estimator(model),
                    LossCurveDisplay.from_estimators({"a": model})):  # fmt: skip
        assert display.ax_.get_yscale() == "linear"
    display = curves(history(accuracy=0.5), log_scale=True)
    assert [axes.get_yscale() for axes in display.axes_] == ["log", "linear"]
    assert curves(history(loss=[0.5, 0.2, 1e-9]), log_scale=True).ax_.get_yscale() == "log"
    for bad in ({"loss": [1.0, 0.5, 0.0]}, {"val_loss": [1.0, -0.5, 1.0]}):
        with pytest.raises(ValueError, match="log_scale=True needs a loss > 0"):
            curves(history(**bad), log_scale=True)
    assert curves(history(accuracy=0.0), log_scale=True).ax_.get_yscale() == "log"


def test_what_is_counted_is_an_epoch_where_there_is_a_learning_rate():
    by_steps, by_lines = history(), history(learning_rate=np.nan)
    partly = history(learning_rate=[0.1, 0.1, np.nan])
    assert curves(by_steps).ax_.get_xlabel() == "Epoch"
    assert curves(by_lines).ax_.get_xlabel() == "Iteration"
    assert curves(partly).ax_.get_xlabel() == "Epoch"
    assert curves(by_lines, by_lines).ax_.get_xlabel() == "Iteration"
    assert curves(by_steps, by_lines).ax_.get_xlabel() == "Epoch or iteration"


def test_only_a_smoothed_loss_of_training_is_called_so():
    both = curves(VALIDATED, VALIDATED, smoothed=["b"])
    labels = [line.get_label() for line in both.lines_]
    assert labels == ["a training", "a validation", "b training (smoothed labels)", "b validation"]
    texts = [text.get_text() for text in both.ax_.get_legend().get_texts()]
    assert texts[2] == "training (smoothed labels)"
    assert _is_smoothed(FNNClassifier(label_smoothing=0.1))
    assert not _is_smoothed(FNNClassifier())
    assert not _is_smoothed(SimpleNamespace())


def test_columns_are_said_in_words():
    said = {"loss": "Loss", "log_loss": "Log loss", "roc_auc": "ROC AUC", "r2": "R2",
            "neg_rmse": "Neg RMSE", "r": "R"}  # fmt: skip
    assert {column: _in_words(column) for column in said} == said


def test_members_are_called_by_their_number():
    histories = pd.concat([history(2), VALIDATED], keys=[0, 1])
    fitted = SimpleNamespace(history_=histories, best_epochs_=[1, 2])
    names, found, marked = zip(*_curves_of("table", fitted), strict=True)
    assert names == ("table member 1", "table member 2")
    assert [len(h) for h in found] == [2, 3]
    assert marked == ((1, "best epoch"), (2, "best epoch"))
    plain = SimpleNamespace(history_=pd.concat([history(2)], keys=[0]), best_epochs_=[1])
    assert [best for *_, best in _curves_of("", plain)] == [None]
    assert [name for name, *_ in _curves_of("", plain)] == ["member 1"]


@pytest.mark.parametrize(("n", "scores", "columns", "best"), [
    (3, [], {}, None),
    (0, [1.0], {"val_loss": 1.0}, None),
    (3, [0.1, 0.9, 0.2], {}, (2, "best epoch")),
    (2, [0.9, 0.1, 0.2], {}, (3, "best epoch")),  # a fit that went on with the second
    (3, [0.9, 0.9, 0.2], {}, (1, "best epoch")),
    (3, [], {"val_loss": [3.0, 2.0, 2.5]}, (2, "lowest validation loss")),
    (3, [], {"val_loss": [np.nan, 2.0, 2.5]}, (2, "lowest validation loss")),
    (3, [], {"val_loss": np.nan}, None),
])  # fmt: skip
def test_the_epoch_to_mark_is_the_best_of_the_last_fit(n, scores, columns, best):
    network = SimpleNamespace(history_=history(**columns), n_iter_=n, validation_scores_=scores)
    assert _best_epoch(network) == best


def test_the_epoch_to_mark_is_that_of_the_estimator():
    model = FNNRegressor((), max_iter=3, learning_rate="cosine")
    plain = LossCurveDisplay.from_estimator(model.fit(X, X[:, 0]))
    assert plain.best_epochs == {}
    model.fit(X, X[:, 0], X_val=X, y_val=X[:, 0])
    (found,) = LossCurveDisplay.from_estimator(model).best_epochs.values()
    assert found == (model.history_["val_loss"].idxmin(), "lowest validation loss")


def test_estimators_are_given_by_name():
    for wrong in ({}, [FNNRegressor()]):
        with pytest.raises(TypeError, match="estimators must be a dict of fitted estimators"):
            LossCurveDisplay.from_estimators(wrong)


def test_a_panel_has_its_own_axes():
    _, axes = plt.subplots(2, 1)
    display = curves(history(accuracy=0.5), ax=axes.reshape(2, 1))
    assert list(display.axes_) == list(axes)
    with pytest.raises(ValueError, match=r"ax must hold 1 axes, one a panel\. Got 2"):
        curves(history(), ax=axes)
