"""Bad input gets an error that says what is wrong. Legal, if ugly, input: test_ugly_input.py."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError

from skfnn import FNNClassifier, FNNRegressor
from skfnn.activations import ELU, ReLU
from skfnn.initializers import HeNormal
from skfnn.layers import BatchNorm, Dense, Dropout, SharedEnsemble, Skip
from skfnn.losses import Hinge, Huber, LogLoss, Poisson
from skfnn.metrics import Accuracy
from skfnn.optimizers import Adam, RMSProp
from skfnn.schedules import Cosine, OneCycle

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 40
X = np.random.default_rng(0).normal(size=(N, 3))
Y = np.arange(N) % 2
Y3 = np.arange(N) % 3
R = X[:, 0] + 1.0
LABELS = np.c_[Y, 1 - Y]


def classifier(**params):
    return FNNClassifier(**{"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0, **params})


def regressor(**params):
    return FNNRegressor(**{"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0, **params})


def refused(call, *said):
    """Check that a call is an error whose message holds every one of the words ``said``."""
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    message = str(caught.value)
    missing = [word for word in said if word not in message]
    assert not missing, f"{missing} not in {type(caught.value).__name__}: {message}"


def spoiled(array, value):
    array = np.array(array, dtype=float)
    array.flat[5] = value
    return array


# ------------------------------------------------------------------ data

BAD_NUMBER = pytest.mark.parametrize(
    ("value", "word"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")]
)
BOTH = pytest.mark.parametrize("make", [classifier, regressor])


@BAD_NUMBER
@BOTH
def test_x_that_is_not_finite(make, value, word):
    refused(lambda: make().fit(spoiled(X, value), Y), "X", word)
    refused(lambda: make().fit(sparse.csr_array(spoiled(X, value)), Y), "X", word)
    model = make().fit(X, Y)
    refused(lambda: model.predict(spoiled(X, value)), "X", word)
    refused(lambda: model.partial_fit(spoiled(X, value), Y), "X", word)
    refused(lambda: model.evaluate(spoiled(X, value), Y), "X", word)


@BAD_NUMBER
@BOTH
def test_validation_data_that_is_not_finite(make, value, word):
    refused(lambda: make().fit(X, Y, X_val=spoiled(X, value), y_val=Y), "X_val", word)
    refused(lambda: make().fit(X, Y, X_val=X, y_val=spoiled(Y, value)), "y_val", word)


@BAD_NUMBER
@BOTH
def test_y_that_is_not_finite(make, value, word):
    refused(lambda: make().fit(X, spoiled(Y, value)), "y", word)


@BOTH
@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (X[:0], ["0 sample(s)", "minimum of 1"]),
        (X[:, :0], ["0 feature(s)", "minimum of 1"]),
        (X[:, :, None], ["3 dimensions", "(n_samples, n_features)", "Put Flatten first"]),
        (X[:, 0], ["Expected 2D array", "1D array"]),
        (X + 1j, ["Complex data not supported"]),
    ],
    ids=["no rows", "no columns", "3 dims", "1 dim", "complex"],
)
def test_x_of_a_wrong_shape(make, bad, said):
    refused(lambda: make().fit(bad, Y[: len(bad)]), *said)


@BOTH
@pytest.mark.parametrize("method", ["predict", "partial_fit", "evaluate", "score"])
def test_wrong_number_of_features(make, method):
    model = make().fit(X, Y)
    y = () if method == "predict" else (Y,)
    refused(lambda: getattr(model, method)(X[:, :2], *y), "2 features", "expecting 3 features")


@BOTH
def test_x_and_y_of_different_lengths(make):
    refused(lambda: make().fit(X, Y[:-1]), "numbers of samples", "40", "39")
    refused(lambda: make().fit(X, None), "y", "None")


def test_continuous_labels():
    refused(lambda: classifier().fit(X, R), "continuous")


@pytest.mark.parametrize(
    ("loss", "y", "allowed"),
    [
        ("poisson", R - 10, "y >= 0"),
        (Poisson(), -R, "y >= 0"),
        ("gamma", np.where(Y, 1.0, 0.0), "y > 0"),
        ("gamma", R - 10, "y > 0"),
    ],
    ids=str,
)
def test_y_outside_the_range_of_the_loss(loss, y, allowed):
    model = regressor(loss=loss)
    refused(lambda: model.fit(X, y), f"loss={loss!r}", allowed, str(y.min()))
    refused(lambda: model.fit(X, abs(R) + 1, X_val=X, y_val=y), "y_val", allowed)
    refused(lambda: model.partial_fit(X, y), f"loss={loss!r}", allowed)


BAD_WEIGHT = pytest.mark.parametrize(
    ("weight", "said"),
    [
        (np.ones(5), ["(5,)", "(40,)"]),
        (-np.ones(N), ["Negative"]),
        (np.r_[-1.0, np.ones(N - 1)], ["Negative"]),
        (np.zeros(N), ["non-zero"]),
        (np.full(N, np.nan), ["NaN"]),
        (np.ones((N, 2)), ["1D array"]),
    ],
    ids=["length", "negative", "one negative", "zero", "nan", "2 dims"],
)


@BAD_WEIGHT
@BOTH
def test_sample_weight(make, weight, said):
    refused(lambda: make().fit(X, Y, sample_weight=weight), *said)
    model = make().fit(X, Y)
    refused(lambda: model.partial_fit(X, Y, sample_weight=weight), *said)


@BAD_WEIGHT
@BOTH
def test_sample_weight_of_evaluate(make, weight, said):
    model = make().fit(X, Y)
    refused(lambda: model.evaluate(X, Y, sample_weight=weight), *said)


@BAD_WEIGHT
@BOTH
def test_sample_weight_of_validation_data(make, weight, said):
    given = {"X_val": X, "y_val": Y, "sample_weight_val": weight}
    refused(lambda: make().fit(X, Y, **given), "sample_weight_val", *said)


# ------------------------------------------------------------------ validation data


@BOTH
@pytest.mark.parametrize(
    "given",
    [
        {"X_val": X},
        {"y_val": Y},
        {"sample_weight_val": np.ones(N)},
        {"X_val": X, "sample_weight_val": np.ones(N)},
    ],
    ids=lambda given: "+".join(given),
)
def test_validation_data_in_part(make, given):
    refused(lambda: make().fit(X, Y, **given), "X_val and y_val must be given together")


@pytest.mark.parametrize(
    ("y_val", "said"),
    [(Y3, ["[2]"]), (np.array(["no", "yes"])[Y], ["no", "yes"]), (LABELS, ["(40, 2)"])],
    ids=["label", "strings", "multilabel"],
)
def test_labels_of_validation_data_that_training_has_not(y_val, said):
    refused(lambda: classifier().fit(X, Y, X_val=X, y_val=y_val), "y_val", *said)


@pytest.mark.parametrize("how", ["validate", "evaluate", "partial_fit"])
@pytest.mark.parametrize(
    ("make", "y", "other"),
    [
        (classifier, LABELS, Y),
        (classifier, LABELS, np.c_[LABELS, Y]),
        (classifier, LABELS, 5 * LABELS),
        (regressor, np.c_[R, R], R),
        (regressor, R, np.c_[R, R]),
        (regressor, np.c_[R, R], np.c_[R, R, R]),
    ],
    ids=["1 label", "3 labels", "not 0 / 1", "1 output", "2 outputs", "3 outputs"],
)
def test_targets_of_another_kind(make, y, other, how):
    if how == "validate":
        refused(lambda: make().fit(X, y, X_val=X, y_val=other), "y_val")
    else:
        model = make().fit(X, y)
        refused(lambda: getattr(model, how)(X, other), "y ")


@BOTH
def test_validation_data_of_another_width(make):
    refused(lambda: make().fit(X, Y, X_val=X[:, :2], y_val=Y), "X_val", "2 features", "3 features")
    refused(lambda: make().fit(X, Y, X_val=X, y_val=Y[:-1]), "y_val", "40", "39")


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(("make", "n"), [(classifier, 1), (regressor, 1), (regressor, 5)])
def test_too_few_rows_for_early_stopping(make, n, solver):
    model = make(early_stopping=True, solver=solver)
    refused(lambda: model.fit(X[:n], Y[:n]), "validation set is too small", "validation_fraction")


@BOTH
def test_no_validation_fraction(make):
    model = make(early_stopping=True, validation_fraction=0.0)
    refused(lambda: model.fit(X, Y), "validation_fraction", "0.0")


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("parameter", "value", "close", "also"),
    [
        ("activation", "relux", "relu", {}),
        ("activation", ("tanhh",), "tanh", {}),
        ("solver", "adan", "adam", {}),
        ("solver", "lbgfs", "lbfgs", {}),
        ("solver", "rmsporp", "rmsprop", {}),
        ("loss", "log_los", "log_loss", {}),
        ("learning_rate", "cosin", "cosine", {}),
        ("learning_rate", "adaptiv", "adaptive", {"solver": "lbfgs"}),
        ("initializer", "he_unifrm", "he_uniform", {}),
        ("scoring", "acuracy", "accuracy", {"early_stopping": True}),
        ("scoring", "f1_weigted", "f1_weighted", {"early_stopping": True}),
        ("metrics", "acuracy", "accuracy", {}),
        ("metrics", ["roc_acu"], "roc_auc", {}),
    ],
    ids=str,
)
def test_unknown_name_close_to_a_known_one(parameter, value, close, also):
    given = value if isinstance(value, str) else value[0]
    refused(
        lambda: classifier(**{parameter: value}, **also).fit(X, Y),
        f"{parameter}={given!r}",
        f"Did you mean {close!r}?",
    )


@pytest.mark.parametrize(
    ("parameter", "allowed"),
    [
        ("activation", "'relu'"),
        ("solver", "'adam'"),
        ("loss", "'log_loss'"),
        ("learning_rate", "'constant'"),
        ("initializer", "'he_normal'"),
        ("batch_norm", "'before'"),
        ("scoring", "'accuracy'"),
        ("metrics", "'accuracy'"),
        ("dtype", "'float32'"),
        ("batch_size", "'auto'"),
        ("class_weight", "'balanced'"),
    ],
)
def test_unknown_name_close_to_none(parameter, allowed):
    model = classifier(**{parameter: "xyzzy"}, early_stopping=parameter == "scoring")
    with pytest.raises(ValueError, match=f"{parameter}.*'xyzzy'") as caught:
        model.fit(X, Y)
    assert allowed in str(caught.value)
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("solver", Adam),
        ("activation", ReLU),
        ("activation", [ReLU]),
        ("loss", LogLoss),
        ("learning_rate", Cosine),
        ("initializer", HeNormal),
        ("hidden_layers", [BatchNorm]),
        ("metrics", Accuracy),
        ("metrics", [Accuracy]),
        ("scoring", Accuracy),
    ],
    ids=str,
)
def test_a_class_in_place_of_an_instance(parameter, value):
    default = {"hidden_layer_sizes": (100,)} if parameter == "hidden_layers" else {}
    model = classifier(**{parameter: value}, **default, early_stopping=parameter == "scoring")
    name = value[0].__name__ if isinstance(value, list) else value.__name__
    refused(lambda: model.fit(X, Y), parameter, name, "instance")


@pytest.mark.parametrize("value", ["r2", "mae"])
def test_a_metric_for_the_other_kind_of_estimator(value):
    refused(lambda: classifier(metrics=value).fit(X, Y), f"metrics={value!r}", "regression")
    refused(lambda: regressor(metrics=["acc"]).fit(X, R), "metrics='acc'", "classification")


@pytest.mark.parametrize(
    ("make", "loss", "allowed"),
    [
        (classifier, "poisson", "'log_loss'"),
        (classifier, "huber", "'hinge'"),
        (classifier, Huber(delta=2.0), "'squared_error'"),
        (regressor, "hinge", "'huber'"),
        (regressor, "log_loss", "'squared_error'"),
        (regressor, Hinge(), "'poisson'"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_loss_for_the_other_kind_of_estimator(make, loss, allowed):
    model = make(loss=loss)
    refused(lambda: model.fit(X, Y), f"loss={loss!r}", type(model).__name__, allowed)


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("params", "allowed"),
    [
        ({"dropout": 1}, "[0"),
        ({"dropout": 1.0}, "[0"),
        ({"dropout": -0.1}, "[0"),
        ({"dropout": [1.0]}, "[0, 1)"),
        ({"dropout": ["a"]}, "[0, 1)"),
        ({"dropout": [0.1, 0.2]}, "one for each of the 1 hidden layers"),
        ({"activation": ["relu", "tanh"]}, "one for each of the 1 hidden layers"),
        ({"activation": []}, "one for each of the 1 hidden layers"),
        ({"alpha": -1}, "[0"),
        ({"alpha": np.nan}, "[0"),
        ({"alpha": np.inf}, "[0"),
        ({"hidden_layer_sizes": 0}, "[1, inf)"),
        ({"hidden_layer_sizes": -3}, "[1, inf)"),
        ({"hidden_layer_sizes": 3.0}, "int"),
        ({"hidden_layer_sizes": "abc"}, "int"),
        ({"hidden_layer_sizes": (3.0,)}, "integers > 0"),
        ({"hidden_layer_sizes": ("3",)}, "integers > 0"),
        ({"hidden_layer_sizes": True}, "integers > 0"),
        ({"hidden_layer_sizes": [3, 0]}, "> 0"),
        ({"hidden_layer_sizes": [3, -2]}, "> 0"),
        ({"label_smoothing": 1}, "[0"),
        ({"clip_norm": 0}, "(0"),
        ({"learning_rate_init": 0}, "(0"),
        ({"max_iter": 0}, "[1, inf)"),
        ({"batch_size": 0}, "[1, inf)"),
        ({"n_iter_no_change": 0}, "[1, inf)"),
        ({"validation_fraction": 1.0}, "[0"),
        ({"rho": 1.0, "solver": "rmsprop"}, "[0"),
        ({"batch_norm": True}, "'before'"),
        ({"skip_connections": "yes"}, "bool"),
        ({"solver": None}, "skfnn.optimizers.Optimizer"),
        ({"learning_rate": 0.1}, "skfnn.schedules.Schedule"),
    ],
    ids=str,
)
def test_a_value_out_of_range(params, allowed):
    (parameter, value) = next(iter(params.items()))
    refused(lambda: classifier(**params).fit(X, Y), parameter, repr(value), allowed)


@pytest.mark.parametrize(
    ("params", "owner", "name", "value"),
    [
        ({"solver": Adam(beta_1=2)}, "Adam", "beta_1", 2),
        ({"solver": Adam(learning_rate=-1)}, "Adam", "learning_rate", -1),
        ({"activation": ELU(alpha=-1)}, "ELU", "alpha", -1),
        ({"activation": ["relu", ELU(alpha=-2)]}, "ELU", "alpha", -2),
        ({"learning_rate": OneCycle(warmup=2)}, "OneCycle", "warmup", 2),
        ({"loss": Huber(delta=-1)}, "Huber", "delta", -1),
        ({"hidden_layers": [Dense(0)]}, "Dense", "units", 0),
        ({"hidden_layers": [Dense(3.5)]}, "Dense", "units", 3.5),
        ({"hidden_layers": [Dense(3, ELU(alpha=-1))]}, "ELU", "alpha", -1),
        ({"hidden_layers": [Skip([Dropout(1)])]}, "Dropout", "rate", 1),
        ({"hidden_layers": [Skip([Skip([BatchNorm(momentum=2)])])]}, "BatchNorm", "momentum", 2),
        ({"hidden_layers": [Dense(3, "relux")]}, "Did you mean 'relu'?", "activation", "relux"),
        ({"hidden_layers": [Skip(3)]}, "Skip", "layers", 3),
        ({"hidden_layers": [Skip([])]}, "Skip", "layers", []),
        ({"hidden_layers": [SharedEnsemble(2, [])]}, "SharedEnsemble", "layers", []),
        ({"hidden_layers": [SharedEnsemble(2, [Dropout(1)])]}, "Dropout", "rate", 1),
    ],
    ids=str,
)
def test_a_bad_value_inside_an_object(params, owner, name, value):
    sizes = (4, 4) if isinstance(params.get("activation"), list) else (100,)
    model = regressor(**params, hidden_layer_sizes=sizes)
    refused(lambda: model.fit(X, R), owner, name, repr(value))


@pytest.mark.parametrize("bad", [3, "relu", Adam(), None], ids=str)
def test_something_else_among_the_layers(bad):
    for layers in ([bad], [Dense(3), bad], [Skip([Dense(3), bad])]):
        model = classifier(hidden_layers=layers, hidden_layer_sizes=(100,))
        refused(lambda model=model: model.fit(X, Y), "hidden_layers", repr(bad), "Layer")
    refused(
        lambda: classifier(hidden_layers=Dense(3), hidden_layer_sizes=(100,)).fit(X, Y),
        "hidden_layers",
        "array-like",
    )


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("hidden_layer_sizes", (4,)),
        ("activation", "tanh"),
        ("dropout", 0.1),
        ("batch_norm", "after"),
        ("skip_connections", True),
        ("initializer", "he_normal"),
    ],
)
def test_layers_beside_what_they_replace(parameter, value):
    model = FNNClassifier(hidden_layers=[Dense(3)], **{parameter: value})
    refused(lambda: model.fit(X, Y), "hidden_layers", f"{parameter}={value!r}", "one of them")


# ------------------------------------------------------------------ class weights


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({0: 1.0, 7: 2.0}, "[7]"),
        ({"0": 1.0}, "['0']"),
        ({0: -1}, "-1"),
        ({0: np.nan}, "nan"),
        ({0: "heavy"}, "heavy"),
        ({0: 0, 1: 0}, "{0: 0, 1: 0}"),
        ("balance", "'balanced'"),
        ([1, 2], "dict"),
    ],
    ids=str,
)
def test_class_weight(weights, said):
    refused(lambda: classifier(class_weight=weights).fit(X, Y), "class_weight", said)


@pytest.mark.parametrize("weights", ["balanced", {0: 2.0}], ids=str)
def test_class_weight_of_several_labels(weights):
    refused(
        lambda: classifier(class_weight=weights).fit(X, LABELS),
        f"class_weight={weights!r}",
        "multilabel",
        "sample_weight",
    )


def test_balanced_class_weight_in_partial_fit():
    refused(
        lambda: classifier(class_weight="balanced").partial_fit(X, Y, classes=[0, 1]),
        "class_weight='balanced'",
        "partial_fit",
        "dict",
    )


# ------------------------------------------------------------------ options without effect


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"dropout": 0.1, "solver": "lbfgs"}, ["dropout=0.1", "solver='lbfgs'", "minibatch"]),
        ({"clip_norm": 1.0, "solver": "lbfgs"}, ["clip_norm=1.0", "solver='lbfgs'", "'adam'"]),
        ({"learning_rate": "cosine", "solver": "lbfgs"}, ["learning_rate='cosine'", "'lbfgs'"]),
        ({"learning_rate": OneCycle(), "solver": "lbfgs"}, ["learning_rate=OneCycle()", "'lbfgs'"]),
        ({"rho": 0.8}, ["rho=0.8", "solver='adam'", "'rmsprop'"]),
        ({"rho": 0.8, "solver": "lbfgs"}, ["rho=0.8", "solver='lbfgs'", "'rmsprop'"]),
        ({"rho": 0.8, "solver": "auto"}, ["rho=0.8", "solver='auto'", "'rmsprop'"]),
        ({"rho": 0.8, "solver": RMSProp()}, ["rho=0.8", "solver=RMSProp()"]),
        ({"scoring": "accuracy"}, ["scoring='accuracy'", "early_stopping=False"]),
        ({"scoring": "loss"}, ["scoring='loss'", "early_stopping=False"]),
        ({"label_smoothing": 0.1, "loss": "hinge"}, ["label_smoothing=0.1", "loss='hinge'"]),
        ({"label_smoothing": 0.1, "loss": "perceptron"}, ["label_smoothing=0.1", "'perceptron'"]),
        ({"dropout": 0.1, "hidden_layer_sizes": ()}, ["dropout=0.1", "hidden_layer_sizes=()"]),
        ({"batch_norm": "after", "hidden_layer_sizes": []}, ["batch_norm='after'", "hidden_layer"]),
        ({"skip_connections": True, "hidden_layer_sizes": ()}, ["skip_connections=True"]),
        (
            {"learning_rate_init": 0.1, "solver": Adam(learning_rate=0.2)},
            ["learning_rate_init=0.1", "Adam(learning_rate=0.2)", "one of them"],
        ),
    ],
    ids=str,
)
def test_a_new_option_without_effect(params, said):
    refused(lambda: classifier(**params).fit(X, Y), *said)


@pytest.mark.parametrize("inside", [[Dropout(0.1)], [Skip([Dense(3), Dropout(0.1)])]], ids=str)
def test_dropout_layers_with_lbfgs(inside):
    model = FNNClassifier(hidden_layers=inside, solver="lbfgs")
    refused(lambda: model.fit(X, Y), "solver='lbfgs'", "dropout", "minibatch")


# ------------------------------------------------------------------ the order of calls


@BOTH
@pytest.mark.parametrize("method", ["predict", "score", "evaluate", "summary", "step_listing"])
def test_before_fit(make, method):
    arguments = {"predict": (X,), "score": (X, Y), "evaluate": (X, Y)}.get(method, ())
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(make(), method)(*arguments)
    assert not hasattr(make(), "coefs_")
    assert not hasattr(make(), "history_")


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba", "decision_function"])
def test_probabilities_before_fit(method):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(classifier(), method)(X)


def test_partial_fit_and_classes():
    refused(lambda: classifier().partial_fit(X, Y), "classes must be passed")
    refused(lambda: classifier().partial_fit(X, Y3, classes=[0, 1]), "[2]", "[0 1]")
    model = classifier().partial_fit(X, Y, classes=[0, 1])
    refused(lambda: model.partial_fit(X, Y, classes=[0, 2]), "classes=[0, 2]", "[0, 1]")
    refused(lambda: model.partial_fit(X, Y3), "[2]", "[0 1]")


@BOTH
def test_partial_fit_and_solvers(make):
    kwargs = {"classes": [0, 1]} if make is classifier else {}
    model = make(early_stopping=True)
    refused(lambda: model.partial_fit(X, Y, **kwargs), "partial_fit", "early_stopping=True")
    model = make(solver="lbfgs").fit(X, Y)
    with pytest.raises(AttributeError, match="partial_fit"):
        model.partial_fit(X, Y)


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba"])
@pytest.mark.parametrize("loss", ["hinge", "perceptron", Hinge()], ids=str)
def test_no_probabilities_for_margin_losses(loss, method):
    model = classifier(loss=loss)
    assert not hasattr(model, method)
    assert not hasattr(model.fit(X, Y), method)
    assert hasattr(classifier(), method)


@BOTH
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(
    "changed",
    [
        {"hidden_layer_sizes": (5,)},
        {"hidden_layer_sizes": (4, 4)},
        {"batch_norm": "before"},
        {"skip_connections": True},
        {"hidden_layer_sizes": (100,), "hidden_layers": [Dense(3)]},
    ],
    ids=str,
)
def test_warm_start_with_another_architecture(make, solver, changed):
    model = make(warm_start=True, solver=solver).fit(X, Y)
    refused(lambda: model.set_params(**changed).fit(X, Y), "warm_start", "hidden layers")


@pytest.mark.parametrize("y", [Y3, Y * 0, np.array(["a", "b"])[Y]], ids=["more", "fewer", "names"])
def test_warm_start_with_other_classes(y):
    model = classifier(warm_start=True).fit(X, Y)
    refused(lambda: model.fit(X, y), "warm_start", "same classes", "[0 1]")


def test_warm_start_with_other_outputs_or_features():
    model = regressor(warm_start=True).fit(X, R)
    refused(lambda: model.fit(X, np.c_[R, R]), "1 output", "2")
    refused(lambda: model.fit(X[:, :2], R), "2 features", "3 features")
