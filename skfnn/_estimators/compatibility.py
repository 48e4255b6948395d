"""What earlier versions saved, as this one has it: the only place that knows of them."""

from __future__ import annotations

import sys
from typing import Any

from .._engine.curvature import evidence, posterior
from .fitted import Derived, Fitted

# The attributes of a fitted estimator up to 0.2.0, and the fields that hold the same now.
_FIELDS = {
    "_network": "network",
    "_target": "target",
    "_loss": "loss",
    "_history": "history",
    "_phases": "phases",
    "_progress": "progress",
    "_code_end": "code_end",
    "n_iter_": "n_iter",
    "t_": "n_seen",
    "loss_": "final_loss",
    "best_loss_": "best_loss",
    "validation_scores_": "scores",
    "best_validation_score_": "best_score",
}
_FOLLOWS = ("n_outputs_", "n_layers_", "out_activation_", "classes_")  # from the fields
# The files in which 0.2.0 says that these classes are, which have a public path now.
_FILES = {
    "_engine.evidence": ["Prior"],
    "_engine.posterior": ["Posterior"],
    "preprocessing._columns": ["Boolean", "Category", "Dropped", "Number"],
    "preprocessing._dates": ["Date", "Duration", "Time"],
    "preprocessing._parsing": ["DateText", "NumberText"],
    "preprocessing._text": ["Identifier", "Labels", "Text"],
}
# Two of these files have moved since.
sys.modules.setdefault("skfnn._engine.evidence", evidence)
sys.modules.setdefault("skfnn._engine.posterior", posterior)
OLD_PATHS = [f"skfnn.{file}.{name}" for file, names in _FILES.items() for name in names]


def upgraded(state: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a saved plain estimator as this version has them."""
    if "_network" not in state:
        return state
    state = {name: value for name, value in state.items() if name not in _FOLLOWS}
    derived = Derived(state.pop("_posterior", None), state.pop("_calibration", None))
    fields = {field: state.pop(name) for name, field in _FIELDS.items() if name in state}
    return {**state, "_fitted": Fitted(**fields, derived=derived)}
