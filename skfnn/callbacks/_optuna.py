"""Pruning of Optuna's trials."""

from __future__ import annotations

from typing import Any

from ._base import ColumnCallback, needed


class OptunaPruning(ColumnCallback):
    """Report a column of the history to a trial of Optuna, and end the trial where it is pruned.

    The fit then raises ``optuna.TrialPruned``, by which Optuna knows. Of several fits in one trial,
    as in cross-validation, the first one reports; give ``cross_val_score`` ``error_score="raise"``,
    and one process.

    Parameters
    ----------
    trial : optuna.Trial
        The trial.
    monitor : str, default="val_loss"
        The column of ``history_`` to report.
    mode : {"auto", "min", "max"}, default="auto"
        Whether small or large values of it are good; the study's direction has to be the same.

    Examples
    --------
    >>> import optuna
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from skfnn import FNNClassifier
    >>> from skfnn.callbacks import OptunaPruning
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> X, y = load_iris(return_X_y=True)
    >>> X, X_val, y, y_val = train_test_split(X, y, stratify=y, random_state=0)
    >>> def objective(trial):
    ...     rate = trial.suggest_float("learning_rate_init", 1e-3, 1e-1, log=True)
    ...     model = FNNClassifier(learning_rate_init=rate, tol=0.02, random_state=0)
    ...     model.set_callbacks(OptunaPruning(trial))
    ...     return model.fit(X, y, X_val=X_val, y_val=y_val).history_["val_loss"].min()
    >>> study = optuna.create_study(direction="minimize", pruner=optuna.pruners.MedianPruner(2))
    >>> study.optimize(objective, n_trials=4)
    >>> study.best_value < 0.7
    True
    """

    def __init__(self, trial: Any, monitor: str = "val_loss", *, mode: str = "auto") -> None:
        super().__init__(monitor, mode)
        self._optuna = needed("OptunaPruning", "optuna", "optuna", None)
        direction = trial.study.direction.name.lower()
        wanted = "maximize" if self._sign > 0 else "minimize"
        if direction != wanted:
            raise ValueError(
                f"OptunaPruning(monitor={monitor!r}) is to {wanted} it, in a study with "
                f"direction={direction!r}. Give create_study direction={wanted!r}, or mode=."
            )
        self.trial = trial
        self._n_fits = 0

    def _begun(self, estimator):
        self._n_fits += 1
        return {"reports": self._n_fits == 1}

    def _row(self, fit, epoch, row, fitted_estimator):
        if not fit["reports"]:
            return
        self._value(row)  # that it is there
        self.trial.report(float(row[self.monitor]), epoch)
        if self.trial.should_prune():
            raise self._optuna.TrialPruned(f"Trial was pruned at epoch {epoch}.")
