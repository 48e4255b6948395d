"""The contestants of the benchmark train what they say."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def load(name):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


peers = load("peers")


@pytest.mark.parametrize("name", [n for n in peers.CONTESTANTS if n not in ("Keras 3", "JAX")])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_contestant_trains(name, n_classes, monkeypatch):
    if name not in peers.installed():
        pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    work = peers.Work("small", 5, (4, 3), n_classes, 16, 2, n_rows=40)
    X, y = work.data()
    assert work.n_steps == 6
    assert len(np.unique(y)) == n_classes
    run = peers.CONTESTANTS[name](work, X, y)
    run()
    run()


def test_the_comparison_of_commits_times_something():
    names = [name for name, _ in load("compare").tasks()]
    assert len(names) == len(set(names)) > 5


def test_what_was_measured_on_tables_is_kept_and_summed_up(tmp_path, monkeypatch, capsys):
    tabular = load("tabular")
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"code": rng.integers(0, 3, 80), "x": rng.normal(size=80)})
    X.assign(target=np.where(X["code"] == 1, "a", "b")).to_csv(tmp_path / "two.csv", index=False)
    X.assign(target=X["x"] + (X["code"] == 1)).to_csv(tmp_path / "number.csv", index=False)
    (tmp_path / "codes.json").write_text('{"two": {"categorical": ["code"]}}')
    seen = []

    class Constant:
        def __init__(self, regression):
            self.regression = regression

        def fit(self, X, y):
            seen.append(X.dtypes["code"].name)
            self.classes_, self.mean_ = (None, y.mean()) if self.regression else (np.unique(y), 0)

        def predict(self, X):
            return np.full(len(X), self.mean_ if self.regression else self.classes_[-1])

        def predict_proba(self, X):
            return np.tile([0.25, 0.75], (len(X), 1))

    monkeypatch.setattr(tabular, "MODELS", {"skfnn": (Constant, None), "MLP*": (Constant, None)})
    monkeypatch.setattr(tabular, "CHART", tmp_path / "chart.json")
    files = [str(tmp_path / "two.csv"), str(tmp_path / "number.csv")]
    options = ["--splits", "2", "--results", str(tmp_path / "all.jsonl"), "--write",
               "--categories", str(tmp_path / "codes.json")]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["tabular.py", *files, *options])
    for _ in range(2):
        tabular.main()
        printed = capsys.readouterr().out
    assert seen == ["category"] * 4 + ["int64"] * 4  # each once
    assert "| MLP* | 1.000 (0.50) | 1.000 (0.50) | 1.000 (0.50) |" in printed
    chart = json.loads((tmp_path / "chart.json").read_text())
    assert chart["data"] == "2 data sets, 2 splits"
    assert chart["others"]["MLP*"]["error"] == pytest.approx(1)
    kept = pd.read_json(tmp_path / "all.jsonl", lines=True)
    two = kept[kept["data"] == "two"]
    errors = two.groupby("split")["error"].first()
    expected = pd.read_csv(files[0])["target"].eq("a").mean()
    np.testing.assert_allclose(errors, expected, atol=0.05)
    share = errors.to_numpy()
    np.testing.assert_allclose(
        two.groupby("split")["loss"].first(), -share * np.log(0.25) - (1 - share) * np.log(0.75)
    )


def test_a_public_table_is_read_as_published_and_given_plain_to_others(tmp_path):
    load("tabular")
    public = load("public")
    rows = ["day,kind,gone,y,rownames", *(f"2024-01-{i:02},{'ab'[i % 2]},{i},{'ny'[i % 2]},{i}"
                                          for i in range(1, 31))]  # fmt: skip
    (tmp_path / "one.csv").write_text("\n".join([*rows, "2024-02-01,?,0,rare,31"]))
    source = public.Source("", "one", "y", ("gone",), ("day",))
    name, X, y, regression = public.read(source, tmp_path)
    assert (name, list(X), regression) == ("one", ["day", "kind"], False)
    assert sorted(y.unique()) == ["n", "y"]  # a class of one row is left out
    seen = []

    class Model:
        def __init__(self, regression):
            assert not regression

        def fit(self, X, y):
            seen.append(X)

        def predict(self, X):
            seen.append(X)

    model = public.Plain(Model, False)
    model.fit(X[:20], y[:20]).predict(X[20:].assign(kind="new"))
    fitted, predicted = seen
    assert list(fitted) == ["x0", "x1"]
    np.testing.assert_allclose(np.diff(fitted["x0"]), 1)  # days
    assert list(fitted["x1"].cat.categories) == ["a", "b"]
    assert predicted["x1"].isna().all()
    assert predicted["x1"].dtype == fitted["x1"].dtype
