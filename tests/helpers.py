"""What several test modules share."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn
from packaging.version import Version
from sklearn import config_context

import skfnn.layers
import skfnn.metrics
import skfnn.optimizers
import skfnn.schedules  # noqa: F401  (fills its registry)
from skfnn._engine.program.calls import bind, replay
from skfnn._engine.support.component import Component

SKLEARN = Version(sklearn.__version__)
FAMILIES = [cls for cls in Component.__subclasses__() if cls.__module__.startswith("skfnn.")]


def needs_sklearn(version, what):
    """Skip a test (or, as ``marks``, one of its cases) where scikit-learn is older."""
    return pytest.mark.skipif(Version(version) > SKLEARN, reason=f"scikit-learn {version}: {what}")


def examples(family):
    return [example for member in family.members() for example in member.examples()]


def label(component):
    return repr(component) if isinstance(component, Component) else None


def full_repr(component):
    """All hyper-parameters, those inside nested components too, as text."""
    with config_context(print_changed_only=False):
        return component.__repr__(N_CHAR_MAX=10**6)


def networks_of(model):
    """The networks of a fitted estimator for tables."""
    return [p.network for p in model._fitted.predictors if hasattr(p, "network")]


def cells_of(model):
    """The cells that the networks of a fitted estimator for tables know, by columns' names."""
    columns = model._fitted.predictors[0].columns
    return {tuple(part.name for part in cells.parts): cells for cells in columns.cells}


def members_alone(model):
    """For each member of a fitted estimator for tables an estimator that has it alone."""
    return [model._view(model._fitted.of([member])) for member in model._fitted.predictors]


def with_state(model, **changed):
    """A fitted estimator for tables with another fitted state."""
    return model._view(replace(model._fitted, **changed))


def run(calls, dtype):
    replay(bind(calls, dtype))


def work_array(shape, kind, dtype, order="C"):
    """A work array full of what must not be read."""
    if kind is bool:
        return np.ones(shape, bool, order=order)
    return np.full(shape, np.nan, dtype, order=order)


def difference(function, x, h):
    """Fourth-order central difference of a function of one number (or of an array, entrywise)."""
    near = function(x + h) - function(x - h)
    far = function(x + 2 * h) - function(x - 2 * h)
    return (8 * near - far) / (12 * h)
