"""Fitted networks for other tools: scikit-learn's own estimators, ONNX, skops, programs as data."""

from .._engine.support.publish import publish
from .._engine.support.version import InconsistentVersionWarning
from ._convert import register_onnx_converters, register_onnx_function, to_onnx, to_sklearn
from ._persistence import skops_trusted_types
from ._program import training_program

__all__ = [
    "InconsistentVersionWarning",
    "register_onnx_converters",
    "register_onnx_function",
    "skops_trusted_types",
    "to_onnx",
    "to_sklearn",
    "training_program",
]

publish(__name__, __all__)
