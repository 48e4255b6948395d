"""From a CSV file to a served model: fit, look, save, load, answer requests.

The table has what tables have: numbers of all scales, missing values, categories, a date, a
category of hundreds of levels. Nothing of it is prepared: a CSV file says of a date no more than
its text, and the model finds out what it is. The data is generated and written to a file first, so
that the script runs anywhere; replace that file by your own.

    python examples/table_to_service.py
"""

import json
import tempfile
import threading
import time
import urllib.error
import urllib.request
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

from skfnn import TabularFNNClassifier
from skfnn.preprocessing import ColumnWarning


def customers(n_rows=3000, seed=0):
    """Return a table of customers, and whether each of them left."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "plan": rng.choice(["basic", "family", "business"], n_rows, p=[0.6, 0.3, 0.1]),
            "town": [f"town {i}" for i in rng.zipf(1.6, n_rows).clip(max=400)],
            "since": pd.Timestamp("2026-01-01") - pd.to_timedelta(rng.gamma(2, 400, n_rows), "D"),
            "monthly_cost": rng.gamma(8, 5, n_rows).round(2),
            "bytes_used": rng.lognormal(22, 2, n_rows).round(),
            "calls_to_support": rng.poisson(1.0, n_rows),
            "paperless": rng.random(n_rows) < 0.5,
        }
    )
    years = (pd.Timestamp("2026-01-01") - table["since"]).dt.days / 365
    score = (
        0.8 * table["calls_to_support"]
        - 0.9 * np.minimum(years, 3)
        + 0.06 * (table["monthly_cost"] - 40) * (table["plan"] == "basic")
        + 1.5 * (table["bytes_used"] < 1e9)
    )
    left = rng.random(n_rows) < 1 / (1 + np.exp(-score))
    table.loc[rng.random(n_rows) < 0.15, "monthly_cost"] = np.nan
    table.loc[rng.random(n_rows) < 0.05, "plan"] = None
    return table, np.where(left, "left", "stayed")


class Service(BaseHTTPRequestHandler):
    """Answers a JSON object of one customer by the probability that they leave."""

    model = None

    def do_POST(self):
        """Predict for the object in the body."""
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", ColumnWarning)  # of a cell that can't be read
                p = self.model.predict_proba([given])[0]  # what a record lacks is missing
            leaves = p[list(self.model.classes_).index("left")]
            code, answer = 200, {"leaves": round(float(leaves), 4)}
        except (ValueError, ColumnWarning) as error:  # it says which column
            code, answer = 400, {"error": str(error)}
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *args):
        """Print nothing for each request."""


def ask(address, customer):
    """Return the service's answer for one customer."""
    request = urllib.request.Request(address, json.dumps(customer).encode(), method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


def main():
    """Write, read, fit, evaluate, save, load, serve."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        table, left = customers()
        table.assign(left=left).to_csv(path, index=False)
        X = pd.read_csv(path)
    y = X.pop("left")
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

    started = time.perf_counter()
    model = TabularFNNClassifier(time_limit=30, random_state=0).fit(X_train, y_train)
    print(f"Fitted {len(X_train)} rows in {time.perf_counter() - started:.0f} s. The columns are:")
    print(model.encoder_.schema_.to_string(index=False))

    left = list(model.classes_).index("left")
    rate = np.mean(y_train == "left")
    p = model.predict_proba(X_test)
    print(f"On {len(X_test)} customers that it has not seen:")
    print(f"  area under the ROC curve {roc_auc_score(y_test == 'left', p[:, left]):.3f}")
    print(f"  log-loss {log_loss(y_test, p):.3f}; always the share of those who leave: "
          f"{log_loss(y_test == 'left', np.full(len(y_test), rate)):.3f}")  # fmt: skip
    print(f"  the same from held-out folds: {log_loss(y_train, model.oof_prediction_):.3f}")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.joblib"
        joblib.dump(model, path)
        print(f"Saved: {path.stat().st_size / 2**20:.1f} MiB.")
        Service.model = joblib.load(path)

    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    known = json.loads(X_test.iloc[0].to_json(date_format="iso"))
    print("A customer of the test rows:", ask(address, known))
    stranger = {"since": "2025-11-03", "plan": "a new plan", "calls_to_support": 4}
    print("One with an unknown plan and most columns missing:", ask(address, stranger))
    print("One whose date is a number:", ask(address, {**stranger, "since": 2025}))
    started = time.perf_counter()
    for _ in range(20):
        ask(address, known)
    print(f"A request takes {(time.perf_counter() - started) / 20 * 1e3:.0f} ms.")
    server.shutdown()


if __name__ == "__main__":
    main()
