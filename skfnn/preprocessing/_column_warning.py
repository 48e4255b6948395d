"""The warning about columns of a table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


class ColumnWarning(UserWarning):
    """What looks wrong with columns of a table, and how they were taken.

    Parameters
    ----------
    message : str
        What looks wrong, and what to do. At prediction it is the same each time.
    column : hashable, default=None
        The column's name, where the warning is about cells of one.
    n_cells : int, default=0
        How many cells.
    examples : sequence of str, default=()
        Some of them, cut to 60 characters; none of what may identify a person.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> from skfnn.preprocessing import ColumnWarning, TabularEncoder
    >>> X = pd.DataFrame({"size": range(30), "unit": "cm"})
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     encoder = TabularEncoder().fit(X)
    >>> print(caught[0].message)
    Columns with the same value everywhere, which say nothing: 'unit' ('cm'). Leave them out of X,
    or by column_kinds={'unit': 'drop'}.

    At prediction, a cell that can't be read counts as missing:

    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     row = encoder.transform([{"size": "about ten", "unit": "cm"}])
    >>> print(caught[0].message)
    Column 'size' is read as number; cells that say none count as missing. See the warning's n_cells
    and examples.
    >>> caught[0].message.column, caught[0].message.n_cells, caught[0].message.examples
    ('size', 1, ('about ten',))

    ``warnings.simplefilter("ignore", ColumnWarning)`` silences all of them; "error" makes errors of
    them.
    """

    def __init__(
        self,
        message: str,
        column: Hashable = None,
        n_cells: int = 0,
        examples: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.column, self.n_cells, self.examples = column, n_cells, tuple(examples)
