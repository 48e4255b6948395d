"""What single statements of search spaces and of distillation mean."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse, stats
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skfnn.model_selection import (
    Choice,
    LayerSizes,
    ZeroOr,
    _from_trial,
    _stacked,
    _Told,
    distill,
    param_distributions,
    suggest,
)
from skfnn.optimizers import SGD, AdamW
from skfnn.tabular._search import space

# ------------------------------------------------------------------ search spaces


class Trial:
    """Notes what it is asked for, and answers by the lowest, the first, or what it is told."""

    def __init__(self, **answers):
        self.asked, self.answers = {}, answers

    def suggest_categorical(self, name, values):
        self.asked[name] = values
        return self.answers.get(name, values[0])

    def suggest_int(self, name, low, high):
        self.asked[name] = low, high
        return self.answers.get(name, low)

    def suggest_float(self, name, low, high, log):
        self.asked[name] = low, high, log
        return self.answers.get(name, low)


def test_sizes_have_a_first_a_last_and_one_for_all_between():
    sizes = LayerSizes(4, 9)
    assert repr(sizes) == "LayerSizes(max_layers=4, max_units=9)"
    assert (sizes.layers.support(), sizes.units.support()) == ((1, 4), (1, 9))
    units = {"s_first": 7, "s_middle": 5, "s_last": 3}
    for n, expected in ((1, (7,)), (2, (7, 3)), (3, (7, 5, 3)), (4, (7, 5, 5, 3))):
        trial = Trial(s_n_layers=n, **units)
        assert sizes.suggest(trial, "s") == expected
        assert trial.asked["s_n_layers"] == (1, 4)
        names = ["s_first", "s_last", "s_middle"][: min(n, 3)]
        assert list(trial.asked) == ["s_n_layers", *names]
        assert trial.asked["s_first"] == (1, 9)
    drawn = [sizes.rvs(np.random.RandomState(seed)) for seed in range(50)]
    assert {len(d) for d in drawn} == {1, 2, 3, 4}
    assert all(len(set(d[1:-1])) <= 1 for d in drawn)
    assert any(len(set(d)) == 3 for d in drawn)  # drawn each by itself
    assert {type(unit) for d in drawn for unit in d} == {int}


def test_zero_is_as_likely_as_any_other():
    zero = ZeroOr(stats.uniform(0.25, 0.5))
    assert repr(zero) == "ZeroOr(uniform, 0.25, 0.75)"
    rng = np.random.RandomState(0)
    drawn = np.array([zero.rvs(rng) for _ in range(200)])
    assert 70 < (drawn == 0).sum() < 130
    used = drawn[drawn != 0]
    assert 0.25 <= used.min() < used.max() <= 0.75
    trial = Trial(rate_used=False)
    assert zero.suggest(trial, "rate") == 0
    assert trial.asked == {"rate_used": [True, False]}
    trial = Trial(rate_used=True, rate=0.3)
    assert zero.suggest(trial, "rate") == 0.3
    assert trial.asked["rate"] == (0.25, 0.75, False)


def test_a_choice_has_probabilities():
    choice = Choice({"a": 0.9, "b": 0.1, "c": 0.0})
    drawn = [choice.rvs(np.random.RandomState(seed)) for seed in range(100)]
    assert drawn.count("c") == 0
    assert drawn.count("a") > 75 > 25 > drawn.count("b") > 0
    trial = Trial(kind="b")
    assert choice.suggest(trial, "kind") == "b"
    assert trial.asked["kind"] == ["a", "b", "c"]


def support(space, name):
    values = space[name]
    values = getattr(values, "distribution", values)
    return values.dist.name.replace("reciprocal", "loguniform"), *values.support()


def test_the_space_of_plain_networks():
    space = param_distributions()
    assert list(space) == ["solver", "alpha", "hidden_layer_sizes", "dropout",
                           "learning_rate_init", "solver__weight_decay"]  # fmt: skip
    assert repr(space["solver"]) == repr([AdamW()])
    assert space["alpha"] == [0]
    assert repr(space["hidden_layer_sizes"]) == "LayerSizes(max_layers=8, max_units=512)"
    assert support(space, "dropout") == ("uniform", 0, 0.5)
    assert support(space, "learning_rate_init") == ("loguniform", 1e-5, 1e-2)
    assert support(space, "solver__weight_decay") == ("loguniform", 1e-6, 1e-3)
    assert isinstance(space["dropout"], ZeroOr)
    assert isinstance(space["solver__weight_decay"], ZeroOr)
    few = param_distributions(max_units=1)["hidden_layer_sizes"]
    assert repr(few) == "LayerSizes(max_layers=8, max_units=1)"


def test_the_space_of_realmlp():
    space = param_distributions("realmlp")
    assert space["hidden_layer_sizes"].probabilities == {
        (256, 256, 256): 0.6, (64,) * 5: 0.2, (512,): 0.2
    }  # fmt: skip
    assert space["dropout"].probabilities == {0.0: 0.3, 0.15: 0.5, 0.3: 0.2}
    assert space["label_smoothing"].probabilities == {0.0: 0.3, 0.1: 0.7}
    assert support(space, "learning_rate_init") == ("loguniform", 1e-4, 1e-2)
    assert space["solver__beta_2"] == [0.95]
    assert space["solver__weight_decay"] == [0.0, 0.02]
    assert space["activation"] == ["relu", "selu", "mish"]
    capped = param_distributions("realmlp", max_units=64)["hidden_layer_sizes"].probabilities
    assert capped == {(64, 64, 64): 0.6, (64,) * 5: 0.2, (64,): 0.2}
    numbers = param_distributions("realmlp", task="regression")
    assert "label_smoothing" not in numbers


def test_the_space_of_the_cocktail():
    space = param_distributions("cocktail", "network")
    assert space["network__hidden_layer_sizes"] == [(512,) * 9]
    assert support(space, "network__dropout") == ("uniform", 0, 0.8)
    assert support(space, "network__solver__weight_decay") == ("loguniform", 1e-5, 1e-1)
    assert space["network__learning_rate_init"] == [1e-3]
    assert space["network__skip_connections"] == [False, True]
    assert space["network__batch_norm"] == [None, "before"]
    few = param_distributions("cocktail", "network__", max_units=3)
    assert few["network__hidden_layer_sizes"] == [(3,) * 9]


def test_bad_requests():
    for wrong in ({"kind": "mlpp"}, {"kind": None}, {"task": "clustering"}, {"max_units": 0},
                  {"max_units": 0.5}):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(wrong))):
            param_distributions(**wrong)
    assert param_distributions("tabular", task="regression", max_units=1)


def test_the_space_of_tables_is_theirs_and_capped_where_it_is_asked_for():
    for given, most in ((8, 8), (None, 10**6)):
        found = param_distributions("tabular", max_units=given)["hidden_layer_sizes"]
        assert repr(found) == repr(space("classification", most)["hidden_layer_sizes"])
    assert repr(space("classification", 8)["hidden_layer_sizes"]) != repr(found)


def test_a_trial_is_asked_within_the_bounds():
    trial = Trial()
    space = {
        "one": ["only"], "some": (1, 2), "whole": stats.randint(2, 6),
        "even": stats.uniform(1, 2), "log": stats.loguniform(1e-3, 1),
    }  # fmt: skip
    assert suggest(trial, space) == {"one": "only", "some": 1, "whole": 2, "even": 1, "log": 1e-3}
    assert trial.asked == {"some": [1, 2], "whole": (2, 5), "even": (1, 3, False),
                           "log": (1e-3, 1, True)}  # fmt: skip
    for wrong in (stats.norm(), 3, "text"):
        with pytest.raises(ValueError, match="name must be a list, or uniform"):
            _from_trial(trial, "name", wrong)


def test_objects_go_by_their_text_and_come_back_as_copies():
    given = [SGD(), AdamW(weight_decay=0.5)]
    trial = Trial(solver=repr(given[1]))
    found = _from_trial(trial, "solver", given)
    assert trial.asked["solver"] == [repr(part) for part in given]
    assert found is not given[1]
    assert repr(found) == repr(given[1])
    odd = [(1, [2]), (3, [4])]  # no estimators
    assert _from_trial(Trial(kind=repr(odd[1])), "kind", odd) == odd[1]
    alone = _from_trial(Trial(), "solver", given[:1])
    assert alone is not given[0]


# ------------------------------------------------------------------ distillation


class Teacher(ClassifierMixin, BaseEstimator):
    """Says of each row that the class is the first one, by the first column."""

    def fit(self, X, y):
        self.classes_, self.n_ = np.unique(y), len(y)
        return self

    def predict(self, X):
        return self.classes_[np.zeros(len(X), int)]

    def predict_proba(self, X):
        p = np.asarray(X)[:, 0]
        rest = (1 - p) / (len(self.classes_) - 1)
        return np.column_stack([p, *[rest] * (len(self.classes_) - 1)])


class Student(ClassifierMixin, BaseEstimator):
    def fit(self, X, y, **more):
        self.X_, self.y_, self.more_ = X, y, more
        return self


class Sure(RegressorMixin, BaseEstimator):
    """Predicts the first column, and the second as the standard deviation."""

    def fit(self, X, y):
        self.n_ = len(y)
        return self

    def predict(self, X, return_std=False):
        X = np.asarray(X)
        return (X[:, 0], X[:, 1]) if return_std else X[:, 0]


class NumberStudent(RegressorMixin, BaseEstimator):
    fit = Student.fit


P = np.array([[0.8], [0.6], [0.4], [0.2]])
LABELS = np.array(["a", "b", "a", "b"])


def test_probabilities_are_mixed_with_labels():
    student = distill(Teacher(), Student(), P, LABELS, cv=2)  # by half
    assert_allclose(student.y_["a"], [0.9, 0.3, 0.7, 0.1])
    assert_allclose(student.y_["b"], [0.1, 0.7, 0.3, 0.9])
    quarter = distill(Teacher(), Student(), P, LABELS, cv=2, share=0.25)
    assert_allclose(quarter.y_["a"], [0.95, 0.15, 0.85, 0.05])
    whole = distill(Teacher(), Student(), P, LABELS, cv=2, share=1)
    assert_allclose(whole.y_["a"], P[:, 0])
    none = distill(Teacher(), Student(), P, LABELS, cv=2, share=0)
    assert none.y_.tolist() == LABELS.tolist()  # as sure as y
    assert none.X_ is P
    for wrong in (-0.01, 1.01):
        with pytest.raises(ValueError, match=r"share must be in \[0, 1\]"):
            distill(Teacher(), Student(), P, LABELS, share=wrong)


def test_what_does_not_sum_to_one_is_made_to():
    class Careless(Teacher):
        def predict_proba(self, X):
            return 3 * super().predict_proba(X)

    found = distill(Careless(), Student(), P / 4, LABELS, cv=2, share=1).y_
    assert_allclose(found["a"], P[:, 0] / 4)


def test_a_few_unsure_rows_are_enough_for_probabilities():
    sure = np.array([[1.0], [0.0], [1.0], [0.5]])
    found = distill(Teacher(), Student(), sure, LABELS, cv=2, share=1).y_
    assert_allclose(found["a"], [1, 0, 1, 0.5])


def test_rows_without_targets_are_the_teachers_alone():
    more = np.array([[0.3], [0.9]])
    student = distill(Teacher(), Student(), P, LABELS, cv=2, X_unlabeled=more)
    assert_allclose(student.y_["a"], [0.9, 0.3, 0.7, 0.1, 0.3, 0.9])
    assert_array_equal(student.X_, np.concatenate([P, more]))
    told = _Told(Teacher(), P, more, cv=2, n_jobs=None)
    assert told.shares(4, 0.25).tolist() == [0.25] * 4 + [1, 1]
    assert _Told(Teacher(), P, None, cv=2, n_jobs=None).shares(2, 1).tolist() == [1, 1]


def test_numbers_are_mixed_with_predictions():
    student = distill(Sure(), NumberStudent(), P, [1, 2, 3, 4], share=0.25, cv=2)
    assert_allclose(student.y_, 0.25 * P[:, 0] + 0.75 * np.arange(1, 5))


def test_each_row_stands_for_three_where_the_spread_is_told():
    rows = np.array([[1.0, 0.1], [2.0, 0.2], [3.0, 0.3], [4.0, 0.4]])
    y, more = [1.5, 2.5, 3.5, 4.5], np.array([[7.0, 2.0]])
    for student, lead in ((NumberStudent(), ""), (make_pipeline(
        "passthrough", "passthrough", NumberStudent()), "numberstudent__")):  # fmt: skip
        found = distill(Sure(), student, rows, y, share=0.25, cv=2, spread=True, X_unlabeled=more)
        found = found if not lead else found[-1]
        assert_allclose(found.y_, [1.5, 2.5, 3.5, 4.5, 7, 0.9, 1.8, 2.7, 3.6, 5, 1.1, 2.2, 3.3,
                                   4.4, 9])  # fmt: skip
        weights = [0.75] * 4 + [0] + ([0.125] * 4 + [0.5]) * 2
        assert list(found.more_) == ["sample_weight"]
        assert_allclose(found.more_["sample_weight"], weights)
        assert_array_equal(found.X_, np.tile(np.concatenate([rows, more]), (3, 1)))
    with pytest.raises(ValueError, match="spread=True is for regressors"):
        distill(Teacher(), Student(), P, LABELS, spread=True)
    with pytest.raises(ValueError, match="spread=True needs one target"):
        distill(Sure(), NumberStudent(), rows, np.ones((4, 1)), spread=True)


def test_the_three_of_a_row_stay_in_one_fold_of_a_table():
    class Members(NumberStudent):
        n_members = 3

    rows = np.array([[1.0, 0.1], [2.0, 0.2]])
    found = distill(Sure(), Members(), rows, [1.0, 2.0], cv=2, spread=True)
    assert found.more_["groups"].tolist() == [0, 1] * 3


def test_rows_stand_below_others():
    frame = pd.DataFrame({"a": [1], "b": ["x"]}, index=[7])
    found = _stacked(frame, np.array([[2, "y"]], dtype=object))
    assert found.to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}
    assert found.index.tolist() == [0, 1]
    both = _stacked(sparse.csr_array(np.eye(2)), sparse.csr_array(np.eye(2)))
    assert_array_equal(both.toarray(), np.tile(np.eye(2), (2, 1)))
    assert both.format == "csr"


def test_five_folds_tell_what_a_teacher_has_not_seen():
    seen = []

    class Counting(LinearRegression):
        def fit(self, X, y):
            seen.append(len(X))
            return super().fit(X, y)

    X = np.arange(20.0).reshape(20, 1)
    distill(Counting(), NumberStudent(), X, X[:, 0])
    assert seen == [16] * 5
    distill(Counting(), NumberStudent(), X, X[:, 0], cv=4, X_unlabeled=X[:3])
    assert seen[5:] == [15] * 4 + [20]
    scaled = make_pipeline(StandardScaler(), LinearRegression())
    distill(scaled, NumberStudent(), X, X[:, 0])
    assert not hasattr(scaled[-1], "coef_")  # stays as it is
