"""The history as TensorBoard's event files."""

from __future__ import annotations

import os
from numbers import Real

import numpy as np

from ._base import HistoryCallback, check, is_count, needed


class TensorBoard(HistoryCallback):
    """Write the history for TensorBoard.

    Training and validation appear as two runs of one chart. Needs tensorboardX
    (``pip install 'skfnn[tensorboard]'``), which writes the files; to look at them, install
    TensorBoard and run ``tensorboard --logdir FOLDER``.

    Parameters
    ----------
    log_dir : str or Path
        The folder; runs are told apart by the folder below.
    weights_every : int, default=0
        Every how many epochs histograms of ``coefs_`` and ``intercepts_`` are written; 0 is never.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from skfnn import FNNClassifier
    >>> from skfnn.callbacks import TensorBoard
    >>> X, y = load_iris(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model = FNNClassifier(early_stopping=True, scoring="loss", tol=0.01, random_state=0)
    ...     _ = model.set_callbacks(TensorBoard(folder)).fit(X, y)
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['train', 'validation']
    """

    def __init__(self, log_dir: str | os.PathLike, *, weights_every: int = 0) -> None:
        check(self, "log_dir", log_dir, isinstance(log_dir, (str, os.PathLike)), "a path")
        check(self, "weights_every", weights_every, is_count(weights_every), "an int from 0 on")
        self.log_dir, self.weights_every = log_dir, weights_every
        needed("TensorBoard", "tensorboardX", "tensorboardX", "tensorboard")

    def _writer(self, fit, run):
        if run not in fit:
            from tensorboardX import SummaryWriter

            fit[run] = SummaryWriter(os.path.join(self.log_dir, run))
        return fit[run]

    def _row(self, fit, epoch, row, fitted_estimator):
        for name, value in row.items():
            if isinstance(value, Real) and not np.isnan(value):
                run = "validation" if name.startswith("val_") else "train"
                tag = name.removeprefix("val_")
                self._writer(fit, run).add_scalar(tag, float(value), epoch)
        if self.weights_every and epoch % self.weights_every == 0:
            for kind in ("coefs_", "intercepts_"):
                for i, array in enumerate(getattr(fitted_estimator, kind)):
                    self._writer(fit, "train").add_histogram(f"{kind}/{i}", array, epoch)
        for writer in fit.values():
            writer.flush()

    def _ended(self, fit):
        for writer in fit.values():
            writer.close()
