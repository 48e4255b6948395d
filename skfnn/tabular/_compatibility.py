"""What earlier versions have saved, as this one holds it."""

from __future__ import annotations

from typing import Any

from ._fitted_classes import FittedClasses
from ._fitted_numbers import FittedNumbers, Scale
from ._pairs import CategoryPairs
from ._predictors import NetworkPredictor

# What 0.2.0 published as plain attributes of an estimator, and its private ones.
_BEFORE = frozenset({
    "_target", "_loss", "_members", "_counts", "_pairs", "_histories", "_leaderboard", "_range",
    "_shift", "_spread", "_calibration", "encoder_", "temperature_", "sharpening_", "classes_",
    "oof_prediction_", "best_epochs_", "n_iter_", "n_outputs_", "n_features_in_",
    "feature_names_in_",
})  # fmt: skip
# Where 0.2.0 says that these classes are, which have a public path now.
OLD_PATHS = (
    "skfnn.tabular._label_weights.BalancedLabels",
    "skfnn.tabular._pairs.CategoryPairs",
    "skfnn.tabular._recipes.Recipe",
)


def upgraded(state: dict[str, Any]) -> dict[str, Any]:
    """Return the state of an estimator for tables; one that 0.2.0 or before saved is brought up."""
    if "_members" not in state:
        return state
    kept = {name: value for name, value in state.items() if name not in _BEFORE}
    columns = state.get("_pairs") or CategoryPairs([], 0)
    networks = state["_members"]
    common = {
        "encoder": state["encoder_"],
        "target": state["_target"],
        "loss": state["_loss"],
        "predictors": [NetworkPredictor(network, columns) for network in networks],
        "weights": [float(n) for n in state.get("_counts", [1] * len(networks))],
        "temperatures": [state.get("temperature_", 1.0)] * len(networks),
        "histories": state["_histories"],
        "best_epochs": state["best_epochs_"],
        "leaderboard": state.get("_leaderboard", []),
        "oof_prediction": state["oof_prediction_"],
    }
    if "_spread" in state:
        scale = Scale(state["_shift"], state["_spread"], *state["_range"])
        calibration = state.get("_calibration")
        given = state.get("loss", "squared_error")
        fitted: Any = FittedNumbers(
            **common, calibration=calibration, scale=scale, given_loss=given
        )
    else:
        fitted = FittedClasses(**common, sharpening=state.get("sharpening_", 1.0))
    return {**kept, "_fitted": fitted}
