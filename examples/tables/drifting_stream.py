"""Follow a stream that drifts: a model that goes on day by day, beside one that stays as it was.

    python examples/tables/drifting_stream.py

Prices of flats depend on size, district and age; from day to day new districts come up, and large
flats get dearer. Each day both models predict the day's prices, before one of them learns them.
"""

import numpy as np
import pandas as pd

from skfnn import TabularFNNRegressor

DAYS, ROWS = 6, 800


def flats(n, day, seed):
    """Return some flats that are sold on a day, and their prices in thousands."""
    rng = np.random.default_rng(seed)
    effect = np.random.default_rng(0).normal(0, 60, 100)
    district = rng.integers(0, 20 + day, n)
    X = pd.DataFrame(
        {
            "size": rng.gamma(9, 9, n),
            "year": rng.integers(1900, 2026, n),
            "district": [f"district {d}" for d in district],
        }
    )
    price = (4 + 0.15 * day) * X["size"] + 0.6 * (X["year"] - 1900) + effect[district]
    return X, price + rng.normal(0, 15, n)


def main():
    """Print for each day R2 of both models, and the coverage of the one that goes on."""
    begun = flats(2 * ROWS, day=0, seed=1)
    settings = {"n_members": 2, "random_state": 0}
    fixed = TabularFNNRegressor(**settings).partial_fit(*begun)
    going_on = TabularFNNRegressor(**settings).partial_fit(*begun)
    rows = []
    for day in range(1, DAYS + 1):
        X, y = flats(ROWS, day, seed=1 + day)
        low, high = going_on.predict_interval(X, coverage=0.9).T
        rows.append(
            {
                "day": day,
                "R2, as it was": fixed.score(X, y),
                "R2, going on": going_on.score(X, y),
                "coverage of 90 %": np.mean((low <= y) & (y <= high)),
                "districts": going_on.encoder_.n_levels_[0],
            }
        )
        going_on.partial_fit(X, y)
    table = pd.DataFrame(rows).set_index("day")
    print(table.round(3).to_string())
    return table


if __name__ == "__main__":
    main()
