"""The example that goes from a CSV file to a served model."""

import importlib.util
import json
import threading
from http.server import HTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from skfnn import TabularFNNClassifier

PATH = Path(__file__).parents[1] / "examples" / "table_to_service.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("table_to_service", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def models(example, tmp_path_factory):
    """The table, as it is and through a file, and a model of each."""
    table, y = example.customers(1500)
    path = tmp_path_factory.mktemp("table") / "customers.csv"
    table.to_csv(path, index=False)
    read = pd.read_csv(path)
    made = [
        TabularFNNClassifier(n_members=2, max_iter=15, random_state=0).fit(X[:1000], y[:1000])
        for X in (table, read)
    ]
    return table, read, y, *made


def test_the_file_s_model_is_that_of_the_dataframe(models):
    table, read, y, of_table, of_file = models
    kinds = of_file.encoder_.schema_["kind"]
    assert kinds.tolist() == of_table.encoder_.schema_["kind"].tolist()
    assert kinds[list(table).index("since")] == "date"
    left = y[1000:] == "left"
    scores = [
        roc_auc_score(left, model.predict_proba(X[1000:])[:, 0])
        for model, X in ((of_table, table), (of_file, read))
    ]
    assert scores[0] > 0.75
    assert abs(scores[0] - scores[1]) < 0.005
    # Each model takes the other's table.
    np.testing.assert_allclose(of_file.predict_proba(table[1000:]),
                               of_file.predict_proba(read[1000:]), atol=1e-4)  # fmt: skip


def test_answers_to_json_are_the_predictions(example, models):
    table, _, _, _, model = models
    example.Service.model = model
    server = HTTPServer(("127.0.0.1", 0), example.Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        expected = model.predict_proba(table[1000:1010])[:, 0]
        rows = json.loads(table[1000:1010].to_json(orient="records", date_format="iso"))
        found = [example.ask(address, row)["leaves"] for row in rows]
        np.testing.assert_allclose(found, expected, atol=2e-4)
        refused = example.ask(address, {**rows[0], "since": 2025})
        assert "'since' is read as date" in refused["error"]
        assert 0 < example.ask(address, {"plan": "a new plan"})["leaves"] < 1
    finally:
        server.shutdown()
        server.server_close()
