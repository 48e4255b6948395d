"""What stands in for what an old scikit-learn lacks, shown on the one that is installed."""

import subprocess
import sys
import textwrap

# scikit-learn's own modules need the one that is hidden.
HIDDEN = """
import sys
from sklearn.utils import discovery
discovery.all_estimators()
sys.modules["sklearn.callback"] = None
"""


def run(code):
    """Run code in a new process, in which scikit-learn has no callbacks."""
    subprocess.run([sys.executable, "-c", HIDDEN + textwrap.dedent(code)], check=True, timeout=300)


def test_without_callbacks_everything_else_works():
    run(
        """
        import copy, pickle
        import numpy as np
        from skfnn import FNNClassifier, TabularFNNClassifier
        from skfnn.callbacks import EarlyStopping

        rng = np.random.default_rng(0)
        X = rng.normal(size=(60, 3))
        y = X[:, 0] > 0
        for model in (
            FNNClassifier((4,), tol=1e9, n_iter_no_change=2),
            FNNClassifier((4,), solver="lbfgs", tol=1e9),
            TabularFNNClassifier(n_members=2, max_iter=2, n_jobs=1),
        ):
            model.fit(X, y)
            assert model.set_callbacks() is model
            again = pickle.loads(pickle.dumps(copy.deepcopy(model)))
            np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
            before = dict(vars(model))
            try:
                model.set_callbacks(EarlyStopping("loss"))
            except ImportError as error:
                assert "set_callbacks needs scikit-learn >= 1.9" in str(error), error
            else:
                raise AssertionError("no error")
            assert vars(model) == before
        model = FNNClassifier((4,)).partial_fit(X, y, classes=[False, True])
        assert len(model.history_) == 1
        """
    )


def test_weights_that_are_all_zero_are_refused_by_every_version(monkeypatch):
    import numpy as np
    import pytest

    from skfnn import _sklearn

    # As before 1.9, where scikit-learn let them pass.
    monkeypatch.setattr(_sklearn, "_check_sample_weight", lambda weight, X: np.asarray(weight))
    with pytest.raises(ValueError, match="at least one non-zero"):
        _sklearn.check_sample_weight([0.0, 0.0], [[1], [2]])
    assert _sklearn.check_sample_weight([0.0, 2.0], [[1], [2]]).tolist() == [0, 2]
