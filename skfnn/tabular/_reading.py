"""What ``fit`` takes beside a table in memory: names of columns, files, datasets, functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..preprocessing._frames import is_frame
from ._following import Given
from ._preparation import Table
from ._sources import Roles, Source, source_of
from ._streamed import Streamed


def is_name(given: Any) -> bool:
    """Return whether this names a column, where an array would have a value for each row."""
    return isinstance(given, str)


def _names_targets(y, X):
    """Return whether ``y`` are the names of columns: one, or a list where X cannot be a list."""
    several = isinstance(y, list) and len(y) > 0 and all(map(is_name, y))
    return is_name(y) or (several and (not is_frame(X) or set(y) <= set(getattr(X, "columns", []))))


class ReadsSources:
    """The part of an estimator for tables that finds out what X is."""

    def _fit_given(self, given: Given, validation: Given, groups: Any, **known: Any) -> Any:
        """Fit to whatever X is: a table, or what yields the rows of one."""
        roles = Roles(
            given.y if _names_targets(given.y, given.X) else None,
            given.weight if is_name(given.weight) else None,
            groups if is_name(groups) else None,
        )
        source = source_of(given.X, roles)
        if source is not None:
            self._refuse(source, Roles(given.y, given.weight, groups), roles, known)
            return self._fit_source(source, validation, known["calibration_groups"])
        if roles.names:
            X, y, weight, column = roles.divided(given.X, given.y)
            given = Given(X, y, given.weight if weight is None else weight)
            groups = groups if column is None else column
        return self._fit(given, validation, groups, **known)  # type: ignore[attr-defined]

    def _fit_source(self, source: Source, validation: Given, calibration_groups: Any) -> Any:
        """Fit to the rows of a source."""
        recipe = self._checked_recipe()  # type: ignore[attr-defined]
        validated = validation.X is not None
        streamed = Streamed.of(
            self, source, recipe, self._encoder(), validated=validated  # type: ignore[attr-defined]
        )
        return self._fit(  # type: ignore[attr-defined]
            streamed.given, validation, calibration_groups=calibration_groups, streamed=streamed
        )

    def _refuse(self, source, given, roles, known):
        """Raise an error for what has no effect where rows come from a source."""
        what = f"where X is read part by part ({type(source).__name__})"
        for name in ("cv", "time_limit"):
            value = getattr(self, name)
            if value is not None:
                raise ValueError(f"{name}={value!r} is not available {what}.")
        for name, value, column in zip(
            ("y", "sample_weight", "groups"), given, roles, strict=True
        ):
            if value is not None and column is None:
                raise ValueError(
                    f"{name} must be the name of a column {what}. Got a {type(value).__name__}."
                )
        for name, (of_training, of_validation) in known.items():
            name = "offset" if name == "offsets" else name
            if of_training is not None and not (name != "offset" and is_name(of_training)):
                advice = "" if name == "offset" else " Give the name of a column."
                raise ValueError(f"{name} is not available {what}.{advice}")
            if of_validation is not None and name == "offset":
                raise ValueError(f"offset_val is not available {what}.")

    def _encoded_stream(self, streamed: Streamed, validation: Given) -> tuple[Table, Streamed]:
        """Return the sample of a stream, encoded, and the stream with the weights of its rows."""
        encoder, given = streamed.survey.encoder, streamed.given
        if self.verbose > 1:  # type: ignore[attr-defined]
            print(encoder.schema_.to_string(index=False))
        A = encoder.transform(given.X)
        self._check_y(given.y, len(A))  # type: ignore[attr-defined]
        fitted, y = streamed.begun(self)
        fitted = self._directed(fitted)  # type: ignore[attr-defined]
        streamed = streamed.weighted(fitted.target, getattr(self, "class_weight", None))
        weight = streamed.weights(y)
        loss = self._balanced(fitted.loss, y, weight)  # type: ignore[attr-defined]
        fitted = replace(fitted, loss=loss)
        held_out = self._validation(fitted, validation)  # type: ignore[attr-defined]
        return Table(fitted, A, y, weight, held_out), streamed
