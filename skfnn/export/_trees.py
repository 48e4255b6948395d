"""ONNX: the trees beside the networks of a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._sklearn import nodes_of_boosting
from ..tabular import TreesPredictor
from . import _columns
from ._onnx import Graph, Value

# In this version of the operators for machine learning trees compare in double precision.
VERSION = 3


def raw_of_trees(graph: Graph, predictor: TreesPredictor, A: Value) -> Value:
    """Add the nodes of ``predictor.raw``, for the encoder's rows with their pairs.

    Parameters
    ----------
    graph : Graph
        The graph, in double precision.
    predictor : TreesPredictor
        The trees.
    A : Value
        Rows (n, p).

    Returns
    -------
    Value
        Raw scores (n, k).
    """
    X = _taken(graph, predictor.trees, graph.cast(A, np.dtype(np.float64)))
    found = [_ensemble(graph, model, X) for model in predictor.models]
    return found[0] if len(found) == 1 else graph.node("Concat", *found, axis=1)


def _taken(graph, columns, A):
    """Add the nodes of ``columns.transform``."""
    start, behind = columns.start, columns.start + len(columns.tables)
    parts = []
    if start:
        numbers = [_column(graph, A, j) for j in range(start)]
        for flag, number in columns.missing.T:
            there = graph.node("Greater", _column(graph, A, flag), np.float64(0), dtype=bool)
            numbers[number] = graph.node("Where", there, np.float64(np.nan), numbers[number])
        parts += numbers
    for j, table in enumerate(columns.known):
        code = graph.cast(graph.node("Gather", A, np.array(start + j), axis=1), np.dtype(np.int64))
        parts.append(graph.node("Gather", table.astype(np.float64), code, axis=0))
    rest = [np.array([n], np.int64) for n in (behind, np.iinfo(np.int64).max, 1)]
    parts.append(graph.node("Slice", A, *rest))
    return _columns.beside(graph, parts)


def _column(graph, A, j):
    return graph.node("Gather", A, np.array([int(j)]), axis=1)


def _ensemble(graph, model, X):
    """Add the node of one fitted gradient boosting."""
    from onnx import numpy_helper

    trees, baseline = nodes_of_boosting(model)
    n_outputs = len(baseline)
    places = [(i, np.arange(len(nodes))) for i, (nodes, _) in enumerate(trees)]
    nodes = np.concatenate([nodes for nodes, _ in trees])
    tree = np.concatenate([np.full(len(at), i) for i, at in places])
    at = np.concatenate([at for _, at in places])
    output = np.concatenate([np.full(len(nodes), k) for nodes, k in trees])
    leaf = nodes["is_leaf"].astype(bool)

    def tensor(values):
        return numpy_helper.from_array(np.asarray(values, np.float64))

    attributes: dict[str, Any] = {
        "nodes_treeids": tree, "nodes_nodeids": at, "nodes_featureids": nodes["feature_idx"],
        "nodes_truenodeids": nodes["left"], "nodes_falsenodeids": nodes["right"],
        "nodes_missing_value_tracks_true": nodes["missing_go_to_left"],
        "target_treeids": tree[leaf], "target_nodeids": at[leaf], "target_ids": output[leaf],
    }  # fmt: skip
    raw = graph.node(
        "TreeEnsembleRegressor", X, dtype=np.float32,
        op_domain="ai.onnx.ml", op_version=VERSION, n_targets=n_outputs,
        nodes_modes=["LEAF" if one else "BRANCH_LEQ" for one in leaf],
        nodes_values_as_tensor=tensor(nodes["num_threshold"]),
        target_weights_as_tensor=tensor(nodes["value"][leaf]),
        **{name: [int(v) for v in values] for name, values in attributes.items()},
    )  # fmt: skip
    return graph.node("Add", graph.cast(raw, np.dtype(np.float64)), baseline.astype(np.float64))
