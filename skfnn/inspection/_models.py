"""A model inside of pipelines and searches, and tables as scikit-learn's tools take them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_array

from ..preprocessing._frames import is_frame, to_frame


def with_final(outer: Any, final: Any) -> Any:
    """Return a fitted model, or what a search has found, with another estimator at its end."""
    if hasattr(outer, "best_estimator_"):
        return with_final(outer.best_estimator_, final)
    if hasattr(outer, "steps"):
        other = copy.copy(outer)  # of scikit-learn's pipeline, whose steps stay as they are
        name, last = outer.steps[-1]
        other.steps = [*outer.steps[:-1], (name, with_final(last, final))]
        return other
    if hasattr(outer, "regressor_"):
        other = copy.copy(outer)
        other.regressor_ = with_final(outer.regressor_, final)
        return other
    return final


def as_table(X: Any, name: str = "X") -> Any:
    """Return raw columns as a DataFrame of pandas, or as an array where they have no names.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        Raw columns, of any library.
    name : str, default="X"
        What messages call it.

    Raises
    ------
    TypeError
        If it is sparse.
    """
    if sparse.issparse(X):
        raise TypeError(f"{name} is sparse, which this function does not take. Give X.toarray().")
    if is_frame(X):
        frame = to_frame(X)
        if isinstance(frame, pd.DataFrame):
            return frame.reset_index(drop=True)
        return pd.DataFrame({column: frame[column].to_list() for column in frame.columns})
    array = X if hasattr(X, "dtype") else np.asarray(X, dtype=_dtype(X))
    return check_array(array, dtype=None, ensure_all_finite=False, input_name=name)


def _dtype(X):
    """Return the dtype of a list: its own of numbers, else object, so that nothing is changed."""
    return None if np.asarray(X).dtype.kind in "biuf" else object


def column_names_of(table: Any, given: Any, model: Any) -> list[str]:
    """Return the names of a table's columns: those given, its own, those of the fit, else numbers.

    Raises
    ------
    ValueError
        If another number of names is given.
    """
    n = table.shape[1]
    found = given
    if given is None:
        found = table.columns if isinstance(table, pd.DataFrame) else None
        found = getattr(model, "feature_names_in_", None) if found is None else found
        found = [f"x{i}" for i in range(n)] if found is None else found
    if len(found) != n:
        raise ValueError(f"feature_names must hold {n} names, one a column. Got {len(found)}.")
    return [str(name) for name in found]
