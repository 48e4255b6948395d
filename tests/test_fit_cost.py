"""What a fit does beside its steps is done once where it can be, and means the same."""

import threading

import numpy as np
import pytest
from helpers import needs_sklearn
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target

from skfnn import FNNClassifier
from skfnn._engine.objective.targets import ClassTarget
from skfnn._estimators.preparation import random_stream
from skfnn._sklearn import InvalidParameterError, validate_params
from skfnn.optimizers import Adam

N = np.arange(40)


@pytest.mark.parametrize(
    "y",
    [N % 2, N % 3, (N % 3).astype(np.uint8), N % 2 == 0, np.array(["b", "a", "c"])[N % 3],
     (N % 3).astype(float), np.array(["b", "a"], object)[N % 2], N[:2] % 2, N[:1], N % 19],
    ids=str,
)  # fmt: skip
def test_labels_are_those_of_scikit_learn(y):
    target = ClassTarget(y)
    assert target.kind == type_of_target(y) or len(y) == 1
    np.testing.assert_array_equal(target.classes, np.unique(y))
    assert target.classes.dtype == np.unique(y).dtype
    np.testing.assert_array_equal(target.classes[target.encode(y)], y)
    assert target.knows(y) or y.dtype.kind not in "biuU"


def test_labels_that_may_be_no_classes_are_refused():
    with pytest.raises(ValueError, match="Unknown label type"):
        ClassTarget(N + 0.5)


@needs_sklearn("1.7", "it did not warn of so many classes")
def test_labels_that_may_be_no_classes_get_scikit_learns_word():
    with pytest.warns(UserWarning, match="unique classes is greater than 50%"):
        ClassTarget(N)


def test_unseen_labels_are_named():
    model = FNNClassifier(max_iter=1, warm_start=True).partial_fit(
        np.eye(40), N % 2, classes=[0, 1]
    )
    with pytest.raises(ValueError, match=r"classes not in `self.classes_`.*\[2\]"):
        model.partial_fit(np.eye(40), N % 3)


def test_what_was_valid_is_not_looked_at_again_and_what_is_not_is():
    validate_params(Adam(0.01))
    for wrong in (-0.01, "0.01", np.array([0.01])):
        for _ in range(2):
            with pytest.raises(InvalidParameterError, match="learning_rate"):
                validate_params(Adam(wrong))
    model = FNNClassifier(max_iter=1)
    validate_params(model)
    for name, wrong in {"max_iter": 1.0, "early_stopping": 0, "warm_start": 0.0}.items():
        validate_params(model.set_params(**{name: model.get_params()[name]}))
        value = model.get_params()[name]
        with pytest.raises(InvalidParameterError, match=name):
            validate_params(model.set_params(**{name: wrong}))
        model.set_params(**{name: value})


def test_a_stream_of_a_number_is_that_of_check_random_state():
    expected = check_random_state(7).normal(size=5), check_random_state(7).randint(100)
    for _ in range(2):
        with random_stream(7) as rng:
            with random_stream(8) as other:  # a part that fits a network while it is drawn
                other.normal(size=3)  # leaves half of a pair behind
            np.testing.assert_array_equal(rng.normal(size=5), expected[0])
        with random_stream(np.int64(7)) as rng:
            assert rng.randint(100) == check_random_state(7).randint(100)
    own = np.random.RandomState(3)
    with random_stream(own) as rng:
        assert rng is own
    for wrong in (-1, 2**32):
        with pytest.raises(ValueError, match="Seed must be between"), random_stream(wrong):
            pass


def test_threads_do_not_share_a_stream():
    found = {}

    def draw(seed):
        for _ in range(200):
            with random_stream(seed) as rng:
                found.setdefault(seed, set()).add((rng.randint(10**9), rng.normal()))

    threads = [threading.Thread(target=draw, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(found[seed]) for seed in range(4)] == [1, 1, 1, 1]
