"""Where a drawing of a network has its parts: nothing is cut off or hides something else."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from skfnn import FNNClassifier
from skfnn.inspection import NetworkDisplay
from skfnn.inspection._network import BOX_WIDTH, COLUMN_GAP, RADIUS
from skfnn.layers import Dense, Skip

plt = pytest.importorskip("matplotlib.pyplot")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def drawn(layers, **options):
    X, y = load_iris(return_X_y=True)
    given = "hidden_layer_sizes" if isinstance(layers, tuple) else "hidden_layers"
    model = FNNClassifier(**{given: layers}, max_iter=2, random_state=0).fit(X, y)
    display = NetworkDisplay.from_estimator(model, **options)
    display.figure_.canvas.draw()
    return display


def said(display, text):
    """Return the places of the texts that say something."""
    return [t.get_position() for t in display.ax_.texts if text in t.get_text()]


def extent(display, artist):
    """Return the lower left and the upper right corner of a part, in units of the axes."""
    box = artist.get_window_extent(display.figure_.canvas.get_renderer())
    return display.ax_.transData.inverted().transform([[box.x0, box.y0], [box.x1, box.y1]])


@pytest.mark.parametrize("options", [{}, {"max_units": 2}])
@pytest.mark.parametrize("layers", [(5, 3), [Skip([Dense(4), Dense(4)]), Dense(3)]])
def test_all_of_it_lies_inside(layers, options):
    display = drawn(layers, **options)
    (low, high), right = display.ax_.get_ylim(), display.ax_.get_xlim()[1]
    for artist in (*display.ax_.texts, *display.ax_.patches):
        (_, bottom), (_, top) = extent(display, artist)
        assert low <= bottom
        assert top <= high
    last = (len(display.columns) - 1) * COLUMN_GAP
    assert last < right < last + COLUMN_GAP
    assert display.ax_.get_xlim()[0] == -0.6 * COLUMN_GAP


def test_units_stand_in_columns_around_a_middle_line():
    display = drawn((5, 3))
    places = [c.get_offsets() for c in display.ax_.collections if len(c.get_offsets()) > 1]
    places = [np.asarray(p) for p in places if len(p) in (3, 4, 5)]
    assert [len(p) for p in places] == [4, 5, 3, 3]
    for i, place in enumerate(places):
        assert set(place[:, 0]) == {i * COLUMN_GAP}
        np.testing.assert_allclose(np.diff(place[:, 1]), -1)  # from the top
        assert place[:, 1].mean() == pytest.approx(0)
    titles = [t for t in display.ax_.texts if t.get_va() == "top"]
    assert [t.get_position()[0] for t in titles] == [i * COLUMN_GAP for i in range(4)]
    assert {t.get_position()[1] for t in titles} == {titles[0].get_position()[1]}
    lowest = min(place[:, 1].min() for place in places)
    assert extent(display, titles[0])[1][1] < lowest - 0.3  # below the circle of the lowest unit


def test_arrows_lead_from_box_to_box_and_say_how_many_weights():
    display = drawn((5, 3), max_units=2)
    arrows = [p for p in display.ax_.patches if type(p).__name__ == "FancyArrowPatch"]
    ends = [patch._posA_posB for patch in arrows]
    half = BOX_WIDTH / 2
    assert ends == [
        [(i * COLUMN_GAP + half, 0), ((i + 1) * COLUMN_GAP - half, 0)] for i in range(3)
    ]
    assert [x for x, _ in said(display, "weights")] == [(i + 0.5) * COLUMN_GAP for i in range(3)]
    assert all(0 < y < 0.5 for _, y in said(display, "weights"))
    counts = [t.get_text() for t in display.ax_.texts if "weights" in t.get_text()]
    assert counts == ["20\nweights", "15\nweights", "9\nweights"]


def test_the_word_of_a_skip_stands_over_its_arc():
    display = drawn([Skip([Dense(4), Dense(4)]), Dense(3)])
    ((x, y),) = said(display, "skip")
    (arc,) = [p for p in display.ax_.patches if type(p).__name__ == "PathPatch"]
    curve = arc.get_path().interpolated(1).to_polygons(closed_only=False)[0]
    assert x == pytest.approx((curve[0, 0] + curve[-1, 0]) / 2)
    assert 0 < y - curve[:, 1].max() < 0.2
    highest = (display.columns[0].width - 1) / 2  # the arc begins on the circle of that unit
    assert curve[0, 1] == pytest.approx(highest + RADIUS)
