"""The base class of losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from ..program.calls import Call
from ..support.component import Component
from .distribution import Located
from .link import IdentityLink, Link

Calls = Iterator[Call]


def mean(y, weight):
    return np.average(y, axis=0, weights=weight)


def diagonal_factors(curvature: np.ndarray) -> np.ndarray:
    """Return factors (s, n, s) of curvatures (n, s) of scores that do not depend on one another."""
    n, s = curvature.shape
    factors = np.zeros((s, n, s), curvature.dtype)
    for j in range(s):
        np.sqrt(curvature[:, j], out=factors[j, :, j])
    return factors


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
    parameters : int
        Scores for each output: 1, or as many as a distribution has parameters. The scores (n, k) of
        the first parameter come first, then those of the second, ...
    scalable : bool
        Whether ``y`` may be given in another unit.
    differentiable : bool
        Whether ``gradient`` is the exact derivative of ``value`` (not so where rows are weighted by
        what is predicted); only minibatch solvers can do without.
    noisy : bool
        Whether targets have noise of a variance that the loss does not know, and ``solver="lm"``
        estimates.
    laplace : bool
        Whether the scores of the first parameter are means, with normal noise around them: then
        ``solver="lm"`` knows how unsure they are (``epistemic_std``). It needs ``curvature``, and
        ``noisy`` or a distribution that has a standard deviation.
    evidence : bool
        Whether ``value`` (divided by the noise, if ``noisy``) is a negative log-likelihood whose
        evidence ``alpha="bayes"`` may take.
    by_moments : bool
        Whether scores say the mean and the variance of a normal distribution, and nothing else:
        then there are ``scores_of`` and ``mixture``, and members of several kinds can be mixed.
    of_means : bool
        Whether predictions are means of the target, and not medians or other quantiles.
    boosted_as : str or None
        The name of the nearest loss of scikit-learn's gradient boosting, which may stand beside
        networks with this one; None where there is none.
    describes : type
        What ``distribution`` returns: a subclass of :class:`skfnn.losses.Distribution`, or
        ``Located`` where the loss has none.
    """

    family = "loss"
    kinds: ClassVar[frozenset[str]] = frozenset({"regression"})
    levels: ClassVar[tuple[float, float]] = (0.0, 1.0)
    link: ClassVar[Link] = IdentityLink()
    scratch: ClassVar[tuple[int | None, ...]] = ()
    probabilistic: ClassVar[bool] = False
    domain: ClassVar[str] = "finite"
    scalable: ClassVar[bool] = True
    noisy: ClassVar[bool] = False
    laplace: ClassVar[bool] = False
    evidence: ClassVar[bool] = False
    by_moments: ClassVar[bool] = False
    of_means: ClassVar[bool] = True
    boosted_as: ClassVar[str | None] = None
    describes: ClassVar[type[Located]] = Located

    @property
    def parameters(self) -> int:
        """Scores for each output."""
        return 1

    @property
    def differentiable(self) -> bool:
        """Whether ``gradient`` is the derivative of ``value``."""
        return True

    def n_scores(self, n_outputs: int) -> int:
        """Return the number of raw scores that ``n_outputs`` columns of ``y`` need."""
        return self.parameters * n_outputs

    def n_located(self, n_outputs: int) -> int:
        """Return how many of the raw scores, the first ones, say where predictions lie."""
        return n_outputs

    def located_freely(self) -> Loss:
        """Return the loss to take where these scores are to be monotone, each by itself."""
        return self

    @property
    def sorts(self) -> tuple[int, int] | None:
        """How many curves of an output the network sorts, and how many below the middle; or None.

        See :class:`skfnn.layers.SortedCurves`.
        """
        return None

    def parts(self, raw: np.ndarray) -> list[np.ndarray]:
        """Return the columns of ``raw`` of each parameter, (n, k)."""
        if self.parameters == 1:
            return [raw]
        k = raw.shape[1] // self.parameters
        return [raw[:, i * k : (i + 1) * k] for i in range(self.parameters)]

    def pool(self, raw: np.ndarray, n_outputs: int) -> np.ndarray:
        """Return the raw scores (n, s) of an ensemble from those (n, m s) of its m members.

        What they predict is the mean of what the members predict.
        """
        n_scores = self.n_scores(n_outputs)
        if raw.shape[1] == n_scores:
            return raw
        return self.pooled_scores(raw.reshape(len(raw), -1, n_scores))

    def pooled_scores(self, raw: np.ndarray) -> np.ndarray:
        """Return the scores (n, s) of the mean of the members' predictions, from (n, m, s)."""
        return self.link.pooled_scores(raw)

    def distribution(self, raw: np.ndarray) -> Located:
        """Return what raw scores say of the targets, beyond ``predict``.

        A loss without a distribution says where targets lie and, by the scale, where they are
        farther off than elsewhere.
        """
        return Located(self.predict(raw))

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

    def curvature(self, y: np.ndarray, raw: np.ndarray) -> np.ndarray:
        """Return factors (m, n, s): a row's ``sum_m f f^T`` is the loss's curvature in ``raw``.

        That is its second derivative by the scores, or an expectation of it that is never negative:
        what Gauss-Newton steps (solver="lm") and the uncertainty of weights need.

        Raises
        ------
        ValueError
            If the loss has none.
        """
        raise ValueError(
            f"loss={self.name!r} has no curvature to take the steps of solver='lm' by. Choose "
            "another loss, or solver='lbfgs'."
        )

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the inverse link of the raw scores of the first parameter, shape (n, k)."""
        return self.link.inverse(self.parts(raw)[0])

    def log_predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the logarithm of ``predict(raw)``, finite where probabilities saturate."""
        return self.link.log_inverse(raw)

    def constant(self, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
        """Return the raw scores (k,) of the best constant prediction."""
        raise NotImplementedError

    def sample_y(self, rng: np.random.Generator, n: int, k: int) -> np.ndarray:
        """Draw valid targets (n, k), for tests."""
        return rng.normal(size=(n, k))

    def check(self, y: np.ndarray) -> None:
        """Check the loss on the targets (n, k) of a fit.

        Raises
        ------
        ValueError
            If it can be seen to be wrong.
        """

    def in_domain(self, y: np.ndarray) -> bool:
        """Return whether all targets lie in the loss's range."""
        return bool(np.isfinite(y).all())
