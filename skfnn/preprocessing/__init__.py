"""Transformers that turn data into the rows of numbers that a network takes."""

from ._flatten import Flatten

__all__ = ["Flatten"]
