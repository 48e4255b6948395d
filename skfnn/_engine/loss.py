"""The base class of losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from .calls import Call
from .component import Component
from .link import IdentityLink, Link

Calls = Iterator[Call]


def mean(y, weight):
    return np.average(y, axis=0, weights=weight)


class Loss(Component):
    """Base class: a loss of raw scores, its gradient and its link.

    To add a loss, subclass with a ``name`` and write ``gradient``, ``value``, ``constant`` and
    ``sample_y``, and give its ``link``.

    Attributes
    ----------
    kinds : frozenset of str
        The targets it is for: "binary", "multiclass", "multilabel", "regression".
    levels : tuple of float
        Values of ``y`` for "no" and "yes" in classification.
    link : Link
        How raw scores become predictions; the identity unless given.
    scratch : tuple of int or None
        Widths of the (n, width) work arrays that ``gradient`` is given; None stands for ``k``.
    probabilistic : bool
        Whether ``predict`` gives probabilities.
    domain : str
        The range of ``y``, for error messages of regression losses.
    """

    family = "loss"
    kinds: ClassVar[frozenset[str]] = frozenset({"regression"})
    levels: ClassVar[tuple[float, float]] = (0.0, 1.0)
    link: ClassVar[Link] = IdentityLink()
    scratch: ClassVar[tuple[int | None, ...]] = ()
    probabilistic: ClassVar[bool] = False
    domain: ClassVar[str] = "finite"

    def specialise(self, kind: str) -> Loss:
        """Return the loss to use for a kind of target; ``self`` unless the name covers several.

        Raises
        ------
        ValueError
            If the loss is not for this kind of target.
        """
        if kind not in self.kinds:
            raise ValueError(
                f"loss={self.name!r} is for {' or '.join(sorted(self.kinds))} targets, "
                f"but y is {kind}."
            )
        return self

    def gradient(
        self, y: np.ndarray, raw: np.ndarray, out: np.ndarray, scratch: Sequence[np.ndarray]
    ) -> Calls:
        """Yield the calls for ``out = d value / d raw``. Sets: ``out``, ``scratch``."""
        raise NotImplementedError

    def value(self, y: np.ndarray, raw: np.ndarray) -> np.ndarray:
        """Return the loss of each row, summed over outputs, shape (n,)."""
        raise NotImplementedError

    @property
    def out_activation(self) -> str:
        """The name of the inverse link, published as ``out_activation_``."""
        return self.link.name

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the inverse link of raw scores, shape (n, k)."""
        return self.link.inverse(raw)

    def log_predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the logarithm of ``predict(raw)``, finite where probabilities saturate."""
        return self.link.log_inverse(raw)

    def constant(self, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
        """Return the raw scores (k,) of the best constant prediction."""
        raise NotImplementedError

    def sample_y(self, rng: np.random.Generator, n: int, k: int) -> np.ndarray:
        """Draw valid targets (n, k), for tests."""
        return rng.normal(size=(n, k))

    def in_domain(self, y: np.ndarray) -> bool:
        """Return whether all targets lie in the loss's range."""
        return bool(np.isfinite(y).all())
