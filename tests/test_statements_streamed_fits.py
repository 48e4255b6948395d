"""What statements of streams mean, unit by unit: fits to sources, and fits that go on."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skfnn._engine.network.network import Network
from skfnn._engine.objective.targets import RegressionTarget
from skfnn.layers import CategoryEmbedding, CategoryStatistics, Linear, Scale
from skfnn.losses import Loss
from skfnn.preprocessing import TabularEncoder
from skfnn.tabular._fitted_numbers import FittedNumbers
from skfnn.tabular._fitted_numbers import Scale as Unit
from skfnn.tabular._ongoing import Ongoing, grown, table_source
from skfnn.tabular._portions import portion_size, portions
from skfnn.tabular._predictors import NetworkPredictor
from skfnn.tabular._recipes import RECIPES, Recipe
from skfnn.tabular._rows_in_files import given_back, held
from skfnn.tabular._sources import Block, Frames
from skfnn.tabular._stream import (
    Weigher,
)
from skfnn.tabular._streamed import How, Streamed
from skfnn.tabular._survey import Dealing, Sample

NONE = np.zeros(0)
SQUARED = Loss.resolve("squared_error", "loss").specialise("regression")
TARGET = RegressionTarget(1, True)


def fitted(encoder=None, spread=1.0):
    return FittedNumbers(encoder, TARGET, SQUARED, scale=Unit(0.0, spread, -99, 99), given_loss="x")


X = pd.DataFrame({"a": np.linspace(-1, 1, 60), "c": [f"c{i % 12:02}" for i in range(60)]})
DEALING = Dealing(4, 3, 3)


# ------------------------------------------------------------------ how a fit begins


def begun(n, n_parts, how=None, folds=None):
    folds = np.array([n]) if folds is None else folds
    found = SimpleNamespace(
        source=SimpleNamespace(n_parts=n_parts), sample=Sample([], folds),
        given=SimpleNamespace(y=np.zeros(n), weight=None), dealing=DEALING,
    )  # fmt: skip
    return Streamed(found, 3, how or How())


USUAL = {"max_iter": None, "batch_size": None, "dropout": None}


def test_an_epoch_has_a_share_of_rows_where_that_is_four_parts():
    recipe = Recipe()
    assert recipe.share(10**6) == 0.5
    assert begun(10**6, 8).share(USUAL, recipe) == 0.5
    assert begun(10**6, 7).share(USUAL, recipe) == 1.0
    assert begun(10**6, None).share(USUAL, recipe) == 1.0
    assert begun(10**6, 8).share({**USUAL, "max_iter": 3}, recipe) == 1.0


def test_a_stream_has_epochs_and_batches_for_all_its_rows():
    recipe = Recipe()
    assert recipe.epochs(10**6) == 15
    found = begun(10**6, 8).params(USUAL, recipe)
    assert found == {"max_iter": 15, "batch_size": 512, "dropout": None}
    assert begun(10**6, 7).params(USUAL, recipe)["max_iter"] == 8  # of all rows, half as many
    given = begun(10**6, 8).params({**USUAL, "max_iter": 5, "batch_size": 7}, recipe)
    assert (given["max_iter"], given["batch_size"]) == (5, 7)
    before = SimpleNamespace(sums=None, parts=())
    for how, epochs in (
        (How(before, adds=True), 2), (How(before), 5), (How(adds=True), 5), (How(), 5),
    ):  # fmt: skip
        params = {**USUAL, "max_iter": 5}
        assert begun(10**6, 8, how).params(params, recipe)["max_iter"] == epochs


def test_when_the_sample_are_all_rows():
    before = SimpleNamespace()
    assert begun(50, 1).complete
    assert begun(50, 1, How(before)).complete
    assert begun(50, 1, How(adds=True)).complete
    assert not begun(50, 1, How(before, adds=True)).complete
    assert not begun(50, 1, folds=np.array([60, 40])).complete
    assert begun(50, 1, folds=np.array([60, 40])).n_rows == 100


def model(**given):
    known = {"_kind": "regression", "validation_fraction": 0.2, "random_state": 3,
             "n_members": None, "_encoder": TabularEncoder}  # fmt: skip
    return SimpleNamespace(**{**known, **given})


def source(n, y=None):
    given = np.arange(float(n))
    return Frames([(0, (given[:, None], given if y is None else y, None, None))])


@pytest.mark.parametrize(
    ("n_members", "fraction", "n_folds"), [(1, 0.2, 5), (1, 0.9, 2), (1, 0.6, 2), (2, 0.2, 2),
                                           (3, 0.2, 3)]
)  # fmt: skip
def test_rows_are_dealt_to_as_many_folds_as_members(n_members, fraction, n_folds):
    recipe = Recipe(n_members=n_members, most_members=n_members)
    asked = model(validation_fraction=fraction)
    found = Streamed.of(asked, source(40), recipe, validated=False, how=How())
    seed = np.random.RandomState(3).randint(2**31)
    assert found.n_members == n_members
    assert found.survey.dealing == Dealing(seed, n_folds, n_members)
    found = Streamed.of(asked, source(40), recipe, validated=True, how=How())
    assert found.survey.dealing == Dealing(seed, n_folds, 0)


def test_targets_are_numbers_or_classes():
    recipe = Recipe()
    found = Streamed.of(model(), source(40), recipe, validated=False, how=How())
    assert found.survey.targets.labels.size == 0
    asked = model(_kind="classification")
    how = How(classes=["x", "y", "z"])
    found = Streamed.of(asked, source(40, np.array(["x", "y"] * 20)), recipe, validated=False,
                        how=how)  # fmt: skip
    assert found.survey.targets.labels.tolist() == ["x", "y", "z"]
    assert found.survey.targets.rows.tolist() == [20, 20, 0]


def test_a_fit_goes_on_from_what_is_known():
    recipe, asked = Recipe(), model(_kind="classification")
    y = np.array(["x", "y"] * 20)
    first = Streamed.of(asked, source(40, y), recipe, validated=False, how=How())
    before = SimpleNamespace(
        n_members=2, targets=first.survey.targets, dealing=DEALING, latest=lambda n: [],
        table=SimpleNamespace(encoder=first.survey.encoder),
    )  # fmt: skip
    for adds, rows in ((True, [25, 25]), (False, [5, 5])):
        again = Streamed.of(asked, source(10, y[:10]), recipe, validated=False,
                            how=How(before, adds=adds))  # fmt: skip
        assert again.n_members == 2
        assert again.survey.dealing is DEALING
        assert again.survey.targets.rows.tolist() == rows
    with pytest.raises(ValueError, match="cannot go on from 2 members"):
        Streamed.of(model(_kind="classification", n_members=5), source(40, y), recipe,
                    validated=False, how=How(before))  # fmt: skip
    with pytest.raises(ValueError, match="classes that the first call did not have"):
        Streamed.of(asked, source(2, np.array(["x", "q"])), recipe, validated=False,
                    how=How(before))  # fmt: skip
    assert RECIPES["ensemble"].members(40) == 5


def test_weights_and_folds_of_the_sample():
    found = begun(12, 1)
    assert found.weights(np.zeros(12)) is None
    block = Block(0, np.arange(12), X[:12], np.zeros(12))
    found.survey.sample.blocks.append(block)
    folds = found.folds(3, None)
    assert [fold.held.tolist() for fold in folds] == [
        np.flatnonzero(DEALING.folds(block) == i).tolist() for i in range(3)
    ]
    assert_array_equal(found.marks, DEALING.marks(block))
    few = begun(4, 1)
    few.survey.sample.blocks.append(Block(0, np.arange(4), X[:4], np.zeros(4)))
    assert [(f.number, f.rows.tolist(), f.held) for f in few.folds(2, None)] == [
        (0, [0, 1, 2, 3], None), (1, [0, 1, 2, 3], None)
    ]  # fmt: skip
    weighed = Streamed(found.survey, 3, How(), Weigher(2.0))
    assert weighed.weights(np.zeros(12)).tolist() == [0.5] * 12


# ------------------------------------------------------------------ what is kept


def ongoing(blocks, **given):
    return Ongoing(None, {}, None, None, 1, None, blocks, None, (), **given)


def test_the_last_2000_rows_are_kept_the_new_ones_among_them():
    frame = pd.DataFrame({"a": np.arange(1500.0)})
    blocks = [Block(i, np.arange(1500), frame, np.arange(1500.0)) for i in range(3)]
    kept = ongoing(blocks)
    assert [(b.part, b.position[0], len(b)) for b in kept.latest(0)] == [
        (1, 1000, 500), (2, 0, 1500)
    ]  # fmt: skip
    assert [(b.part, b.position[0], len(b)) for b in kept.latest(500)] == [(2, 0, 1500)]
    assert [(b.part, b.position[0], len(b)) for b in kept.latest(1999)] == [(2, 1499, 1)]
    assert kept.latest(2000) == kept.latest(5000) == []


def test_what_goes_on_are_the_members_that_count():
    network = Network([Linear(1)], 1, np.dtype(float), np.random.default_rng(0))
    made = fitted()
    found = FittedNumbers(
        None, TARGET, SQUARED, scale=made.scale, given_loss="x",
        predictors=[NetworkPredictor(network, None), NetworkPredictor(network, None), object()],
        leaderboard=[{"member": 1, "weight": 1.0}, {"member": 2, "weight": 0.0},
                     {"member": 3, "weight": 1.0}],
    )  # fmt: skip
    stream_ = SimpleNamespace(sums="sums", parts=frozenset([9, 4]))
    known = begun(12, 1)
    known.survey.targets = None
    known.survey.sample.blocks.append(Block(0, np.arange(12), X[:12], np.zeros(12)))
    kept = known.ongoing(made, SimpleNamespace(stream=stream_, columns="columns"), found)
    assert set(kept.networks) == {0, 2}
    assert (kept.n_members, kept.columns, kept.sums, kept.parts) == (3, "columns", "sums", (4, 9))
    assert [len(block) for block in kept.blocks] == [12]


def test_a_table_has_the_number_that_its_values_say():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]})
    hashes = pd.util.hash_pandas_object(frame, index=False)
    number = sum(map(int, hashes)) % 2**64 % 2**63
    for given in (frame, frame.set_axis([5, 9])):  # whatever the index is
        found = table_source(given, "y", "w", "g")
        assert found.parts == [(number, (given, "y", "w", "g"))]
    nested = pd.DataFrame({"a": [[1], [2]]})
    expected = pd.util.hash_pandas_object(nested.astype(str), index=False)
    ((found, _),) = table_source(nested.set_axis([3, 4]), None, None, None).parts
    assert found == sum(map(int, expected)) % 2**64 % 2**63
    empty = pd.DataFrame(index=[0, 1])
    ((found, given),) = table_source(empty, 1, 2, 3).parts
    assert found == 0
    assert given[0] is empty
    one = table_source(np.ones((2, 1)), None, None, None)
    assert one.parts[0][0] > 0


def network_of(*layers, n_inputs=3):
    return Network(list(layers), n_inputs, np.dtype(float), np.random.default_rng(len(layers)))


def test_levels_of_each_category_keep_their_vectors():
    old = network_of(CategoryEmbedding([2, 3], 2, start=1), Scale(), Linear(1))
    new = network_of(CategoryEmbedding([4, 5], 2, start=1), Scale(), Linear(1))
    rng = np.random.default_rng(0)
    old.values[...] = rng.normal(size=len(old.values))
    new.values[...] = 7.0
    found = grown(new, old)
    assert found is new
    before, after = old.views(old.values), new.views(new.values)
    for path, arrays in before.items():
        for name, array in arrays.items():
            there = after[path][name]
            if there.shape == array.shape:
                assert_array_equal(there, array)
                continue
            assert_array_equal(there[:2], array[:2])
            assert_array_equal(there[2:4], 0.0)
            assert_array_equal(there[4:7], array[2:5])
            assert_array_equal(there[7:], 0.0)


def test_tables_of_statistics_are_left_to_sums():
    old = network_of(CategoryStatistics([2], 2, start=1), Linear(1))
    new = network_of(CategoryStatistics([4], 2, start=1), Linear(1))
    old.state[...] = 5.0
    assert not grown(new, old).state.any()


@pytest.mark.parametrize(
    "layers",
    [
        [Linear(2), Linear(1)],  # another width
        [Linear(1)],  # fewer layers
        [CategoryStatistics([2], 2, start=1), Linear(1)],
    ],
)
def test_networks_of_another_kind_are_refused(layers):
    old = network_of(Linear(3), Linear(1))
    with pytest.raises(ValueError, match="now describe others"):
        grown(network_of(*map(clone, layers)), old)


# ------------------------------------------------------------------ rows in files, and portions


def test_rows_in_files_are_simple_objects():
    array = np.ones((2, 2))
    assert held(array) is array
    cells = np.array([["a", None], [np.nan, 3]], object)
    assert held(cells).tolist() == [["a", None], [None, 3]]
    assert held(cells).shape == (2, 2)
    frame = pd.DataFrame({("x", 1): [1.0, 2.0], ("y", 2): ["a", None]})
    frame.columns = pd.Index([("x", 1), ("y", 2)], tupleize_cols=False)
    back = given_back(held(frame))
    assert list(back.columns) == [("x", 1), ("y", 2)]
    assert not isinstance(back.columns, pd.MultiIndex)
    assert back.iloc[:, 0].tolist() == [1.0, 2.0]
    assert given_back(array) is array


def test_a_portion_is_of_a_row_at_least_and_all_come_before_one_comes_again():
    assert [portion_size(10, share) for share in (0.01, 0.24, 0.26, 1.0)] == [1, 2, 3, 10]
    rows = np.arange(3, 8)
    found = portions(rows, 2, np.random.default_rng(0))
    some = np.concatenate([next(found) for _ in range(5)])
    assert sorted(some[:5]) == sorted(some[5:]) == rows.tolist()
    rng = np.random.default_rng(0)
    assert sorted(next(portions(rows, 5, rng))) == rows.tolist()
    drawn = np.random.default_rng(0)
    drawn.permutation(5)
    assert_array_equal(rng.permutation(9), drawn.permutation(9))  # one order was drawn
