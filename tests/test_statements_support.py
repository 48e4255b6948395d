"""What the statements of the support of all parts mean."""

import pickle
import warnings
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skfnn import FNNRegressor
from skfnn._engine.support import version
from skfnn._engine.support.atomic import all_or_nothing
from skfnn._engine.support.component import Component, Registry, _is_foreign, plain, unknown
from skfnn._engine.support.documentation import ADDRESS, address
from skfnn._engine.support.keys import Items, as_dicts, as_items
from skfnn._engine.support.publish import publish
from skfnn._engine.support.retire import retired
from skfnn._engine.support.warn import warn


def test_names_are_compared_without_case_and_strokes():
    assert plain("Mean_Squared-Error") == "meansquarederror"
    registry = Registry({"relu": 1, "mean_squared_error": 2, "a_b": 3, "ab": 4})
    assert registry["ReLU"] == 1
    assert registry["MeanSquaredError"] == registry.get("mean-squared-error") == 2
    assert "RELU" in registry
    assert (registry["ab"], registry["a_b"]) == (4, 3)
    for name in ("A-B", "other", 5, None):  # the first is like two of them
        assert name not in registry
        assert registry.get(name, 7) == 7
        with pytest.raises(KeyError):
            registry[name]


def test_unknown_names_get_the_nearest_as_a_hint():
    found = unknown("loss", "hubber", "loss", ["huber", "hinge", "huber"])
    assert found == (
        "loss='hubber' is not a known loss. Did you mean 'huber'? Allowed are ['hinge', 'huber']"
    )
    assert "Did you mean" not in unknown("loss", "xyz", "loss", ["huber"])


class HeldNumber(Component, registered=False):
    """A component of two numbers, of a family that has no names."""

    registry: ClassVar[dict] = {}

    def __init__(self, b, a=1):
        self.a, self.b = a, b


def test_a_name_of_the_package_is_replaced_by_its_own_class_alone():
    def made(name, module):
        return type(name, (), {"__module__": module, "__qualname__": name})

    ours, again = made("Ours", "skfnn.layers"), made("Ours", "skfnn.layers._new")
    another, users = made("Another", "skfnn.layers"), made("Ours", "users.module")
    assert not _is_foreign(again, ours)
    assert _is_foreign(another, ours)
    assert _is_foreign(users, ours)
    assert not _is_foreign(ours, users)
    assert not _is_foreign(made("Other", "users"), users)


def test_components_of_a_family():
    class Family(Component):
        family = "thing"

    class Hidden(Family):
        def __init__(self, a=1):
            self.a = a

    class One(Hidden):
        name = "one"
        aliases = ("first", "uno")

    class Two(One, registered=False):
        name = "two"

    class Three(One):
        """Its name is inherited: it is found by none."""

    assert Family.members() == [One]
    assert sorted(Family.registry) == ["first", "one", "uno"]
    assert type(Family.resolve("UNO", "p", {"a": 5, "b": 6})) is One
    assert Family.resolve("uno", "p", {"a": 5, "b": 6}).a == 5
    two = Two()
    assert Family.resolve(two, "p") is two
    with pytest.raises(ValueError, match="p='zwei' is not a known thing"):
        Family.resolve("zwei", "p")
    with pytest.raises(TypeError, match=r"Pass an instance: p=Three\(\)"):
        Family.resolve(Three, "p")
    with pytest.raises(TypeError, match=r"Got <.*>\.$|Got <function"):
        Family.resolve(lambda: 1, "p")
    Family.of_function = staticmethod(lambda function: Two(a=function))
    assert Family.resolve(len, "p").a is len
    with pytest.raises(TypeError, match="p must be one of"):
        Family.resolve(int, "p")
    assert pickle.loads(pickle.dumps(HeldNumber(5, a=7))).get_params() == {"a": 7, "b": 5}
    bare = HeldNumber.__new__(HeldNumber)
    bare.__setstate__({"a": 7})  # of b there is no default
    assert vars(bare) == {"a": 7}
    saved = Two(a=7).__getstate__()
    del saved["a"]
    again = Two.__new__(Two)
    again.__setstate__(saved)
    assert again.a == 1


def test_dictionaries_whose_keys_are_not_kept_become_pairs():
    for key in (True, np.bool_(True), (1, 2), None):
        found = as_items({"a": 1, key: 2})
        assert found.pairs == [("a", 1), (key, 2)]
        assert as_dicts(found) == {"a": 1, key: 2}
    for same in ({"a": 1}, {1: 2.0}, [1, 2], "text", [], {}):
        assert as_items(same) is same
        assert as_dicts(same) is same
    several = as_items([{None: 1}, {"a": 2}, 3])
    assert type(several[0]) is Items
    assert several[1:] == [{"a": 2}, 3]
    assert as_dicts(several) == [{None: 1}, {"a": 2}, 3]


def test_public_names_of_classes_and_functions(monkeypatch):
    import sys
    import types

    def thing(name, module):
        return type(name, (), {"__module__": module})

    module = types.ModuleType("skfnn.playing")
    module.Ours = thing("Ours", "skfnn._inner.ours")
    module.Public = thing("Public", "skfnn.layers")
    module.Theirs = thing("Theirs", "numpy._core")
    module.number = 5
    monkeypatch.setitem(sys.modules, "skfnn.playing", module)
    publish("skfnn.playing", ["Ours", "Public", "Theirs", "number"])
    names = [module.Ours.__module__, module.Public.__module__, module.Theirs.__module__]
    assert names == ["skfnn.playing", "skfnn.layers", "numpy._core"]


def test_retired_names_are_found_with_a_warning(monkeypatch):
    import sys
    import types

    module = types.ModuleType("skfnn.playing")

    class Old:
        pass

    module.Old = Old
    monkeypatch.setitem(sys.modules, "skfnn.playing", module)
    find = retired("skfnn.playing", {Old: "Write New."})
    assert not hasattr(module, "Old")
    with pytest.warns(FutureWarning, match="skfnn.playing.Old will be gone in 0.4. Write New."):
        assert find("Old") is Old
    with pytest.raises(AttributeError, match="has no attribute 'New'"):
        find("New")


def test_warnings_point_at_the_line_of_the_user():
    inner = {"__name__": "skfnn.somewhere", "warn": warn}
    exec("def told(message, *category):\n    warn(message, *category)", inner)
    outer = {"__name__": "sklearn.other", "told": inner["told"]}
    exec("def call(*given):\n    told(*given)", outer)
    for call in (inner["told"], outer["call"], warn):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            call("look")
        assert found[0].filename == __file__
        assert found[0].category is UserWarning
    with pytest.warns(FutureWarning, match="soon"):
        warn("soon", FutureWarning)
    with pytest.warns(DeprecationWarning, match="own"):
        warn(DeprecationWarning("own"))


def test_what_is_saved_knows_the_version():
    class Saved(version.Versioned, BaseEstimator):
        pass

    ours = version._version()
    state = version.stamped({"a": {None: 1}, "b": 2})
    assert state["_skfnn_version"] == ours
    assert type(state["a"]) is Items
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert version.checked(Saved, state) == {"a": {None: 1}, "b": 2}
    for other, shown in ({**state, "_skfnn_version": "0.0.1"}, "0.0.1"), ({"b": 2}, "before 0.2.0"):
        with pytest.warns(version.InconsistentVersionWarning, match=f"by skfnn {shown}") as found:
            Saved().__setstate__(other)
        assert found[0].filename == __file__
        assert found[0].message.estimator_name == "Saved"
        assert found[0].message.current_version == ours


def test_a_fit_sets_all_attributes_or_none():
    class Model:
        def __init__(self):
            self.a = 1

        @all_or_nothing
        def fit(self, fail=False, returned=None):
            """Fit."""
            self.a, self.b = 2, 3
            if fail:
                raise ValueError("no")
            return self if returned is None else returned

        @all_or_nothing
        def quietly(self):
            self.a = 5

    model = Model()
    with pytest.raises(ValueError, match="no"):
        model.fit(fail=True)
    assert vars(model) == {"a": 1}
    assert model.fit() is model
    assert vars(model) == {"a": 2, "b": 3}
    assert model.fit(returned=7) == 7
    assert model.quietly() is model
    assert model.a == 5
    assert Model.fit.__doc__ == "Fit."


def test_where_the_documentation_is(monkeypatch, tmp_path):
    page = FNNRegressor()._doc_link_template
    assert page == f"{address()}/api/skfnn.{{estimator_name}}.html"
    monkeypatch.delenv("SKFNN_DOCS", raising=False)
    assert address() == ADDRESS
    monkeypatch.setenv("SKFNN_DOCS", "https://example.org/docs/")
    assert address() == "https://example.org/docs"
    monkeypatch.setenv("SKFNN_DOCS", str(tmp_path))
    assert address() == tmp_path.resolve().as_uri()
