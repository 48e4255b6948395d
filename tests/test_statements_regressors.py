"""What statements mean that find out what X is, and of parameters and the regressor."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import get_tags

from skfnn import TabularFNNClassifier, TabularFNNRegressor
from skfnn._engine.objective.targets import RegressionTarget
from skfnn.tabular import _reading
from skfnn.tabular._cells import Part
from skfnn.tabular._fitted_numbers import FittedNumbers
from skfnn.tabular._followed import Given
from skfnn.tabular._pairs import CategoryPairs
from skfnn.tabular._reading import ReadsSources, _apart, _names_targets, _roles
from skfnn.tabular._sources import Frames, Roles

# ------------------------------------------------------------------ reading


def test_what_names_columns_of_targets():
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4], "y": [5, 6]})
    assert _names_targets("y", frame)
    assert _names_targets(["a", "y"], frame)
    assert _names_targets(["a", "b", "y"], frame)
    assert not _names_targets(["a", "z"], frame)  # labels
    assert not _names_targets(["a", 1], frame)
    assert not _names_targets([], frame)
    assert not _names_targets(np.array(["a", "b"]), frame)
    assert not _names_targets(None, frame)
    assert _names_targets(["a", "b"], "rows.csv")
    assert _names_targets(["a", "b"], ["1.csv", "2.csv"])
    assert _names_targets(["a", "b"], lambda: None)
    assert not _names_targets(["a", "b"], np.ones((2, 1)))
    assert not _names_targets(["a", "b"], [[1], [2]])


def test_roles_are_names_and_no_arrays():
    frame = pd.DataFrame({"a": [1], "y": [2]})
    assert _roles(Roles("y", "w", "g"), frame) == Roles("y", "w", "g")
    assert _roles(Roles([1], [1.0], np.ones(1)), frame) == Roles()


def test_columns_that_are_no_features_are_taken_apart():
    frame = pd.DataFrame({"a": [1], "y": [2], "w": [3], "g": [4]})
    given = Given(frame, "y", [9.0])
    found, groups = _apart(given, "groups", Roles("y"))
    assert list(found.X.columns) == ["a", "w", "g"]
    assert (found.weight, groups) == ([9.0], "groups")
    found, groups = _apart(given, "g", Roles("y", "w", "g"))
    assert (found.weight.tolist(), groups.tolist()) == ([3], [4])
    assert _apart(given, "groups", Roles()) == (given, "groups")


class Reader(ReadsSources, BaseEstimator):
    """An estimator that notes what it is to fit."""

    warm_start = refit = False
    cv = time_limit = blend = None
    is_fitted = False
    ongoing = None

    def __init__(self, **given):
        vars(self).update(given)
        self.calls = []

    def fit(self):
        """What scikit-learn asks for."""

    def __sklearn_is_fitted__(self):
        return self.is_fitted

    @property
    def _fitted(self):
        names = SimpleNamespace(_names=["a"])
        return SimpleNamespace(ongoing=self.ongoing, encoder=names)

    def _fit(self, *given, **known):
        self.calls.append(("table", given, known))
        return self

    def _fit_source(self, source, validation, groups, **how):
        self.calls.append((type(source).__name__, groups, how))
        return self


FRAME = pd.DataFrame({"a": [1.0, 2.0], "y": [3.0, 4.0]})
NOTHING = Given(None, None, None)
KNOWN = {"calibration_groups": (None, None), "offsets": (None, None)}


def test_a_table_is_fitted_as_it_is_and_a_source_part_by_part():
    own = Reader()
    own._fit_given(Given(FRAME, "y", None), NOTHING, np.ones(2), **KNOWN)
    ((kind, (given, validation, groups), known),) = own.calls
    assert (kind, validation, len(groups), known) == ("table", NOTHING, 2, KNOWN)
    assert given.y.tolist() == [3.0, 4.0]
    own = Reader()
    own._fit_given(Given(lambda: iter([]), "y", None), NOTHING, None, **KNOWN)
    assert own.calls == [("Called", (None, None), {"before": None, "keeps": False})]
    own = Reader(warm_start=True, ongoing="before", is_fitted=True)
    own._fit_given(Given(FRAME, "y", None), NOTHING, None, **KNOWN)
    assert own.calls == [("Frames", (None, None), {"before": "before", "keeps": True})]
    own = Reader(warm_start=True, ongoing="before")
    own._fit_given(Given(FRAME, "y", None), NOTHING, None, **KNOWN)
    assert own.calls[0][2] == {"before": None, "keeps": True}
    own = Reader(ongoing="before", is_fitted=True)
    own._fit_given(Given(lambda: iter([]), "y", None), NOTHING, None, **KNOWN)
    assert own.calls[0][2]["before"] is None


def test_going_on_takes_a_table_and_what_was_kept():
    own = Reader()
    own._go_on(Given(FRAME, "y", None), None, "classes")
    how = {"before": None, "keeps": True, "adds": True, "classes": "classes"}
    assert own.calls == [("Frames", (None, None), how)]
    own = Reader(ongoing="before", is_fitted=True)
    own._go_on(Given(FRAME, "y", None), None)
    assert own.calls[0][2]["before"] == "before"
    with pytest.raises(ValueError, match="an ordinary fit does not keep"):
        Reader(is_fitted=True)._go_on(Given(FRAME, "y", None), None)
    with pytest.raises(ValueError, match="partial_fit takes a table"):
        Reader()._go_on(Given(lambda: iter([]), "y", None), None)
    with pytest.raises(ValueError, match="refit=True"):
        Reader(refit=True)._go_on(Given(FRAME, "y", None), None)


def test_what_rows_that_come_part_by_part_cannot_have():
    asked = Roles(None, [1.0], "g")
    with pytest.raises(ValueError, match="sample_weight must be the name"):
        Reader()._refuse_arrays(asked, Roles(None, None, "g"), "Files")
    Reader()._refuse_arrays(Roles("y", None, "g"), Roles("y", None, "g"), "Files")
    for name in ("cv", "time_limit"):
        with pytest.raises(ValueError, match=f"{name}=3 is not available"):
            Reader(**{name: 3})._refuse(read="Files")
    Reader()._refuse(read="Files")
    Reader()._refuse(KNOWN, read="Files")
    for offsets in ((1, None), (None, 1)):
        with pytest.raises(ValueError, match="offset is not available"):
            Reader()._refuse({"offsets": offsets}, read="Files")
    with pytest.raises(ValueError, match="calibration_groups must be the name"):
        Reader()._refuse({"calibration_groups": ([1, 2], None)}, read="Files")
    Reader()._refuse({"calibration_groups": ([1, 2], [1])}, read="Files")  # of validation rows
    Reader()._refuse({"calibration_groups": ("g", None)}, read="Files")
    for given in ({"refit": True}, {"blend": "trees"}, {"blend": ["auto"]}):
        Reader(**given)._refuse(read="Files")
        for warm, read in ((True, "Files"), (False, "partial_fit")):
            with pytest.raises(ValueError, match="is not available with warm_start"):
                Reader(warm_start=warm, **given)._refuse(read=read)
    Reader(warm_start=True, blend="auto")._refuse(read="Files")
    Reader(warm_start=True)._refuse(read="partial_fit")


def test_members_hold_nothing_out_beside_validation_data(monkeypatch):
    seen = []

    def of(model, source, recipe, *, validated, how):
        seen.append((source, recipe, validated, how.keeps))
        return SimpleNamespace(given="sample")

    monkeypatch.setattr(_reading.Streamed, "of", of)
    own = Reader(_checked_recipe=lambda: "recipe")
    for X in (None, FRAME):
        ReadsSources._fit_source(own, "source", Given(X, None, None), "groups", keeps=True)
    assert seen == [("source", "recipe", False, True), ("source", "recipe", True, True)]
    assert [(kind, given[0], known["calibration_groups"]) for kind, given, known in own.calls] == [
        ("table", "sample", "groups")
    ] * 2  # fmt: skip


def sampled(before=None):
    """A stream whose sample is the frame, and an encoder with a schema."""
    schema = pd.DataFrame({"column": ["a"], "kind": ["number"]})
    encoder = SimpleNamespace(schema_=schema, transform=lambda X: np.ones((2, 1)))
    found = SimpleNamespace(
        survey=SimpleNamespace(encoder=encoder), given=Given(FRAME, [3.0, 4.0], None),
        how=SimpleNamespace(before=before), weights=lambda y: "weights",
    )  # fmt: skip
    fitted = FittedNumbers(encoder, RegressionTarget(1, True), "loss", scale=None, given_loss="x")
    found.begun, found.weighted = lambda model: (fitted, "y"), lambda target, given: found
    return found


def test_a_sample_is_encoded_and_its_columns_told(capsys):
    own = Reader(
        _check_y=lambda y, n: None, _balanced=lambda loss, y, weight: loss,
        _validation=lambda fitted, given: "validation",
        _directed=lambda fitted: replace(fitted, directions=(1,)),
    )  # fmt: skip
    for verbose, told in ((0, ""), (1, ""), (2, "column   kind\n     a number\n")):
        own.verbose = verbose
        found, _ = own._encoded_stream(sampled(), NOTHING)
        assert capsys.readouterr().out == told
    assert found.fitted.directions == (1,)
    assert (found.y, found.weight, found.validation) == ("y", "weights", "validation")
    own.verbose = 0
    again, _ = own._encoded_stream(sampled("before"), NOTHING)
    assert again.fitted.directions == ()  # they are those of before


def test_what_a_fit_to_a_source_leaves():
    fitted = sampled().begun(None)[0]
    fitted = replace(fitted, oof_prediction="all")
    task = SimpleNamespace(networks=SimpleNamespace(task="task"), table=SimpleNamespace(fitted=1))
    for complete, keeps in ((True, False), (False, True)):
        given = SimpleNamespace(complete=complete, how=SimpleNamespace(keeps=keeps),
                                ongoing=lambda *given: "ongoing")  # fmt: skip
        found = Reader()._streamed(fitted, given, task)
        assert found.oof_prediction == ("all" if complete else None)
        assert found.ongoing == ("ongoing" if keeps else None)


def test_columns_of_predictions_have_names():
    found = {
        "predict": [1.0, 2.0],
        "predict_interval": [[1, 2], [3, 4]],
        "predict_quantiles": [[1, 2], [3, 4]],
        "predict_proba": [[0.1, 0.2, 0.7]] * 2,
    }

    def of(method, value=None, **given):
        own = Reader(**{method: lambda X: found[method] if value is None else value}, **given)
        return own._named_predictions(FRAME, method)

    assert list(of("predict").columns) == ["predict"]
    assert list(of("predict_interval").columns) == ["low", "high"]
    assert list(of("predict_interval", classes_=[0, 1]).columns) == ["low", "high"]
    assert list(of("predict_quantiles").columns) == ["0", "1"]
    assert list(of("predict_proba", classes_=["x", "y", "z"]).columns) == ["x", "y", "z"]
    assert list(of("predict_proba", classes_=["x", "y"]).columns) == ["0", "1", "2"]
    several = of("predict_interval", np.arange(12).reshape(2, 3, 2))
    assert list(several.columns) == ["0_low", "0_high", "1_low", "1_high", "2_low", "2_high"]
    assert several.to_numpy().tolist() == np.arange(12).reshape(2, 6).tolist()
    several = of("predict_quantiles", np.arange(12).reshape(2, 3, 2))
    assert list(several.columns) == ["0_0", "0_1", "1_0", "1_1", "2_0", "2_1"]
    seen = []
    own = Reader(predict=lambda X: (seen.append(X), [0.0, 0.0])[1])
    own._named_predictions(FRAME, "predict")
    own._named_predictions(FRAME[["y"]], "predict")
    assert [list(X.columns) for X in seen] == [["a"], ["a"]]


def test_predictions_of_all_tables_are_written(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    own = Reader(predict=lambda X: X["a"] * 2, is_fitted=True)
    own.write_predictions(lambda: iter([FRAME, FRAME]), tmp_path / "p.parquet")
    found = parquet.read_table(tmp_path / "p.parquet")
    assert found.column_names == ["predict"]
    assert found["predict"].to_pylist() == [2.0, 4.0, 2.0, 4.0]
    own.write_predictions(lambda: iter([]), tmp_path / "none.parquet")
    assert not (tmp_path / "none.parquet").exists()


# ------------------------------------------------------------------ parameters


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("n_members", [1, None], [0]), ("hidden_layer_sizes", [1, (3,)], [0]),
        ("max_iter", [1], [0]), ("batch_size", [1], [0]),
        ("learning_rate_init", [0.5, 1e-9], [0.0]), ("dropout", [0.0, 0.5, 0.99], [1.0, -0.1]),
        ("weight_decay", [0.0, 0.5], [-0.1]), ("validation_fraction", [0.01, 0.99], [0.0, 1.0]),
        ("time_limit", [0.5], [0.0]),
    ],
)  # fmt: skip
def test_parameters_at_their_ends(name, good, bad):
    for value in good:
        TabularFNNRegressor(**{name: value})._validate_params()
        TabularFNNClassifier(**{name: value})._validate_params()
    for value in bad:
        with pytest.raises(ValueError, match=f"'{name}'"):
            TabularFNNRegressor(**{name: value})._validate_params()


# ------------------------------------------------------------------ the regressor


def test_how_a_fit_of_numbers_begins():
    begun = TabularFNNRegressor()._begun
    fitted, y = begun("encoder", np.array([1, 3, 5]), None)
    assert (fitted.encoder, fitted.target.n_outputs, fitted.adaptive) == ("encoder", 1, True)
    assert y.tolist() == [-np.sqrt(1.5), 0.0, np.sqrt(1.5)]
    with pytest.warns(DataConversionWarning):
        fitted, y = begun(None, np.array([[1.0], [3.0]]), None)
    assert y.shape == (2,)
    fitted, y = begun(None, np.array([[1.0, 2.0, 1.0], [3.0, 0.0, 2.0]]), None)
    assert (fitted.target.n_outputs, y.shape) == (3, (2, 3))
    fitted, y = begun(None, np.array([[1.0, 4.0]]), None)
    assert y.shape == (1, 2)
    with pytest.raises(ValueError, match="not a loss of numbers"):
        TabularFNNRegressor(loss="log_loss")._begun(None, np.ones(3), None)


def test_targets_of_rows_that_count_are_in_the_range_of_the_loss():
    begun = TabularFNNRegressor(loss="poisson")._begun
    y = np.array([1.0, 2.0, -1.0])
    begun(None, y, np.array([1.0, 1.0, 0.0]))
    for weight in (None, np.array([1.0, 1.0, 0.5])):
        with pytest.raises(ValueError, match="loss='poisson' needs y"):
            begun(None, y, weight)


def test_widths_are_learned_where_there_is_no_distribution():
    y = np.arange(5.0)
    for loss, width, adaptive in (
        ("squared_error", "adaptive", True),
        ("squared_error", "equal", False),
        ("gaussian", "adaptive", False),
    ):
        fitted, _ = TabularFNNRegressor(loss=loss, interval_width=width)._begun(None, y, None)
        assert fitted.adaptive == adaptive
    with pytest.raises(ValueError, match="interval_width='equal' has no effect"):
        TabularFNNRegressor(loss="gaussian", interval_width="equal")._begun(None, y, None)
    assert get_tags(TabularFNNRegressor()).target_tags.multi_output


def test_predictions_with_and_without_their_deviations():
    X = np.random.default_rng(0).normal(size=(40, 1))
    model = TabularFNNRegressor(
        loss="gaussian", n_members=2, max_iter=2, random_state=0, blend=None
    )
    model.fit(X, X[:, 0])
    mean, std = model.predict(X, return_std=True)
    assert_array_equal(model.predict(X), mean)
    assert std.shape == mean.shape == (40,)


# ------------------------------------------------------------------ what 0.2.0 saved


def test_pairs_of_0_2_0_are_cells():
    saved = CategoryPairs()
    saved.places = [slice(2, 3), slice(3, 4), slice(6, 9)]
    saved.n_coded, saved.pairs = 2, [(0, 2), (1, 0)]
    saved.keys = [np.array([5, 9]), np.array([3])]
    found = saved.columns()
    assert found.behind == 4
    one, other = found.told
    assert [(part.form, part.place) for part in one.parts] == [
        ("code", slice(2, 3)), ("levels", slice(6, 9))
    ]  # fmt: skip
    assert [part.form for part in other.parts] == ["code", "code"]
    assert (one.table.keys.tolist(), one.table.codes.tolist()) == ([5, 9], [1, 2])
    saved.pairs, saved.keys = [], []
    assert saved.columns().behind == 0
    assert Part(0, "code", slice(2, 3)).place == slice(2, 3)
    assert Frames([]).n_parts == 0
