"""The warning about columns of a table."""


class ColumnWarning(UserWarning):
    """What looks wrong with columns of a table, and how they were taken.

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

    ``warnings.simplefilter("ignore", ColumnWarning)`` silences all of them.
    """
