"""MemoryError and Ctrl-C at some lines of each scenario; ``tools/inject_faults.py`` takes all."""

import random

import pytest
from faults import Attack, scenarios

pytestmark = pytest.mark.filterwarnings("ignore")
POINTS = 6


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_a_fault_at_any_line_changes_nothing(scenario):
    attack = Attack(scenario)
    for k in random.Random(scenario.name).sample(attack.points(), POINTS):
        for error in (MemoryError(), KeyboardInterrupt()):
            wrong = attack.fault(k, error)
            assert wrong is None, wrong


def test_a_torn_object_is_noticed():
    """The test of the test: a fit that changes the estimator on its way."""
    scenario = next(s for s in scenarios() if s.name == "fit: Flatten")

    def torn(flatten):
        flatten.half = 1
        flatten.fit(scenario_rows)

    scenario_rows = scenario.object().fit([[[1.0], [2.0]]]).inverse_transform([[1.0, 2.0]])
    scenario.call, scenario.use = torn, lambda flatten, _: flatten.transform(scenario_rows)
    attack = Attack(scenario)
    assert "changed the object" in attack.fault(attack.points()[3], MemoryError())
