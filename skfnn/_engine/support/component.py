"""Components: named bundles of hyper-parameters, kept in a registry for each family.

An activation, a loss, an optimizer, a schedule, an initializer, a metric and a layer are
components. A component holds hyper-parameters only, so that it clones, prints, pickles and takes
part in a grid search (``GridSearchCV(FNNClassifier(solver=Adam()), {"solver__beta_1": ...})``).
To add one, write a subclass with a ``name``: every lookup, error message, table of the
documentation and test over the registries then includes it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from functools import cache
from inspect import Parameter, signature
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

from ..._sklearn import validate_params


def unknown(parameter: str, name: str, what: str, allowed: Iterable[str]) -> str:
    """Return the beginning of an error message about a name that is not among those allowed."""
    allowed = sorted(set(allowed))
    close = difflib.get_close_matches(name, allowed, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"{parameter}={name!r} is not a known {what}.{hint} Allowed are {allowed}"


def _is_foreign(cls, known):
    """Return whether a class would replace one of the package's: not one defined again."""
    ours, theirs = (c.__module__.partition(".")[0] == "skfnn" for c in (known, cls))
    return ours and not (theirs and cls.__qualname__ == known.__qualname__)


def plain(name: str) -> str:
    """Return a name in the spelling by which names are compared: no case, "_" or "-"."""
    return name.lower().replace("_", "").replace("-", "")


class Registry(dict[str, Any]):
    """Classes by their names, which are found whatever their case, as textbooks write them.

    "ReLU", "Huber", "L-BFGS" and "MeanSquaredError" are "relu", "huber", "lbfgs" and
    "mean_squared_error". Where several names are alike, only the exact one is found.
    """

    def _key(self, name):
        if dict.__contains__(self, name) or not isinstance(name, str):
            return name
        alike = [known for known in self if plain(known) == plain(name)]
        return alike[0] if len(alike) == 1 else name

    def __contains__(self, name):
        return super().__contains__(self._key(name))

    def __missing__(self, name):
        key = self._key(name)
        if key == name:
            raise KeyError(name)
        return self[key]

    def get(self, name, default=None):
        """Return the class of a name, or ``default``."""
        key = self._key(name)
        return super().get(key, default)


class Component(BaseEstimator):
    """Base of all components.

    Attributes
    ----------
    name : str
        The name under which the component is found. A class without one is abstract; one that is
        declared with ``registered=False`` is found by no name.
    aliases : tuple of str
        Further names that mean the same.
    family : str
        What the component is: "activation", "loss", ...
    registry : Registry
        The family's classes by name and alias.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    family: ClassVar[str]
    registry: ClassVar[dict[str, type[Self]]]
    # Makes a component of a function, in a family whose parts can be given as one.
    of_function: ClassVar[Callable[..., Any] | None] = None
    _parameter_constraints: ClassVar[dict[str, list]] = {}

    def __init_subclass__(cls, registered=True, **kwargs):
        super().__init_subclass__(**kwargs)
        if "family" in vars(cls):
            cls.registry = Registry()
        if registered and isinstance(vars(cls).get("name"), str):
            for name in (cls.name, *cls.aliases):
                known = dict.get(cls.registry, name)
                if known is not None and _is_foreign(cls, known):
                    raise ValueError(
                        f"The {cls.family} {name!r} is {known.__module__}.{known.__qualname__}: "
                        f"give {cls.__qualname__} another name."
                    )
                cls.registry[name] = cls

    @classmethod
    @cache  # a look at the signature each time would be a part of a short fit
    def _get_param_names(cls):
        return super()._get_param_names()

    def __setstate__(self, state):
        """Take what was saved; parameters that an earlier version did not have are the defaults."""
        parameters = signature(type(self)).parameters
        new = {
            name: parameters[name].default for name in self._get_param_names()
            if name not in state and parameters[name].default is not Parameter.empty
        }  # fmt: skip
        super().__setstate__({**state, **new} if new else state)

    @classmethod
    def examples(cls) -> list[Self]:
        """Instances that together exercise every branch of the class; tests iterate over them."""
        return [cls()]

    @classmethod
    def members(cls) -> list[type[Self]]:
        """The family's classes, each once, in the order of definition."""
        return list(dict.fromkeys(cls.registry.values()))

    @classmethod
    def resolve(cls, spec: Any, parameter: str, defaults: dict[str, Any] | None = None) -> Self:
        """Turn a name or an instance into a checked instance.

        Parameters
        ----------
        spec : str, Component or callable
            A name of the family's registry, in any case, an instance of the family, or, where the
            family has ``of_function``, a function.
        parameter : str
            The user's parameter, for the error message.
        defaults : dict, optional
            Values for a component made from its name; those its constructor lacks are passed over.

        Returns
        -------
        Component
            ``spec`` itself if it is an instance.

        Raises
        ------
        ValueError
            If the name is unknown or a hyper-parameter out of range.
        TypeError
            If ``spec`` is neither a name nor an instance of the family.
        """
        if isinstance(spec, str):
            if spec not in cls.registry:
                raise ValueError(
                    unknown(parameter, spec, cls.family, cls.registry)
                    + f", or an instance of {cls.__module__}.{cls.__name__}."
                )
            known = cls.registry[spec]
            names = known._get_param_names()
            component = known(**{k: v for k, v in (defaults or {}).items() if k in names})
        elif isinstance(spec, cls):
            component = spec
        elif cls.of_function is not None and callable(spec) and not isinstance(spec, type):
            component = cls.of_function(spec)
        else:
            hint = ""
            if isinstance(spec, type) and issubclass(spec, cls):
                hint = f" Pass an instance: {parameter}={spec.__name__}()."
            raise TypeError(
                f"{parameter} must be one of {sorted(cls.registry)} or an instance of "
                f"{cls.__module__}.{cls.__name__}. Got {spec!r}.{hint}"
            )
        validate_params(component)
        return component
