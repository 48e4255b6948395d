"""What ``fit`` takes beside a table in memory: names of columns, files, datasets, functions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from ..preprocessing._frames import is_frame
from ._fitted import FittedTable
from ._followed import Given
from ._ongoing import table_source
from ._preparation import Prepared, Table
from ._sources import Roles, Source, frames_of, needs_pyarrow, source_of
from ._streamed import How, Streamed
from ._survey import aligned


def is_name(given: Any) -> bool:
    """Return whether this names a column, where an array would have a value for each row."""
    return isinstance(given, str)


def _roles(asked, X):
    """Return the columns that y, weights and groups name."""
    return Roles(
        asked.y if _names_targets(asked.y, X) else None,
        asked.weight if is_name(asked.weight) else None,
        asked.groups if is_name(asked.groups) else None,
    )


def _apart(given, groups, roles):
    """Return a table in memory without the columns that are no features, and groups."""
    if not roles.names:
        return given, groups
    X, y, weight, column = roles.divided(given.X, given.y)
    weight = given.weight if weight is None else weight
    return Given(X, y, weight), groups if column is None else column


def _names_targets(y, X):
    """Return whether ``y`` are names of columns: one, or a list that can't be a label per row."""
    if not isinstance(y, list) or not y or not all(map(is_name, y)):
        return is_name(y)
    if is_frame(X):
        return set(y) <= set(getattr(X, "columns", []))
    paths = isinstance(X, (list, tuple)) and all(isinstance(item, (str, Path)) for item in X)
    return paths or not (hasattr(X, "shape") or isinstance(X, (list, tuple)))


class ReadsSources:
    """The part of an estimator for tables that finds out what X is, and goes on from a fit."""

    if TYPE_CHECKING:
        _fitted: Any
        _fit: Any
        _checked_recipe: Any
        _check_y: Any
        _encoder: Any
        _directed: Any
        _balanced: Any
        _validation: Any
        __sklearn_is_fitted__: Any
        warm_start: bool
        verbose: Any

    def _fit_given(self, given: Given, validation: Given, groups: Any, **known: Any) -> Any:
        """Fit to whatever X is: a table, or what yields the rows of one."""
        asked = Roles(given.y, given.weight, groups)
        roles = _roles(asked, given.X)
        source = source_of(given.X, roles)
        if source is not None:
            self._refuse_arrays(asked, roles, type(source).__name__)
        else:
            given, groups = _apart(given, groups, roles)
            if not self.warm_start:
                return self._fit(given, validation, groups, **known)
            source = table_source(given.X, given.y, given.weight, groups)
        self._refuse(known, read=type(source).__name__)
        before = self._before() if self.warm_start else None
        return self._fit_source(
            source, validation, known["calibration_groups"], before=before, keeps=self.warm_start
        )

    def _go_on(self, given: Given, groups: Any, classes: Any = None) -> Any:
        """Go on with further rows of a table; the first call begins."""
        roles = _roles(Roles(given.y, given.weight, groups), given.X)
        if source_of(given.X, roles) is not None:
            raise ValueError(
                "partial_fit takes a table, the next part of one. For files, datasets and "
                "functions there is fit, which goes on from the previous fit with warm_start=True."
            )
        given, groups = _apart(given, groups, roles)
        self._refuse(read="partial_fit")
        source = table_source(given.X, given.y, given.weight, groups)
        before = self._before()
        if before is None and self.__sklearn_is_fitted__():
            raise ValueError(
                "partial_fit goes on from what an ordinary fit does not keep. Fit with "
                "warm_start=True, or begin with partial_fit."
            )
        nothing = Given(None, None, None)
        return self._fit_source(
            source, nothing, (None, None), before=before, keeps=True, adds=True, classes=classes
        )

    def write_predictions(self, X, path, *, method="predict") -> None:
        """Predict part by part, and write what is predicted to a Parquet file.

        Parameters
        ----------
        X : path, dataset, callable, DataFrame or array-like
            Rows, as ``fit`` takes them; columns that it did not have are left out.
        path : str or path-like
            The file, which is written anew. Its rows are those of X, in their order.
        method : str, default="predict"
            What to predict by: "predict", "predict_proba", "predict_interval", ... The columns of
            the file are "predict", or what a column of the result means: the class, "low" and
            "high" of intervals; of several targets "0_low", "0_high", "1_low", ...

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        """
        check_is_fitted(self)
        pyarrow, writer = needs_pyarrow(), None
        try:
            for frame in frames_of(X):
                found = self._named_predictions(frame, method)
                table = pyarrow.Table.from_pandas(found, preserve_index=False)
                writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema)
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()

    def _named_predictions(self, frame, method):
        """Return what is predicted of a table as a DataFrame."""
        encoder = self._fitted.encoder
        frame = aligned(frame, encoder)
        if isinstance(frame, pd.DataFrame):
            frame = frame[encoder._names]
        found = np.asarray(getattr(self, method)(frame))
        if found.ndim == 1:
            return pd.DataFrame({method: found})
        names = range(found.shape[-1])
        if method == "predict_interval":
            names = ["low", "high"]
        elif found.shape[1] == len(getattr(self, "classes_", ())):
            names = self.classes_  # type: ignore[attr-defined]
        if found.ndim == 3:  # of several targets
            names = [f"{i}_{name}" for i in range(found.shape[1]) for name in names]
        return pd.DataFrame(found.reshape(len(found), -1), columns=[str(name) for name in names])

    def _before(self):
        """Return what the previous fit has kept to go on from, or None."""
        return self._fitted.ongoing if self.__sklearn_is_fitted__() else None

    def _fit_source(self, source: Source, validation: Given, calibration_groups: Any,
                    **how: Any) -> Any:  # fmt: skip
        """Fit to the rows of a source."""
        recipe = self._checked_recipe()
        streamed = Streamed.of(
            self, source, recipe, validated=validation.X is not None, how=How(**how)
        )
        return self._fit(
            streamed.given, validation, calibration_groups=calibration_groups, streamed=streamed
        )

    def _refuse_arrays(self, asked, roles, read):
        """Raise an error for what is given row by row where rows are read part by part."""
        names = ("y", "sample_weight", "groups")
        for name, value, column in zip(names, asked, roles, strict=True):
            if value is not None and column is None:
                raise ValueError(
                    f"{name} must be the name of a column where X is read part by part ({read}). "
                    f"Got a {type(value).__name__}."
                )

    def _refuse(self, known: dict[str, tuple] | None = None, *, read: str) -> None:
        """Raise an error for what has no effect where rows come from a source."""
        what = f"where rows come part by part, by {read} or warm_start"
        for name in ("cv", "time_limit"):
            value = getattr(self, name)
            if value is not None:
                raise ValueError(f"{name}={value!r} is not available {what}.")
        known = known or {}
        if any(given is not None for given in known.get("offsets", ())):
            raise ValueError(f"offset is not available {what}.")
        groups, of_validation = known.get("calibration_groups", (None, None))
        if groups is not None and of_validation is None and not is_name(groups):
            raise ValueError(
                f"calibration_groups must be the name of a column {what}. Got a "
                f"{type(groups).__name__}."
            )
        if self.warm_start or read == "partial_fit":
            self._refuse_others()

    def _refuse_others(self):
        """Raise an error for what cannot be gone on with."""
        if self.refit:  # type: ignore[attr-defined]
            raise ValueError(
                "refit=True is not available with warm_start and partial_fit: rows that are held "
                "out stay held out."
            )
        blend = self.blend  # type: ignore[attr-defined]
        if not (blend is None or (isinstance(blend, str) and blend == "auto")):
            raise ValueError(
                f"blend={blend!r} is not available with warm_start and partial_fit, which go on "
                "with networks alone. Set blend=None."
            )

    def _streamed(self, fitted: FittedTable, streamed: Streamed, prepared: Prepared) -> FittedTable:
        """Return what a fit to a source leaves: what the next one needs, if there may be one."""
        if not streamed.complete:
            fitted = replace(fitted, oof_prediction=None)  # of a sample that nobody knows
        if streamed.how.keeps:
            task = prepared.networks.task
            fitted = replace(fitted, ongoing=streamed.ongoing(prepared.table.fitted, task, fitted))
        return fitted

    def _encoded_stream(self, streamed: Streamed, validation: Given) -> tuple[Table, Streamed]:
        """Return the sample of a stream, encoded, and the stream with the weights of its rows."""
        encoder, given = streamed.survey.encoder, streamed.given
        if self.verbose > 1:  # type: ignore[attr-defined]
            print(encoder.schema_.to_string(index=False))
        A = encoder.transform(given.X)
        self._check_y(given.y, len(A))
        fitted, y = streamed.begun(self)
        if streamed.how.before is None:
            fitted = self._directed(fitted)
        streamed = streamed.weighted(fitted.target, getattr(self, "class_weight", None))
        weight = streamed.weights(y)
        loss = self._balanced(fitted.loss, y, weight)  # type: ignore[attr-defined]
        fitted = replace(fitted, loss=loss)
        held_out = self._validation(fitted, validation)  # type: ignore[attr-defined]
        return Table(fitted, A, y, weight, held_out), streamed
