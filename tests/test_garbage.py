"""What a call leaves goes when its last name does, and does not wait for the garbage collector."""

import gc

import numpy as np
import pytest
from faults import LABELS, NUMBERS, TABLE, Lines, X, network, scenarios, table

from skfnn import FNNRegressor, TabularFNNRegressor
from skfnn._engine.following.monitor import Monitor
from skfnn.solvers import DivergenceError

pytestmark = pytest.mark.filterwarnings("ignore")
# Arrays of fewer bytes may wait: of other libraries, too.
SMALL = 500


def waiting(call):
    """What of this package, and which large arrays, wait for the collector after a call."""
    gc.collect()
    gc.freeze()  # what there is already is not looked at
    gc.disable()
    try:
        call()
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = [type(thing) for thing in gc.garbage]
        arrays = {id(a): a for thing in gc.garbage for a in gc.get_referents(thing)
                  if type(a) is np.ndarray}  # fmt: skip
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.unfreeze()
        gc.enable()
    own = [kind.__name__ for kind in left if kind.__module__.startswith("skfnn")]
    return [*own, *(a.shape for a in arrays.values() if a.nbytes > SMALL)]


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_nothing_waits_after_a_call(scenario):
    def call():
        m = scenario.object()
        scenario.use(m, scenario.call(m))

    assert waiting(call) == []


@pytest.mark.parametrize("m", [
    network(solver="sgd", learning_rate_init=1e30), network(FNNRegressor, solver="lm"),
    table(TabularFNNRegressor),
], ids=["network", "least squares", "table"])  # fmt: skip
def test_nothing_waits_after_a_fit_that_fails(m, monkeypatch):
    regression = m._kind == "regression"
    if regression:

        def fails(*given):
            raise DivergenceError("This one fails.")

        monkeypatch.setattr(Monitor, "epoch", fails)

    def call():
        try:  # pytest.raises would keep the error, and with it all frames
            m.fit(X, NUMBERS if regression else LABELS)
        except DivergenceError:
            return
        raise AssertionError("The fit has not failed.")

    assert waiting(call) == []


@pytest.mark.parametrize("m", [network(FNNRegressor), table(TabularFNNRegressor)],
                         ids=["network", "table"])  # fmt: skip
@pytest.mark.parametrize("X", [X, np.where(X > 1, np.nan, X), np.full((24, 1), "a")],
                         ids=["y", "missing", "text"])  # fmt: skip
def test_nothing_waits_after_a_refusal(m, X):
    def call():
        try:
            m.fit(X, np.full(24, np.nan))
        except ValueError:
            return
        raise AssertionError("The fit was not refused.")

    assert waiting(call) == []


@pytest.mark.parametrize("m", [network(), table()], ids=["network", "table"])
def test_nothing_waits_after_an_interrupt(m, monkeypatch):
    epoch = Monitor.epoch

    def interrupted(monitor, *given):
        if monitor.n_epochs:
            raise KeyboardInterrupt
        return epoch(monitor, *given)

    monkeypatch.setattr(Monitor, "epoch", interrupted)
    assert waiting(lambda: Lines.undisturbed(lambda: m.fit(X, LABELS))) == []


def test_a_table_that_goes_on_leaves_nothing():
    m = table(n_members=1)
    assert waiting(lambda: [m.partial_fit(TABLE, LABELS) for _ in range(3)]) == []


def test_what_waits_is_noticed():
    """The test of the test."""

    def call():
        m = network().fit(X, LABELS)
        m.itself = m

    assert "FNNClassifier" in waiting(call)
