"""What statements mean that prepare a table, and of small networks and those of the mean."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skfnn import TabularFNNRegressor
from skfnn._engine.following.history import History
from skfnn._engine.objective.targets import ClassTarget, RegressionTarget
from skfnn.losses import LogLoss, Loss
from skfnn.preprocessing import TabularEncoder
from skfnn.tabular import _mean_networks, _preparation, _small_networks
from skfnn.tabular._candidates import Networks, UnfitError
from skfnn.tabular._cells import CellColumns, Part
from skfnn.tabular._fitted_classes import FittedClasses
from skfnn.tabular._fitted_numbers import FittedNumbers, Scale
from skfnn.tabular._folds import Fold, Wishes
from skfnn.tabular._mean_networks import MeanNetworks, SquaredErrors, mean_networks, told
from skfnn.tabular._members import Member
from skfnn.tabular._preparation import Seeds, Table, levels, prepare, task_of
from skfnn.tabular._recipes import RECIPES
from skfnn.tabular._small_networks import (
    KINDS,
    Kind,
    SmallInputs,
    SmallNetworks,
    SmallPredictor,
    small_networks,
)

ENCODERS = {}


def encoder_of(columns):
    """An encoder of so many numbers."""
    if columns not in ENCODERS:
        X = np.random.default_rng(0).normal(size=(40, columns))
        ENCODERS[columns] = TabularEncoder().fit(X)
    return ENCODERS[columns]


def table(n=60, loss="gaussian", *, columns=1, k=1, weight=None, validation=None, encoder=None,
          A=None):  # fmt: skip
    rng = np.random.default_rng(1)
    loss = Loss.resolve(loss, "loss").specialise("regression")
    y = rng.normal(size=n) if k == 1 else rng.normal(size=(n, k))
    unit = Scale(np.zeros(k)[0] if k == 1 else np.zeros(k), 2.0, -9.0, 9.0)
    encoder = encoder_of(columns) if encoder is None else encoder
    fitted = FittedNumbers(encoder, RegressionTarget(k, k == 1), loss, scale=unit, given_loss="x")
    A = rng.normal(size=(n, columns)).astype(np.float32) if A is None else A
    return Table(fitted, A, y, weight, validation)


def prepared(n=60, recipe="ensemble", wishes=None, of=None, **params):
    params = TabularFNNRegressor(**{"random_state": 0, **params}).get_params()
    chosen = RECIPES[recipe].chosen(params)
    wishes = wishes or Wishes(None, None, None, params["validation_fraction"])
    return prepare(of or table(n), chosen, params, wishes=wishes, followed=None)


# ------------------------------------------------------------------ seeds and tables


def test_all_that_is_random_comes_from_one_number():
    seeds = Seeds(3, 2)
    assert seeds.source.entropy == np.random.RandomState(3).randint(2**31)
    children = np.random.SeedSequence(seeds.source.entropy).spawn(5)
    keys = [[seed.spawn_key for seed in some] for some in (seeds.members, seeds.again)]
    assert keys == [[c.spawn_key for c in some] for some in (children[1:3], children[3:])]
    assert seeds.rng.integers(10**9) == np.random.default_rng(children[0]).integers(10**9)


def test_rows_that_count_have_a_weight():
    assert table(4).rows.tolist() == [0, 1, 2, 3]
    assert table(4, weight=np.array([0.0, 2.0, 0.0, 1.0])).rows.tolist() == [1, 3]


def test_offsets_are_in_the_unit_of_members():
    validation = (np.zeros((3, 1)), np.zeros(3), None)
    one = table(4, "squared_error", validation=validation)
    assert one.beside(None, None) is one
    found = one.beside(np.arange(4.0), np.arange(3.0))
    assert found.offset.tolist() == [[0.0], [0.5], [1.0], [1.5]]
    assert found.offset_val.tolist() == [[0.0], [0.5], [1.0]]
    assert found.fitted.has_offset
    assert (found.fitted.scale.low, found.fitted.scale.high) == (-np.inf, np.inf)
    alone = table(4, "squared_error").beside(np.arange(4.0), None)
    assert alone.offset_val is None
    with pytest.raises(ValueError, match="offset_val"):
        one.beside(np.arange(4.0), None)
    with pytest.raises(ValueError, match="offset_val"):
        table(4, "squared_error").beside(np.arange(4.0), np.arange(3.0))
    with pytest.raises(ValueError, match="offset"):
        one.beside(np.arange(4.0), np.arange(2.0))


def test_folds_have_targets_alike():
    one = table(4)
    assert one.strata is one.y


# ------------------------------------------------------------------ what is prepared


def test_networks_are_as_many_as_rows_say():
    for n, n_folds, usual in ((60, 5, True), (300, 10, False), (1200, 5, True)):
        made = prepared(n)
        assert len(made.folds) == n_folds
        assert made.usual == usual
        assert made.recipe.n_members == n_folds
        assert len(made.networks.seeds) == n_folds
    wished = prepared(60, wishes=Wishes(3, None, None, 0.2))
    assert (len(wished.folds), wished.recipe.n_members) == (3, 3)
    assert wished.usual


@pytest.mark.parametrize(
    ("n_members", "fraction", "held"), [(1, 0.2, 12), (1, 0.5, 30), (1, 0.9, 30), (2, 0.2, 30),
                                        (3, 0.2, 20)]
)  # fmt: skip
def test_a_member_alone_holds_a_fraction_out(n_members, fraction, held):
    made = prepared(60, n_members=n_members, validation_fraction=fraction)
    assert [len(fold.held) for fold in made.folds] == [held] * n_members
    assert [len(fold.rows) for fold in made.folds] == [60 - held] * n_members


def test_ten_rows_are_held_out_by_turns_but_not_nine_nor_beside_validation_data():
    assert [fold.held is None for fold in prepared(9).folds] == [True] * 5
    assert [len(fold.held) for fold in prepared(10).folds] == [2] * 5
    weight = np.ones(10)
    weight[0] = 0
    assert prepared(of=table(10, weight=weight)).folds[0].held is None
    validation = (np.zeros((3, 1), np.float32), np.zeros(3), None)
    made = prepared(of=table(60, validation=validation))
    assert made.folds[0].held is None
    assert len(made.networks.task.validation) == 3
    assert prepared(60).networks.task.validation is None


def coded(n=60):
    X = pd.DataFrame({"c": [f"c{i % 12:02}" for i in range(n)], "a": np.linspace(-1, 1, n)})
    encoder = TabularEncoder().fit(X)
    return table(n, columns=2, encoder=encoder, A=encoder.transform(X))


def test_the_fold_of_a_row_stands_in_its_codes():
    of = coded()
    before = of.A.copy()
    made = prepared(of=of)
    assert_array_equal(of.A, before)
    task = made.networks.task
    assert_array_equal(task.data.X[:, 0], before[:, 0])
    assert_array_equal(task.data.X[:, 1], before[:, 1] + task.marks)
    assert set(np.rint(task.marks[made.folds[0].held] * 32)).isdisjoint(
        np.rint(task.marks[made.folds[0].rows] * 32)
    )
    plain = prepared(of=of, recipe="realmlp").networks.task
    assert plain.marks is None
    assert plain.data.X is of.A  # nothing is marked in it


def test_cells_that_are_asked_for_need_networks_that_take_them():
    with pytest.raises(ValueError, match="networks of this recipe do not"):
        prepared(of=coded(), recipe="realmlp", column_kinds={("c", "a"): "cells"})
    made = prepared(of=coded(), column_kinds={"a": "values"})
    assert len(made.networks.task.columns.cells) == 1
    codes = made.networks.task.data.X[:, 1:3]
    assert_allclose((codes - made.networks.task.marks[:, None]) % 1, 0)


def test_cells_have_no_direction():
    parts = [Part("a", "number", slice(0, 1)), Part("b", "number", slice(1, 2)),
             Part("c", "code", slice(0, 1))]  # fmt: skip

    def refuse(*parts):
        _preparation._refuse_directions(SimpleNamespace(parts=parts), (1, 0))

    refuse(parts[1], parts[2])
    with pytest.raises(ValueError, match="cells of column 'a'"):
        refuse(parts[1], parts[0])


def test_what_networks_learn_of_a_table():
    recipe, params = RECIPES["ensemble"], TabularFNNRegressor(verbose=2).get_params()
    of = coded()
    columns = prepared(of=of).networks.task.columns
    task = task_of(of, recipe, columns, params)
    assert (task.max_iter, task.batch_size, task.share, task.verbose) == (256, 60, 1.0, 2)
    assert task.data.X is not of.A
    assert task.learning_rate == 0.1
    assert {"max_iter", "numeric_embedding", "dropout", "n_members"} <= task.free
    assert task.free.isdisjoint({"recipe", "loss", "blend", "refit", "validation_fraction"})
    given = {**params, "max_iter": 7, "batch_size": 9, "dropout": 0.0}
    task = task_of(of, recipe, columns, given)
    assert (task.max_iter, task.batch_size, task.share) == (7, 9, 1.0)
    assert task.free.isdisjoint({"max_iter", "batch_size", "dropout"})
    assert _preparation._is_free("recipe")
    assert _preparation._is_free(None)
    assert not any(map(_preparation._is_free, ("auto", 0, False, np.array(["recipe"]))))


def test_an_epoch_has_a_share_where_the_recipe_and_the_user_leave_it_free(monkeypatch):
    monkeypatch.setattr(type(RECIPES["ensemble"]), "share", lambda self, n: 0.25)
    columns, of = prepared(60).networks.task.columns, table(60)
    params = TabularFNNRegressor().get_params()
    shares = [
        task_of(of, recipe, columns, {**params, "max_iter": epochs}).share
        for recipe in (RECIPES["ensemble"], RECIPES["realmlp"]) for epochs in (None, 5)
    ]  # fmt: skip
    assert shares == [0.25, 1.0, 1.0, 1.0]


def test_labels_are_smoothed_and_numbers_are_not():
    recipe = RECIPES["ensemble"]
    numbers = table(4).fitted
    assert levels(numbers, recipe) == numbers.loss.levels
    classes = FittedClasses(None, ClassTarget(np.arange(3)), LogLoss().specialise("multiclass"))
    no, yes = levels(classes, recipe)
    assert (no, yes) == pytest.approx((0.1 / 3, 0.9 + 0.1 / 3))


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("before", [None, SimpleNamespace(columns=CellColumns(2), networks="old")])
def test_a_stream_says_how_its_sample_is_prepared(held, before):
    of, params = coded(), TabularFNNRegressor(random_state=0).get_params()
    folds = [Fold(0, np.arange(20, 60), np.arange(20) if held else None)]
    streamed = SimpleNamespace(
        n_members=1, how=SimpleNamespace(before=before), marks=np.full(60, np.float32(0.25)),
        share=lambda params, recipe: 0.5, params=lambda params, recipe: {**params, "max_iter": 3},
        folds=lambda n, weight: folds, stream=lambda fitted, task, held: ("stream", held),
    )  # fmt: skip
    wishes = Wishes(None, None, None, 0.2)
    made = prepare(of, RECIPES["ensemble"], params, wishes=wishes, followed=None, streamed=streamed)
    task = made.networks.task
    assert (made.folds, made.recipe.n_members, made.usual) == (folds, 1, False)
    assert (task.max_iter, task.share, task.stream) == (3, 0.5, ("stream", held))
    assert task.starts == ({} if before is None else "old")
    assert before is None or task.columns is before.columns
    assert_array_equal(task.data.X[:, 1], of.A[:, 1] + 0.25)


# ------------------------------------------------------------------ beside others


@pytest.mark.parametrize(
    ("n", "free", "epochs"), [(1000, True, 128), (1900, True, 128), (2000, True, 128),
                              (8000, True, 45), (1000, False, 500)]
)  # fmt: skip
def test_networks_beside_small_ones_train_less_long(n, free, epochs):
    made = prepared(n, max_iter=None if free else 500)
    found = made.spared()
    if n >= 2000 or not free:  # as without
        assert found is made
        assert found.networks.task.max_iter == epochs
    else:
        assert found.networks.task.max_iter == epochs
        assert "max_iter" not in found.networks.task.free
        assert "max_iter" in made.networks.task.free
        assert found.networks.seeds is made.seeds.members


def other(unasked=False):
    return SimpleNamespace(unasked=unasked)


def test_how_many_networks_are_trained_before_others():
    made = prepared(60)
    assert made.n_first == 5
    asked = replace(made, others=[other()])
    assert asked.n_first == 3
    assert replace(asked, usual=False).n_first == 5
    assert [replace(asked, folds=made.folds[:n]).n_first for n in (1, 2)] == [1, 2]
    for name in ("n_members", "cv", "time_limit"):
        assert replace(asked, params={**made.params, name: 5}).n_first == 5
    undivided = [Fold(i, fold.rows, None) for i, fold in enumerate(made.folds)]
    assert replace(asked, folds=undivided).n_first == 5
    streamed = Networks(replace(made.networks.task, stream=object()), made.networks.seeds)
    assert replace(asked, networks=streamed).n_first == 5
    unasked = replace(made, others=[other(), other(True)])
    assert unasked.n_first == 1
    assert replace(unasked, params={**made.params, "time_limit": 9.0}).n_first == 5


def test_networks_with_other_parameters_are_drawn():
    made = prepared(60, dropout=0.2)
    found = made.drawn({"learning_rate_init": 0.3, "weight_decay": 0.5}, ["seed"], 7.0)
    assert (found.task.learning_rate, found.seeds, found.deadline) == (0.3, ["seed"], 7.0)
    assert (found.task.recipe.weight_decay, found.task.recipe.dropout) == (0.5, 0.2)
    assert found.task.data.X is made.networks.task.data.X


# ------------------------------------------------------------------ small networks


def units(n, columns, k=1, **given):
    made = prepared(of=table(n, columns=columns, k=k), **given)
    return [(own.name, own.units) for own in small_networks(made)], len(made.folds)


def test_small_networks_have_as_many_units_as_time_allows():
    names = [kind.name for kind in KINDS]
    # sqrt(1.3e8 / 5 / 100) = 509.9 parameters
    assert units(100, 48) == ([(name, 10) for name in names], 5)
    assert units(100, 1) == (list(zip(names, (12, 12, 20, 20), strict=True)), 5)
    assert units(100, 48, k=2)[0] == [(name, 5) for name in names]
    assert units(100, 167)[0] == [(name, 3) for name in names]
    assert units(100, 168)[0] == []
    # sqrt(1.3e8 / 5 / 1999) = 114.04, and from 2,000 rows on sqrt(2.6e8 / 5 / n) = 161.2, 144.2
    assert units(1999, 13)[0] == [(name, 7) for name in names]
    by_feature = [names[1], names[3]]
    assert units(2000, 13)[0] == [(name, 10) for name in by_feature]
    assert units(2500, 13)[0] == units(9000, 13)[0] == [(name, 9) for name in by_feature]


def test_where_there_are_small_networks():
    assert units(49, 1)[0] == []
    assert len(units(50, 1)[0]) == 4
    few = table(19_999), table(20_000)
    assert [len(small_networks(prepared(of=one))) for one in few] == [2, 0]
    assert small_networks(prepared(of=table(60, "squared_error"))) == []
    directed = table(60)
    directed = replace(directed, fitted=replace(directed.fitted, directions=(1,)))
    assert small_networks(prepared(of=directed)) == []
    made = prepared(60)
    undivided = replace(made, folds=[Fold(0, made.folds[0].rows, None)])
    assert small_networks(undivided) == []
    validation = (np.zeros((3, 1), np.float32), np.zeros(3), None)
    assert len(small_networks(prepared(of=table(60, validation=validation)))) == 4
    assert all(own.unasked for own in small_networks(made))
    nothing = replace(
        made,
        table=table(
            60,
            A=np.zeros((60, 0), np.float32),
            columns=0,
            encoder=SimpleNamespace(n_numbers_=0, n_levels_=[]),
        ),
    )
    assert small_networks(nothing) == []  # there is no column


def test_inputs_of_small_networks():
    weight = np.linspace(1, 2, 100)
    weight[0] = 0.0
    made = prepared(of=replace(coded(300), weight=np.append(weight, np.ones(200))))
    own = small_networks(made)[0]
    assert own.X.shape == (300, 13)
    a, code = made.table.A[:, 0], made.table.A[:, 1]
    w = made.table.weight
    mean = np.average(a, weights=w)
    std = np.sqrt(np.average((a - mean) ** 2, weights=w))
    assert_allclose(own.X[:, 0], (a - mean) / std, rtol=1e-5)
    assert own.columns.levels[0].tolist() == list(range(1, 13))
    assert_array_equal(own.X[:, 5] > 0, code == 5)
    assert own.columns.sources(4).tolist() == [0, *[1] * 12, 2, 3]
    assert own.rows(np.array([3])).shape == (1, 13)
    assert own.rows(None) is own.X_val is None


class Graph:
    """A graph of ONNX that computes as it is built."""

    ops = {  # noqa: RUF012
        "Gather": lambda A, i: np.take(A, i, axis=1), "Equal": np.equal, "Div": np.divide,
        "Sub": np.subtract, "Max": np.maximum, "Min": np.minimum,
        "Concat": lambda *parts: np.concatenate(parts, axis=1),
    }  # fmt: skip

    def node(self, op, *given, dtype=None, axis=1):
        assert axis == 1
        found = self.ops[op](*given)
        return found if dtype is None else found.astype(dtype)

    def cast(self, A, dtype):
        return A.astype(dtype)


def test_inputs_in_a_graph_are_the_same():
    rng = np.random.default_rng(0)
    A = np.column_stack([rng.normal(size=(30, 2)), rng.integers(0, 4, (30, 2)), 9 * np.ones(30),
                         rng.normal(size=30)]).astype(np.float32)  # fmt: skip
    inputs = SmallInputs(2, [np.array([1, 3]), np.array([2])], rng.normal(size=7),
                         rng.uniform(0.1, 2, 7))  # fmt: skip
    expected = inputs.transform(A)
    assert expected.min() == -4
    assert expected.max() == 4
    assert_allclose(inputs.onnx(Graph(), A), expected)


def small(n=60, **given):
    made = prepared(n, **given)
    return SmallNetworks(KINDS[1], made, 3, units=2, columns=SmallInputs(1, []),
                         X=made.table.A.astype(float))  # fmt: skip


def test_seeds_of_other_members_are_their_own():
    own = small()
    for number in (0, 2):
        sequence = np.random.SeedSequence(own.entropy, spawn_key=(2**20 + 3, number))
        expected = int(sequence.generate_state(1)[0]) // 2
        assert own.seed(Fold(number, None, None)) == expected


def test_small_networks_begin_anew_until_one_is_good_enough(monkeypatch):
    own, fold, evidence, starts = small(), Fold(0, np.arange(20), None), [], []

    def started(self, fold, rows, start):
        starts.append(start)
        return SimpleNamespace(log_marginal_likelihood_=evidence[start], start=start)

    monkeypatch.setattr(SmallNetworks, "_started", started)

    def best(*given):
        evidence[:] = given
        starts.clear()
        found, rounds = own.trained(fold)
        assert rounds == 0
        return found.model.log_marginal_likelihood_, starts[:]

    assert best(-30.0, -10.0, -20.0) == (-10.0, [0, 1, 2])  # nothing is known of the first fold
    assert best(-30.0, -30.0, -40.0) == (-30.0, [0, 1, 2])
    assert own.trained(fold)[0].model.start == 0  # of equal ones the first
    own.expected = -1.0  # for each of 20 rows; 0.1 less will do
    assert best(-22.0, 0.0, 0.0) == (-22.0, [0])
    assert best(-22.5, -21.0, 0.0) == (-21.0, [0, 1])
    assert best(-40.0, -50.0, -30.0) == (-30.0, [0, 1, 2])
    own.first(fold, SimpleNamespace(take=lambda m: None, members=[
        SimpleNamespace(predictor=SimpleNamespace(model=SimpleNamespace(
            log_marginal_likelihood_=-60.0)), seconds=1.0)
    ]))  # fmt: skip
    assert own.expected == -3.0


def test_small_networks_see_2500_rows_of_large_tables():
    own = small(4000)
    few, many = (Fold(1, np.arange(100, n), None) for n in (2600, 2601))
    assert own._seen(few) is few.rows
    seen = own._seen(many)
    assert len(set(seen)) == len(seen) == 2500
    assert set(seen) < set(many.rows)
    assert_array_equal(seen, own._seen(many))
    less = small(2100)
    fold = Fold(0, np.arange(2100), None)
    assert less._seen(fold) is fold.rows


def test_a_small_network_is_trained_by_levenberg_marquardt():
    own, fold = small(), Fold(1, np.arange(10, 40), None)
    model = own._started(fold, fold.rows, 1)
    assert model.hidden_layer_sizes == (2,)
    assert model.loss == "gaussian"
    assert model.random_state == own.seed(fold) + 1
    assert model.max_iter == 100
    assert model.solver.groups == "features"
    assert (model.solver.alpha, model.solver.n_init) == ("bayes", 1)
    sums = SimpleNamespace(seed=lambda fold: 2**31 - 1)
    vars(own)["seed"] = sums.seed
    assert own._started(fold, fold.rows, 2).random_state == 1  # as large as seeds may be


def test_small_networks_say_mean_and_variance():
    seen = []

    def predict(A, return_std):
        assert return_std
        seen.append(A)
        return np.array([1.0, 2.0]), np.array([3.0, 0.5])

    loss = table().fitted.loss
    own, A = SmallPredictor(SimpleNamespace(predict=predict), None, loss), np.arange(4)
    found = loss.distribution(own.raw(A))
    assert found.center.tolist() == [[1.0], [2.0]]
    assert_allclose(found.scale, [[3.0], [0.5]])
    own.raw(A, rows=np.array([2, 3]))
    both = np.array([[1.0, 2.0], [3.0, 4.0]])
    two = SmallPredictor(SimpleNamespace(predict=lambda A, return_std: (both, both)), None, loss)
    assert_allclose(two.raw(A), np.hstack([both, 2 * np.log(both)]))
    assert [a.tolist() for a in seen] == [[0, 1, 2, 3], [2, 3]]
    assert Kind(*KINDS[0]).most_units == 12


# ------------------------------------------------------------------ networks of the mean


def test_where_there_are_networks_of_the_mean():
    made = prepared(50)
    (own,) = mean_networks(made)
    assert (own.unasked, own.of_mean) == (True, True)
    assert type(own.task.loss) is SquaredErrors
    assert [seed.spawn_key for seed in own.seeds] == [(2**21, i) for i in range(5)]
    assert own.seeds[0].entropy == made.seeds.source.entropy
    assert mean_networks(prepared(49)) == []
    assert mean_networks(prepared(60, refit=True)) == []
    assert mean_networks(prepared(of=table(60, "squared_error"))) == []
    fitted = replace(made.table.fitted, directions=(1,))
    assert mean_networks(replace(made, table=replace(made.table, fitted=fitted))) == []
    assert mean_networks(replace(made, folds=[Fold(0, made.folds[0].rows, None)])) == []
    validation = (np.zeros((3, 1), np.float32), np.zeros(3), None)
    assert len(mean_networks(prepared(of=table(60, validation=validation)))) == 1


def network_of(k):
    bias = [np.zeros(3), np.zeros(2 * k)]
    return SimpleNamespace(weights=lambda name: bias if name == "b" else None)


def member(raw, honest=None, k=1):
    predictor = SimpleNamespace(network=network_of(k))
    return Member(0, predictor, History(), 1, 1, raw, False, True, 0.0, honest)


def test_a_member_says_how_large_its_errors_are():
    weight = np.random.default_rng(2).uniform(1, 2, 60)
    of = replace(table(60, k=2), weight=weight)
    made = prepared(of=of)
    own, fold = MeanNetworks.beside(made), made.folds[1]
    y = of.y[fold.held]
    raw, honest = (np.hstack([y + off, np.zeros((len(y), 2))]) for off in (3.0, [0.5, 2.0]))
    first = member(raw, honest, k=2)
    found = told(own, first, fold)
    spread = np.log([0.25, 4.0])
    assert_allclose(found.predictor.network.weights("b")[-1], [0, 0, *spread])
    assert_allclose(found.raw, np.hstack([y + 3, np.tile(spread, (len(y), 1))]))
    assert_allclose(
        found.honest, np.hstack([y + np.array([0.5, 2.0]), np.tile(spread, (len(y), 1))])
    )
    plain = told(own, member(raw, k=2), fold)
    assert plain.honest is None
    assert_allclose(plain.raw[:, 2:], np.log(9.0))
    half = np.where(np.arange(len(y)) % 2, 1.0, 2.0)[:, None]
    found = told(own, member(np.hstack([y + half, y]), k=2), fold)
    expected = np.average(half[:, 0] ** 2, weights=weight[fold.held])
    assert found.raw[0, 2:] == pytest.approx(np.log([expected] * 2))
    exact = told(own, member(np.hstack([y, y]), k=2), fold)
    assert exact.raw[0, 2] == pytest.approx(np.log(np.finfo(np.float32).tiny))


@pytest.mark.parametrize(
    ("n", "left", "fits"), [(60, 0.021, True), (60, 0.019, False), (1999, 0.019, False),
                            (2000, 0.019, True), (2000, 0.03, True)]
)  # fmt: skip
def test_networks_of_the_mean_need_some_noise_where_rows_are_few(n, left, fits, monkeypatch):
    made = prepared(n, n_members=2)
    own, fold = MeanNetworks.beside(made), made.folds[0]
    y = made.table.y[fold.held]
    raw = np.column_stack([y + np.sqrt(left * y.var()), y])
    first, calm = member(raw), member(raw)
    trainer = SimpleNamespace(members=[])
    monkeypatch.setattr(
        Networks, "first", lambda self, fold, trainer: trainer.members.append(first)
    )
    if not fits:
        with pytest.raises(UnfitError, match="hardly any noise"):
            own.first(fold, trainer)
        return
    own.first(fold, trainer)
    assert_allclose(trainer.members[0].raw[:, 1], np.log(left * y.var()))
    monkeypatch.setattr(Networks, "other", lambda self, fold, trainer: lambda: calm)
    assert_allclose(own.other(fold, trainer)().raw[:, 1], np.log(left * y.var()))
    monkeypatch.setattr(Networks, "other", lambda self, fold, trainer: None)
    assert own.other(fold, trainer) is None


def test_just_2_hundredths_of_noise_are_enough(monkeypatch):
    of = replace(table(60), y=np.tile([10.0, -10.0], 30))
    made = prepared(of=of, n_members=2)
    own, fold = MeanNetworks.beside(made), made.folds[0]
    y = of.y[fold.held]
    assert y.sum() == 0
    first = member(np.column_stack([y + np.tile([2.0, 0.0], 15), y]))
    monkeypatch.setattr(Networks, "first", lambda self, fold, t: t.members.append(first))
    trainer = SimpleNamespace(members=[])
    own.first(fold, trainer)
    assert trainer.members[0].raw[0, 1] == np.log(2.0)


def test_noise_in_one_target_of_two_is_enough(monkeypatch):
    made = prepared(of=table(60, k=2), n_members=2)
    own, fold = MeanNetworks.beside(made), made.folds[0]
    y = made.table.y[fold.held]
    raw = np.hstack([y + np.sqrt([0.001, 0.5]) * y.std(axis=0), y])
    trainer = SimpleNamespace(members=[])
    monkeypatch.setattr(Networks, "first", lambda self, fold, t: t.members.append(member(raw, k=2)))
    own.first(fold, trainer)
    assert_allclose(np.exp(trainer.members[0].raw[0, 2:]), [0.001, 0.5] * y.var(axis=0))


def test_squared_errors_leave_the_variance_alone():
    loss, rng = SquaredErrors(), np.random.default_rng(0)
    y, raw = rng.normal(size=(2, 5, 2))[0], rng.normal(size=(5, 4))
    out = np.full((5, 4), np.nan)
    for call in loss.gradient(y, raw, out, ()):
        call.function(*call.inputs, out=call.out)
    assert_allclose(out, np.hstack([raw[:, :2] - y, np.zeros((5, 2))]))
    assert_allclose(loss.value(y, raw), ((raw[:, :2] - y) ** 2 / 2).sum(axis=1))
    assert _mean_networks.LEAST_ROWS == _small_networks.LEAST_ROWS
