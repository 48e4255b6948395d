"""What statements of recipes and widths mean, number by number."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skfnn import FNNRegressor
from skfnn._engine.program.schedule import Scheduled
from skfnn.layers import (
    Activate,
    CategoryEmbedding,
    CategoryStatistics,
    Dropout,
    Linear,
    ParametricActivate,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Repeat,
    Scale,
    SharedEnsemble,
)
from skfnn.losses import LogLoss, Loss
from skfnn.tabular import _widths
from skfnn.tabular._recipes import RECIPES, Columns, Recipe
from skfnn.tabular._widths import (
    HeldErrors,
    WidthInputs,
    Widths,
    learned,
    share_of_mean,
    spread_of_all,
    spread_of_one,
)

ENSEMBLE, TABM = RECIPES["ensemble"], RECIPES["tabm-mini"]

# ------------------------------------------------------------------ recipes: how long and how many


def test_networks_by_rows():
    sizes = (100, 125, 249, 250, 500, 501, 625, 834, 1000, 50_000, 100_000, 100_001)
    assert [ENSEMBLE.members(n) for n in sizes] == [5, 5, 9, 10, 10, 9, 8, 5, 5, 5, 5, 3]
    assert [Recipe(n_members=2).members(n) for n in (1000, 10**6)] == [5, 2]
    assert [Recipe(n_members=2).members(n) for n in (20, 75)] == [2, 3]
    assert [Recipe(n_members=5, most_members=5).members(n) for n in (300, 10**6)] == [5, 5]


def test_epochs_by_rows():
    sizes = (10, 1000, 2000, 4000, 6000, 16_000, 40_000, 64_000, 100_000, 100_001)
    assert [ENSEMBLE.epochs(n) for n in sizes] == [256, 256, 128, 64, 52, 32, 20, 16, 16, 15]
    assert Recipe(max_iter=20).epochs(10**6) == 5  # fewer than there are parts of cycles
    assert Recipe(max_iter=200).epochs(10**6) == 45
    assert Recipe(schedule="flat_cos").epochs(10**6) == 16
    assert Recipe(by_size=False).epochs(100) == 64


def test_the_share_of_rows_in_an_epoch():
    assert [ENSEMBLE.share(n) for n in (10, 250_000, 10**6)] == [1.0, 1.0, 0.5]
    assert ENSEMBLE.share(10**9) == 2 / 15  # all epochs together read each row twice
    assert Recipe(max_iter=4).share(10**9) == 1.0  # of one epoch


def test_rows_of_a_batch():
    sizes = (1, 1024, 1025, 8192, 8193, 30_000, 30_001, 10**9)
    assert [ENSEMBLE.batch_size(n) for n in sizes] == [64, 64, 128, 128, 256, 256, 512, 512]


def test_learning_rates_by_loss():
    squared, poisson = (Loss.resolve(name, "loss").specialise("regression")
                        for name in ("squared_error", "poisson"))  # fmt: skip
    assert ENSEMBLE.learning_rate(squared) == 0.1
    assert ENSEMBLE.learning_rate(poisson) == 0.04  # with an exponential link, as for classes
    assert ENSEMBLE.learning_rate(LogLoss().specialise("binary")) == 0.04


FREE = {"n_members": None, "dropout": None, "weight_decay": None, "hidden_layer_sizes": None,
        "numeric_embedding": "recipe", "learning_rate_init": None}  # fmt: skip


def test_parameters_of_the_user_take_the_recipes_place():
    assert ENSEMBLE.chosen(FREE) == ENSEMBLE
    found = ENSEMBLE.chosen({**FREE, "n_members": 3, "dropout": 0.0, "weight_decay": 0.3,
                             "label_smoothing": 0.0})  # fmt: skip
    assert (found.n_members, found.most_members) == (3, 3)
    assert (found.dropout, found.weight_decay, found.label_smoothing) == (0.0, 0.3, 0.0)
    found = ENSEMBLE.chosen({**FREE, "hidden_layer_sizes": 7, "numeric_embedding": None,
                             "learning_rate_init": 1})  # fmt: skip
    assert found.hidden_layer_sizes == (7,)
    assert found.numeric_embedding == ((None,), (None,))
    assert found.learning_rate_init == (1.0, 1.0)
    assert (found.n_members, found.most_members) == (5, 10)
    assert type(found.learning_rate_init[0]) is float


def test_realmlp_is_as_published():
    published = RECIPES["realmlp"]
    assert published.hidden_layer_sizes == (256, 256, 256)
    assert (published.n_members, published.most_members) == (1, 1)
    assert published.learning_rate_init == (0.04, 0.2)
    assert (published.max_iter, published.by_size, published.dropout) == (256, False, 0.15)
    assert published.activation == ("selu", "mish")
    assert published.epochs(10**6) == 256


def test_recipes_are_not_changed():
    with pytest.raises(AttributeError):
        ENSEMBLE.max_iter = 3
    with pytest.raises(AttributeError):
        Columns(1, 1, []).width = 3
    assert ENSEMBLE.batch_size(1) == 64


# ------------------------------------------------------------------ recipes: layers


def kinds(layers):
    return [type(layer) for layer in layers]


def test_decay_and_dropout_fade():
    decay = ENSEMBLE.optimizer().weight_decay
    assert (type(decay), decay.value, decay.schedule) == (Scheduled, 0.02, "flat_cos")
    assert ENSEMBLE.optimizer().beta_2 == 0.95
    assert TABM.optimizer().weight_decay == 3e-4
    assert RECIPES["realmlp-s"].optimizer().weight_decay == 0.0
    assert Recipe(dropout=0.3).hidden(True)[0][2].rate.value == 0.3
    assert TABM.hidden(True)[0][2].rate == 0.1


def test_hidden_layers_are_maps_and_what_follows_them():
    blocks = Recipe(hidden_layer_sizes=(4, 6), activation=("selu", "mish")).hidden(False)
    assert [kinds(block) for block in blocks] == [[Linear, ParametricActivate]] * 2
    assert [block[0].units for block in blocks] == [4, 6]
    assert blocks[0][1].activation == "selu"
    assert Recipe(activation=("selu", "mish")).hidden(True)[0][1].activation == "mish"
    plain = Recipe(dropout=0.1).hidden(True, "tanh")[0]
    assert kinds(plain) == [Linear, Activate, Dropout]
    assert plain[1].activation == "tanh"
    assert kinds(TABM.hidden(True)[0])[1] is Activate


@pytest.mark.parametrize(
    ("n", "classes", "numbers"),
    [(1, (96, 8), (48, 4)), (20, (96, 8), (48, 4)), (21, (91, 8), (45, 4)), (32, (60, 8), (30, 4)),
     (33, (58, 4), (29, 4)), (60, (32, 4), (16, 4)), (300, (16, 4), (16, 4))],
)  # fmt: skip
def test_pieces_have_fewer_bins_and_entries_beside_many_numbers(n, classes, numbers):
    for regression, expected in ((False, classes), (True, numbers)):
        layer = ENSEMBLE.pieces(Columns(n, n, [], regression=regression), 3, 3 + n)
        assert (layer.n_bins, layer.n_entries) == expected
        assert (layer.start, layer.stop) == (3, 3 + n)
        assert layer.lr_factor == (0.1 if regression else 0.3)
    few = Recipe(pieces_entries=(2, 2))
    assert few.pieces(Columns(40, 40, []), 0, 40).n_entries == 2


def test_members_take_embeddings_of_numbers_in_turn():
    columns = [Columns(2, 2, [], member=i) for i in range(3)]
    assert [ENSEMBLE.embedding(c) for c in columns] == ["pbld", "both", "pbld"]
    assert ENSEMBLE.embedding(Columns(2, 2, [], regression=False, member=1)) == "both"


def test_numbers_are_embedded_by_waves_and_pieces():
    columns = Columns(9, 9, [])

    def of(kind, start=2, stop=5):
        layers = Recipe(numeric_embedding=((kind,), (kind,))).numbers(columns, start, stop)
        return [(type(layer), layer.start, layer.stop) for layer in layers]

    assert of(None) == of("both", 4, 4) == []
    assert of("pbld") == [(PeriodicEmbedding, 2, 5)]
    assert of("piecewise_linear") == [(PiecewiseLinearEmbedding, 2, 5)]
    assert of("both") == [
        (Repeat, 2, 5), (PiecewiseLinearEmbedding, 5, 8), (PeriodicEmbedding, 2, 5)
    ]  # fmt: skip
    (waves,) = Recipe(numeric_embedding=(("plr",), ("plr",))).numbers(columns, 0, 2)
    assert waves.kind == "plr"


def test_codes_are_embedded_and_told_by_statistics():
    columns = Columns(9, 3, [12, 20], [40], n_targets=2)
    found = ENSEMBLE.categories(columns)
    assert kinds(found) == [Repeat, CategoryStatistics, CategoryEmbedding]
    assert (found[0].start, found[0].stop) == (3, 5)
    assert (found[1].start, found[1].n_entries) == (5, 3)
    assert list(found[1].n_levels) == [12, 20, 40]
    assert (found[2].start, list(found[2].n_levels)) == (3, [12, 20])
    told = ENSEMBLE.categories(Columns(9, 3, [], [40]))
    assert kinds(told) == [CategoryStatistics]
    assert told[0].start == 3
    assert kinds(Recipe().categories(columns)) == [CategoryEmbedding]
    assert ENSEMBLE.categories(Columns(9, 3, [])) == []


def test_a_network_ends_with_its_scores():
    columns = Columns(4, 4, [])
    layers = Recipe(hidden_layer_sizes=(5,)).layers(columns, 3)
    assert kinds(layers) == [PeriodicEmbedding, Scale, Linear, ParametricActivate, Linear]
    assert layers[-1].units == 3
    assert [layers[i].initializer for i in (2, 4)] == ["data_driven", "zeros"]


def test_networks_inside_a_network_know_the_widths_of_columns():
    layers = TABM.layers(Columns(5, 2, [12, 20, 30]), 3)
    *embeddings, shared = layers
    assert type(shared) is SharedEnsemble
    assert kinds(embeddings) == [CategoryEmbedding, PiecewiseLinearEmbedding]
    categories, numbers = embeddings
    expected = [numbers.entries()] * 2 + [categories.entries()] * 3
    assert (shared.start, list(shared.widths)) == ("normal", expected)
    (_, alone) = TABM.layers(Columns(2, 0, [12, 20]), 3)
    assert (alone.start, list(alone.widths)) == ("signs", [])


# ------------------------------------------------------------------ errors of held-out rows


def errors(n, p=2, fold=None, rows=None, weight=None, seed=0):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, p))
    return HeldErrors(A, np.zeros((n, 1)), np.abs(rng.normal(size=(n, 1))), weight, rows, fold)


def test_errors_of_some_rows():
    held = errors(6, weight=np.arange(6.0), rows=np.arange(6) + 10)
    found = held.at(np.array([5, 2]))
    assert_array_equal(found.A, held.A[[5, 2]])
    assert found.weight.tolist() == [5.0, 2.0]
    assert found.rows.tolist() == [15, 12]
    assert found.fold is None


def test_three_parts_keep_folds_together():
    def part(n, **given):
        return errors(n, **given).parts().tolist()

    assert part(5, fold=np.array([0, 1, 2, 3, 4])) == [0, 1, 2, 0, 1]
    assert part(4, fold=np.array([1, 1, 2, 2])) == [1, 1, 2, 2]
    assert part(4, fold=np.array([0, 0, 1, 1])) == [0, 0, 1, 1]
    rows, fold = np.array([7, 8, 7, 9]), np.array([4, 5, 6, 6])  # row 7 is in two folds
    assert part(4, rows=rows, fold=fold) == [0, 1, 0, 2]
    drawn = (np.random.default_rng(0).permutation(9) % 3).tolist()
    assert part(9) == part(9, fold=np.zeros(9, int)) == drawn
    assert part(9, rows=np.arange(9), fold=np.full(9, 3)) == drawn
    assert part(9, rows=np.arange(9)) == drawn


# ------------------------------------------------------------------ inputs


def test_inputs_are_standardised_and_levels_told_apart():
    A = np.array([[1.0, 1.25, 0.0, 5.0], [3.0, 2.5, 3.0, 5.0], [5.0, 2.0, 1.0, 5.0]])
    inputs = WidthInputs(1, [np.array([1, 2]), np.array([3])], 1.0, 2.0)
    found = inputs.transform(A, np.array([[9.0], [7.0], [-99.0]]))
    plain = np.array([[1, 1, 0, 0, 5, 9], [3, 0, 1, 1, 5, 7], [5, 0, 1, 0, 5, -99.0]])
    assert_allclose(found, np.clip((plain - 1) / 2, -4, 4))
    assert found.max() == 4.0
    assert found.min() == -4.0


def test_inputs_are_those_that_rows_give_reason_to():
    rng = np.random.default_rng(0)
    A = np.column_stack(
        [rng.uniform(-3, 3.9, 80), np.repeat([1.5, 2.25, 4.0, 5.0], 20), np.ones(80)]
    )
    weight = rng.uniform(1, 2, 80)
    held = HeldErrors(A, rng.normal(size=(80, 1)), np.ones((80, 1)), weight, None, None)
    found = WidthInputs.of(held, 1, 1)
    assert found.levels[0].tolist() == [1, 2, 4, 5]
    X = np.column_stack([A[:, 0], np.repeat(np.eye(4), 20, axis=0), A[:, 2], held.mean[:, 0]])
    mean = np.average(X, axis=0, weights=weight)
    std = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weight))
    std[5] = 1.0  # a constant stays as it is
    assert_allclose(found.mean, mean)
    assert_allclose(found.std, std)
    assert WidthInputs.of(held, 1, 2).levels[1].tolist() == [1]


@pytest.mark.parametrize(("spread", "expected"), [(1e-6, 1.0), (1.5e-6, 1.5e-6)])
def test_a_column_that_varies_by_a_millionth_is_constant(spread, expected):
    A = np.array([[0.0], [2 * spread]])
    held = HeldErrors(A, np.zeros((2, 0)), np.ones((2, 1)), None, None, None)
    assert WidthInputs.of(held, 1, 0).std.tolist() == [pytest.approx(expected, rel=1e-9)]
    assert np.sqrt(np.var([0.0, 2e-6])) == 1e-6


def test_100_000_rows_tell_the_scales():
    n = 100_001
    kept = np.unique(np.linspace(0, n - 1, 100_000).astype(int))
    (left,) = np.setdiff1d(np.arange(n), kept)
    A = np.zeros((n, 1))
    A[left] = 1e9
    held = HeldErrors(A, np.zeros((n, 0)), np.ones((n, 1)), None, None, None)
    assert WidthInputs.of(held, 1, 0).mean.tolist() == [0.0]


def test_levels_of_20_rows_are_told_apart_and_20_of_them():
    def of(counts):
        return _widths._frequent(np.repeat(list(counts), list(counts.values()))).tolist()

    assert of({0: 30, 3: 20, 4: 19, 7: 21}) == [0, 3, 7]
    assert of(dict.fromkeys(range(21), 20)) == list(range(20))  # of equal ones the first
    assert of({i: 20 + (i == 20) for i in range(21)}) == [*range(19), 20]


# ------------------------------------------------------------------ widths


def test_widths_are_powers_of_sizes_within_limits():
    models = [SimpleNamespace(predict=lambda X, f=f: f * np.exp(X[:, 0])) for f in (1.0, np.exp(2))]
    widths = Widths(WidthInputs(1, []), models, np.array([[0.0], [2.5]]), np.array([0.5]))
    logs = np.clip(np.array([-3.0, 0.0, 1.0, 3.0]) + 1, 0, 2.5)  # the mean of two
    found = widths.at(np.array([[-3.0], [0.0], [1.0], [3.0]]), np.zeros((4, 0)))
    assert_allclose(found, np.exp(0.5 * logs)[:, None])


def by_hand(score, log, weight):
    """The best of five powers, by the score of intervals that are to hold 0.9 of the rows."""
    n, found = len(score), []
    weight = np.ones(n) if weight is None else weight / weight.mean()
    for power in (0.0, 0.25, 0.5, 0.75, 1.0):
        size = np.exp(power * log)
        order = np.argsort(score / size)
        reached = np.flatnonzero(np.cumsum(weight[order]) / (n + 1) >= 0.9)
        if not len(reached):
            return 0.0
        half = (score / size)[order[reached[0]]] * size
        found.append(np.average(2 * half + 20 * np.maximum(score - half, 0), weights=weight))
    return (0.0, 0.25, 0.5, 0.75, 1.0)[int(np.argmin(found))]


def test_sizes_are_taken_to_the_power_with_the_best_intervals():
    log = np.random.default_rng(0).normal(size=50)
    for power in (0.0, 0.25, 0.5, 0.75, 1.0):
        assert _widths._best_power(np.exp(power * log), log, None) == power
    told = set()
    for seed in range(150):
        rng = np.random.default_rng(seed)
        log, power = rng.normal(size=30), rng.uniform(0, 1.2)
        score = np.exp(power * log) * np.abs(rng.standard_t(3, size=30))
        weight = rng.uniform(0.5, 2, 30) if seed % 2 else None
        found = _widths._best_power(score, log, weight)
        assert found == by_hand(score, log, weight)
        told.add(found)
    assert len(told) == 5
    assert _widths._best_power(np.exp(log[:8]), log[:8], None) == 0.0  # nine rows are needed
    assert _widths._best_power(np.exp(log[:9]), log[:9], None) == 1.0


def steep(n, weight=None, k=1):
    """Errors that are hardly anything but sizes."""
    rng = np.random.default_rng(0)
    A = rng.uniform(-1, 1, size=(n, 1))
    score = np.exp(3 * A) * rng.uniform(0.9, 1.1, size=(n, k))
    return HeldErrors(A, np.zeros((n, 1)), score, weight, np.arange(n), np.arange(n) % 4)


def test_from_60_rows_on_something_may_be_learned():
    assert learned(steep(59), 1, 0) is None
    widths, sizes = learned(steep(60), 1, 0)
    assert sizes.shape == (60, 1)
    assert len(widths.models) == 3
    weight = np.ones(80)
    weight[60:] = 0
    _, sizes = learned(steep(80, weight), 1, 0)
    assert_array_equal(sizes[60:], 1.0)
    assert (sizes[:60] != 1.0).all()
    weight[59] = 0
    assert learned(steep(80, weight), 1, 0) is None


def test_sizes_of_held_out_rows_and_their_limits():
    held = steep(90)
    widths, sizes = learned(held, 1, 0)
    X, part = widths.inputs.transform(held.A, held.mean), held.parts()
    logs = np.empty(90)
    for number in range(3):
        logs[part == number] = np.log(widths.models[number].predict(X[part == number]))
    assert_allclose(sizes[:, 0], np.exp(widths.power * logs))
    assert_allclose(widths.limits[:, 0], [logs.min(), logs.max()])
    assert widths.power[0] >= 0.5


def test_an_output_without_errors_tells_nothing():
    held = steep(80, k=2)
    held.score[:41, 1] = 0.0
    assert learned(held, 1, 0) is None
    held.score[0, 1] = 1e-3
    held.score[1, 1] = 1e-3
    assert learned(held, 1, 0) is not None
    flat = steep(80, k=2)
    flat.score[:, 1] = np.random.default_rng(1).uniform(0.9, 1.1, 80)
    widths, _ = learned(flat, 1, 0)  # one output of two has widths
    assert widths.power[0] > 0
    assert learned(HeldErrors(flat.A, flat.mean, flat.score[:, 1:], None, None, None), 1, 0) is None


def test_networks_of_16_units_learn_sizes_beside_their_median():
    held, rows = steep(90, np.random.default_rng(1).uniform(1, 2, 90)), np.arange(3, 90)
    held.score[5], held.score[6] = 1e-9, 1e9
    X = held.A
    found = _widths._trained(X, held, rows)
    size = np.clip(held.score[rows, 0] / np.median(held.score[rows]), 0.01, 30)
    expected = FNNRegressor(
        (16,), "tanh", loss="gamma", solver="lbfgs", alpha=30.0, max_iter=30, tol=1e-3,
        dtype="float32", random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected.fit(X[rows], size, sample_weight=held.weight[rows])
    assert_allclose(found.predict(X), expected.predict(X), rtol=1e-5)
    assert found.get_params() == expected.get_params()
    two = _widths._trained(X, steep(90, k=2), rows)
    assert two.predict(X).shape == (90, 2)


def test_a_network_learns_from_20_000_rows(monkeypatch):
    seen = []

    class Noted:
        def __init__(self, *given, **more):
            pass

        def fit(self, X, y, sample_weight):
            seen.append((len(X), y.shape, y.max(), sample_weight))

    monkeypatch.setattr(_widths, "FNNRegressor", Noted)
    n = 20_001
    held = HeldErrors(np.zeros((n, 1)), np.zeros((n, 1)), np.full((n, 1), 3.0), None, None, None)
    _widths._trained(held.A, held, np.arange(n))
    assert seen == [(20_000, (20_000,), 1.0, None)]
    zero = HeldErrors(held.A, held.mean, np.zeros((n, 1)), None, None, None)
    _widths._trained(held.A, zero, np.arange(n))
    assert seen[1][2] == 0.01  # an error of nothing beside a median of nothing


# ------------------------------------------------------------------ means and mixtures


def test_the_share_of_errors_that_is_left_of_a_mean():
    variance = np.array([[1.0, 4.0, 9.0, 0.0], [3.0, 4.0, 9.0, 0.0]])
    score = np.array([[2.0, 2.5, 1.0, 0.0], [4.0, 2.5, 1.0, 0.0]])
    found = share_of_mean(variance, (None, None), score, 4)
    # 2 of 10 are lost; 4 of 6.25; all, of which a fourth is left; of no errors none
    assert_allclose(found, [np.sqrt(0.8), 0.6, 0.5, 1.0])
    weights = np.array([3.0, 1.0]), np.array([1.0, 0.0])
    assert share_of_mean(variance, weights, score, 4)[0] == pytest.approx(np.sqrt(1 - 1.5 / 4))
    assert share_of_mean(-variance, (None, None), score, 4)[0] == 1.0


def test_the_spread_of_one_counts_ten_rows_more():
    score = np.array([[1.0, 3.0], [2.0, 5e3]])
    assert_allclose(spread_of_one(score, None), [(2 * 2.5 + 10) / 12, (9 + 1e6 + 10) / 12])
    weight = np.array([3.0, 0.0])
    assert_allclose(spread_of_one(score, weight), [(1 + 10) / 11, (9 + 10) / 11])


def test_the_spread_of_all_is_what_members_do_not_differ_by():
    one, between = np.array([2.0, 1.0]), np.array([[0.5, 5.0], [1.5, 5.0]])
    assert_allclose(spread_of_all(one, between, None, 4), [(2 - 1) / 2, (1 / 4) / 6])
    weighed = spread_of_all(one, between, np.array([3.0, 1.0]), 4)
    assert weighed[0] == pytest.approx((2 - 0.75) / 1.75)
