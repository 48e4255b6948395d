"""Recipes: what a network for tables is made of and how it is trained, as published or tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._engine.objective.loss import Loss
from .._engine.program.layer import Layer
from .._engine.program.schedule import Scheduled
from .._estimators.build import layer_sizes
from ..initializers import Initializer, Scaled
from ..layers import (
    Activate,
    CategoryEmbedding,
    CategoryStatistics,
    Dropout,
    Linear,
    ParametricActivate,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Repeat,
    Scale,
    SharedEnsemble,
)
from ..layers._column_embedding import ColumnEmbedding
from ..optimizers import AdamW
from ._categories import n_statistics

# Beside more numbers than this, pieces have four entries at most.
MANY_COLUMNS = 32
# Tables of more than LARGE rows have FEW_MEMBERS members.
LARGE, FEW_MEMBERS = 100_000, 3
# The cycles of the "coslog4" schedule end after 1, 3, 7, and all of CYCLE_PARTS parts of training.
CYCLE_PARTS = 15
# Of more than MANY_ROWS rows an epoch has a part, by the square root of their number; all epochs
# together read them FEWEST times at least.
MANY_ROWS, FEWEST = 250_000, 2


@dataclass(frozen=True)
class Columns:
    """What a network is given.

    Attributes
    ----------
    width : int
        Columns.
    n_numbers : int
        Columns of numbers, the first ones.
    n_levels : list of int
        Levels of the categories that are codes, the next columns.
    n_told_levels : sequence of int
        Levels of what is known by statistics alone, the columns after those codes.
    n_targets : int
        Columns of the target.
    regression : bool
        Whether targets are numbers: which of a recipe's pairs to take.
    member : int
        Which member of the ensemble the network is.
    """

    width: int
    n_numbers: int
    n_levels: list[int]
    n_told_levels: Sequence[int] = ()
    n_targets: int = 1
    regression: bool = True
    member: int = 0


@dataclass(frozen=True)
class Recipe:
    """Architecture and training.

    Pairs are (classification, regression).

    Attributes
    ----------
    n_members : int
        Networks in the ensemble; each is trained on all folds but one.
    most_members : int
        Networks in the ensemble for a table of some hundred rows.
    n_shared : int or None
        Members inside each network, which share its hidden layers; None: it has no members.
    numeric_embedding : tuple of (tuple of str, tuple of str)
        How numbers are embedded; members take these in turn.
    pieces_lr_factor, pieces_entries, pieces_bins : tuple of (float, float), of (int, int)
        Of PiecewiseLinearEmbedding in "both"; fewer bins and entries beside many numbers.
    category_statistics : bool
        Whether members know the mean target and the count of each category that is a code.
    max_iter : int
        Epochs for a table of 4,000 rows.
    by_size : bool
        Whether smaller tables get more epochs, and larger ones fewer.
    batch_rows : tuple of (int, int)
        (rows of the table up to, rows per batch); the last holds for all larger tables.
    firmer_decay : float or None
        Another weight decay, which the first member tries on numbers with little noise.
    schedule : str
        The learning rate over training. With "coslog4" training ends after the second or third of
        its four cycles if that has brought no better epoch.
    patience : float
        Epochs without a better one after which training ends.
    fading : bool
        Whether dropout and weight decay fall to 0 in the second half of training.
    clip_norm : float or None
        Largest Euclidean norm of the gradient.
    """

    hidden_layer_sizes: tuple[int, ...] = (128, 128, 128)
    n_members: int = 5
    most_members: int = 10
    n_shared: int | None = None
    activation: tuple[str, str] = ("mish", "mish")
    parametric: bool = True
    initializer: str | Initializer = "data_driven"
    scaling: str = "neural_tangent"
    bias_lr_factor: float = 0.1
    numeric_embedding: tuple[tuple[str | None, ...], ...] = (("both",), ("pbld", "both"))
    category_statistics: bool = False
    pieces_lr_factor: tuple[float, float] = (0.3, 0.1)
    pieces_entries: tuple[int, int] = (8, 4)
    pieces_bins: tuple[int, int] = (96, 48)
    learning_rate_init: tuple[float, float] = (0.04, 0.1)
    beta_2: float = 0.95
    max_iter: int = 64
    by_size: bool = True
    batch_rows: tuple[tuple[float, int], ...] = ((1024, 64), (8192, 128), (30_000, 256),
                                                 (float("inf"), 512))  # fmt: skip
    dropout: float = 0.0
    weight_decay: float = 0.02
    firmer_decay: float | None = None
    label_smoothing: float = 0.1
    schedule: str = "coslog4"
    patience: float = float("inf")
    fading: bool = True
    clip_norm: float | None = None

    def chosen(self, params: dict[str, Any]) -> Recipe:
        """Return the recipe with parameters of an estimator in place, where the user gave them."""
        names = ("n_members", "dropout", "weight_decay", "label_smoothing")
        given = {name: params[name] for name in names if params.get(name) is not None}
        if params["n_members"] is not None:
            given["most_members"] = params["n_members"]
        if params["hidden_layer_sizes"] is not None:
            given["hidden_layer_sizes"] = tuple(layer_sizes(params["hidden_layer_sizes"]))
        if params["numeric_embedding"] != "recipe":
            given["numeric_embedding"] = ((params["numeric_embedding"],),) * 2
        if params["learning_rate_init"] is not None:
            given["learning_rate_init"] = (float(params["learning_rate_init"]),) * 2
        return replace(self, **given)

    def batch_size(self, n_rows: int) -> int:
        """Return the rows of a batch for a table of ``n_rows``."""
        return next(size for limit, size in self.batch_rows if n_rows <= limit)

    def members(self, n_rows: int) -> int:
        """Return the networks for a table of ``n_rows``: more, where that takes seconds.

        Their mean is better, and each is trained on more of the rows; but a fold of fewer than 25
        rows tells little. Tables of very many rows, whose members differ less, get fewer.
        """
        if self.most_members == self.n_members:
            return self.n_members
        if n_rows > LARGE:
            return min(self.n_members, FEW_MEMBERS)
        affordable = min(self.most_members, 5000 // n_rows, n_rows // 25)
        return max(self.n_members, affordable)

    def epochs(self, n_rows: int) -> int:
        """Return the epochs for a table of ``n_rows``: what counts is the number of steps.

        Tables of 1,000 rows and fewer get four times ``max_iter``, large ones fewer, by the square
        root of their size, down to a quarter; of more than :data:`LARGE` rows so many that cycles
        of the rate end with an epoch, which is at its best then.
        """
        if not self.by_size:
            return self.max_iter
        factor = 4000 / n_rows if n_rows < 4000 else (4000 / n_rows) ** 0.5
        epochs = round(self.max_iter * min(4.0, max(0.25, factor)))
        if n_rows <= LARGE or self.schedule != "coslog4":
            return epochs
        return epochs // CYCLE_PARTS * CYCLE_PARTS or epochs

    def share(self, n_rows: int) -> float:
        """Return which share of a table of ``n_rows`` an epoch has."""
        fewest = min(1.0, FEWEST / self.epochs(n_rows))
        return max(fewest, min(1.0, (MANY_ROWS / n_rows) ** 0.5))

    def learning_rate(self, loss: Loss) -> float:
        """Return the learning rate for a loss: with an exponential link, as for classes."""
        linear = "regression" in loss.kinds and loss.link.unbounded
        return self.learning_rate_init[linear]

    def optimizer(self) -> AdamW:
        """Return the optimizer."""
        return AdamW(beta_2=self.beta_2, weight_decay=self._faded(self.weight_decay))

    def _faded(self, value):
        return Scheduled(value, "flat_cos") if value and self.fading else value

    def layers(self, columns: Columns, n_outputs: int) -> list[Layer]:
        """Return the layers of a network.

        Parameters
        ----------
        columns : Columns
            What it is given.
        n_outputs : int
            Raw scores: the columns of the target, or several for each.
        """
        categories, numbers = self.categories(columns), self.numbers(columns, 0, columns.n_numbers)
        layers, blocks = [*categories, *numbers], self.hidden(columns.regression)
        hidden = [layer for block in blocks for layer in block]
        if self.n_shared is None:
            return [*layers, Scale(), *hidden, self.output(n_outputs)]
        widths = _widths(numbers, columns.n_numbers)
        if widths:
            for layer in reversed(categories):  # as their columns stand
                if isinstance(layer, ColumnEmbedding):
                    widths += [layer.entries()] * len(layer.n_levels)
        return [
            *layers,
            SharedEnsemble(
                n_outputs, hidden, self.n_shared,
                start="normal" if numbers else "signs", widths=widths,
            ),
        ]  # fmt: skip

    def categories(self, columns: Columns) -> list[Layer]:
        """Return the layers that embed the codes of categories."""
        levels = columns.n_levels
        layers: list[Layer] = []
        stop, known = columns.n_numbers + len(levels), [*levels, *columns.n_told_levels]
        if known and self.category_statistics:
            if levels:  # which are embedded as well
                layers.append(Repeat(start=columns.n_numbers, stop=stop))
            layers.append(CategoryStatistics(known, n_statistics(columns.n_targets), start=stop))
        return [*layers, CategoryEmbedding(levels, start=columns.n_numbers)] if levels else layers

    def embedding(self, columns: Columns) -> str | None:
        """Return how numbers are embedded."""
        kinds = self.numeric_embedding[columns.regression]
        return kinds[columns.member % len(kinds)]

    def numbers(self, columns: Columns, start: int, stop: int) -> list[Layer]:
        """Return the layers that embed the numbers from ``start`` to ``stop``."""
        kind, n = self.embedding(columns), stop - start
        if kind is None or n == 0:
            return []
        if kind == "piecewise_linear":
            return [PiecewiseLinearEmbedding(start=start, stop=stop)]
        if kind == "both":  # waves for smooth shapes, pieces for jumps
            pieces = self.pieces(columns, stop, stop + n)
            return [
                Repeat(start=start, stop=stop),
                pieces,
                PeriodicEmbedding(start=start, stop=stop),
            ]
        return [PeriodicEmbedding(kind, start=start, stop=stop)]

    def pieces(
        self, columns: Columns, start: int, stop: int, constraint: Any = None
    ) -> PiecewiseLinearEmbedding:
        """Return the layer that embeds numbers by pieces, beside waves or alone."""
        n, regression = stop - start, columns.regression
        n_bins, n_entries = self.pieces_bins[regression], self.pieces_entries[regression]
        return PiecewiseLinearEmbedding(
            # beside many columns they would take most time
            n_bins=min(n_bins, max(16, 20 * n_bins // n)),
            n_entries=n_entries if n <= MANY_COLUMNS else min(n_entries, 4),
            lr_factor=self.pieces_lr_factor[regression],
            start=start,
            stop=stop,
            constraint=constraint,
        )

    def hidden(self, regression: bool, activation: str | None = None) -> list[list[Layer]]:
        """Return for each hidden layer a linear map and what follows it.

        ``activation`` takes the place of the recipe's, without a share of the identity.
        """
        function = activation or self.activation[regression]
        parametric = self.parametric and activation is None
        blocks: list[list[Layer]] = []
        for units in self.hidden_layer_sizes:
            linear = Linear(units, self.initializer, self.scaling, self.bias_lr_factor)
            activate = ParametricActivate(function) if parametric else Activate(function)
            more = [Dropout(self._faded(self.dropout))] if self.dropout else []
            blocks.append([linear, activate, *more])
        return blocks

    def output(self, n_outputs: int) -> Linear:
        """Return the output layer."""
        return Linear(n_outputs, "zeros", self.scaling, self.bias_lr_factor)


def _widths(embeddings, n):
    """Return the width of what each of ``n`` columns is replaced by, in each of some embeddings."""
    return [e.entries() for e in embeddings if isinstance(e, ColumnEmbedding) for _ in range(n)]


_PUBLISHED = Recipe(
    hidden_layer_sizes=(256, 256, 256),
    n_members=1,
    most_members=1,
    activation=("selu", "mish"),
    numeric_embedding=(("pbld",), ("pbld",)),
    learning_rate_init=(0.04, 0.2),
    max_iter=256,
    by_size=False,
    dropout=0.15,
)
RECIPES: dict[str, Recipe] = {
    "ensemble": Recipe(category_statistics=True, firmer_decay=0.08),
    "realmlp": _PUBLISHED,
    "realmlp-s": replace(
        _PUBLISHED,
        parametric=False,
        initializer="lecun_normal",
        numeric_embedding=((None,), (None,)),
        learning_rate_init=(0.04, 0.07),
        dropout=0.0,
        weight_decay=0.0,
    ),
    # Where it differs from what is published: 512 units take seven times as long an epoch on one
    # core, and predicted no better on tables of a few hundred rows; the learning rate falls in the
    # second half of training, where there it is constant until patience ends it.
    "tabm-mini": Recipe(
        hidden_layer_sizes=(128, 128),
        n_members=1,
        most_members=1,
        n_shared=32,
        activation=("relu", "relu"),
        parametric=False,
        initializer=Scaled("lecun_normal", 3**-0.5),
        scaling="standard",
        bias_lr_factor=1.0,
        numeric_embedding=(("piecewise_linear",), ("piecewise_linear",)),
        learning_rate_init=(0.002, 0.002),
        beta_2=0.999,
        max_iter=32,
        dropout=0.1,
        weight_decay=3e-4,
        label_smoothing=0.0,
        schedule="flat_cos",
        patience=16,
        fading=False,
        clip_norm=1.0,
    ),
}
