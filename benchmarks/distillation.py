"""Distillation: how much of a slow teacher's gain a small student keeps.

The teacher is CatBoost with 1,000 trees, or an ensemble of TabularFNN*. A student is fitted plainly
on y, and by ``distill`` on the teacher's out-of-fold predictions mixed with y. Scores are on rows
that none has seen: R2 of numbers; of classes the saved share of the log-loss that class frequencies
have. What is kept is the gain of the distilled student over the plain one, as a share of the gain
of the teacher.

    OPENBLAS_NUM_THREADS=1 python benchmarks/distillation.py --csv churn.csv:Exited houses.csv:price

With ``--unlabeled`` students are also told what the teacher says of three times as many rows, whose
targets nobody knows. A CSV file has a header; the target's column stands behind the colon.
"""

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn import FNNClassifier, FNNRegressor, TabularFNNClassifier, TabularFNNRegressor
from skfnn.export import to_onnx
from skfnn.model_selection import distill
from skfnn.preprocessing import TabularEncoder

warnings.simplefilter("ignore")


FITTED: dict = {}
N_TEST = 3000


class CatBoost(BaseEstimator):
    """CatBoost with 1,000 trees, which takes columns that are no numbers as categories."""

    def __init__(self, classes=True, seed=0):
        self.classes = classes
        self.seed = seed

    def fit(self, X, y):
        """Fit, or take what was fitted on these rows before."""
        key = self.seed, hash(tuple(X.index)), len(X), tuple(X)
        if key not in FITTED:  # the same folds for all students
            FITTED[key] = self._fitted(X, y)
        self.model_ = FITTED[key]
        self.classes_ = self.model_.classes_ if self.classes else None
        return self

    def _fitted(self, X, y):
        import catboost

        names = [c for c in X if not pd.api.types.is_numeric_dtype(X[c])]
        cls = catboost.CatBoostClassifier if self.classes else catboost.CatBoostRegressor
        model = cls(iterations=1000, random_seed=self.seed, cat_features=names,
                    verbose=False, thread_count=1, allow_writing_files=False)  # fmt: skip
        return model.fit(X, y)

    def predict(self, X):
        """Return labels or numbers."""
        return np.ravel(self.model_.predict(X))

    def predict_proba(self, X):
        """Return probabilities."""
        return self.model_.predict_proba(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier" if self.classes else "regressor"
        return tags


def ensemble(classes, seed):
    """Return an ensemble of networks."""
    cls = TabularFNNClassifier if classes else TabularFNNRegressor
    return cls(random_state=seed)


def small(classes, seed):
    """Return one small network behind an encoder."""
    cls = FNNClassifier if classes else FNNRegressor
    network = cls((64, 64), early_stopping=True, scoring="loss", n_iter_no_change=20, max_iter=300,
                  learning_rate_init=0.003, random_state=seed)  # fmt: skip
    if not classes:
        network = TransformedTargetRegressor(network, transformer=StandardScaler())
    return make_pipeline(TabularEncoder(max_one_hot=np.inf), network)


def single(classes, seed):
    """Return an estimator for tables with a single network."""
    cls = TabularFNNClassifier if classes else TabularFNNRegressor
    return cls(n_members=1, random_state=seed)


TEACHERS = {"catboost": CatBoost, "ensemble": ensemble}
STUDENTS = {"small": small, "single": single}


def score(model, X, y, classes):
    """Return a score of which 1 is the best and 0 what needs no columns."""
    if not classes:
        return r2_score(y, np.asarray(model.predict(X)).ravel())
    frequencies = pd.Series(y).value_counts(normalize=True)
    p0 = np.tile(frequencies[model.classes_].to_numpy(), (len(y), 1))
    labels = list(model.classes_)
    return 1 - log_loss(y, model.predict_proba(X), labels=labels) / log_loss(y, p0, labels=labels)


def milliseconds_a_row(model, X):
    """Return the median time of the prediction of a single row."""
    rows = [X.iloc[[i % len(X)]] for i in range(60)]
    took = []
    for row in rows:
        started = time.perf_counter()
        model.predict(row)
        took.append(time.perf_counter() - started)
    return 1e3 * float(np.median(took))


def onnx_milliseconds(model, X):
    """Return the median time of a single row of the exported student, by onnxruntime."""
    import onnxruntime

    final = model
    if hasattr(model, "steps") and hasattr(model[-1], "regressor_"):
        return float("nan")  # targets are scaled outside of the network
    path = Path(tempfile.mkdtemp()) / "student.onnx"
    path.write_bytes(to_onnx(final).SerializeToString())
    session = onnxruntime.InferenceSession(str(path))
    row = X.iloc[[0]]
    given = {}
    for tensor in session.get_inputs():
        column = row[tensor.name]
        text = tensor.type == "tensor(string)"
        given[tensor.name] = (
            column.astype(str if text else float).to_numpy(object if text else float).reshape(-1, 1)
        )
    took = []
    for _ in range(60):
        started = time.perf_counter()
        session.run(None, given)
        took.append(time.perf_counter() - started)
    return 1e3 * float(np.median(took))


def table(given, n_rows, seed):
    """Return rows to train on, rows whose target nobody is told, and rows to test by."""
    path, _, target = given.rpartition(":")
    frame = pd.read_csv(path).dropna(subset=[target])
    if len(frame) > 4 * n_rows + N_TEST:
        frame = frame.sample(4 * n_rows + N_TEST, random_state=seed)
    y = frame.pop(target)
    classes = y.dtype.kind not in "fi" or y.nunique() <= 20
    for name in frame:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "missing").map(str)
    X, X_test, y, y_test = train_test_split(
        frame, y.to_numpy(), test_size=min(N_TEST, len(frame) // 3), random_state=seed,
        stratify=y if classes else None,
    )  # fmt: skip
    X, more, y, _ = train_test_split(
        X, y, train_size=n_rows, random_state=seed, stratify=y if classes else None
    )
    return classes, X, more, X_test, y, y_test


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", nargs="+", required=True)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--share", type=float, default=0.7)
    parser.add_argument("--unlabeled", action="store_true")
    parser.add_argument("--cv", type=int, default=5)
    parser.add_argument("--teachers", nargs="+", default=["catboost"], choices=TEACHERS)
    parser.add_argument("--students", nargs="+", default=list(STUDENTS), choices=STUDENTS)
    args = parser.parse_args()
    found = []
    for seed in args.seeds:
        for given in args.csv:
            FITTED.clear()
            classes, X, more, X_test, y, y_test = table(given, args.rows, seed)
            for teacher_name in args.teachers:
                teacher = TEACHERS[teacher_name](classes, seed)
                of_teacher = score(clone(teacher).fit(X, y), X_test, y_test, classes)
                for name in args.students:
                    student = STUDENTS[name](classes, seed)
                    plain = score(clone(student).fit(X, y), X_test, y_test, classes)
                    fitted = distill(
                        teacher,
                        student,
                        X,
                        y,
                        share=args.share,
                        cv=args.cv,
                        X_unlabeled=more if args.unlabeled else None,
                    )
                    row = {
                        "file": Path(given).name, "seed": seed, "teacher": teacher_name,
                        "student": name, "plain": plain, "of_teacher": of_teacher,
                        "distilled": score(fitted, X_test, y_test, classes),
                        "ms": milliseconds_a_row(fitted, X_test),
                    }  # fmt: skip
                    if seed == args.seeds[0]:
                        try:
                            row["onnx_ms"] = onnx_milliseconds(fitted, X_test)
                        except Exception as error:  # said in the table
                            print(f"{given}: no ONNX: {error}")
                    found.append(row)
                    print({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()},
                          flush=True)  # fmt: skip
    frame = pd.DataFrame(found)
    for (teacher, student), part in frame.groupby(["teacher", "student"]):
        mean = part.groupby("file")[["plain", "of_teacher", "distilled", "ms"]].mean()
        print(f"\n{teacher} -> {student}\n{mean.round(4)}")
        plain, best, ours = (
            mean["plain"].mean(),
            mean["of_teacher"].mean(),
            mean["distilled"].mean(),
        )
        print(f"kept on the mean: {(ours - plain) / (best - plain):.2f} of {best - plain:.4f}")


if __name__ == "__main__":
    main()
