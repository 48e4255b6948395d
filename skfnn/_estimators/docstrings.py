"""What the estimators' docstrings and constraints have in common, written once."""

from __future__ import annotations

import inspect

from .parameters import ARCHITECTURE, TRAINING, Parameter, defaults

ATTRIBUTES = """\
coefs_ : list of ndarray of shape (fan_in, fan_out)
    Weight matrices. They are views: assigning to an item changes the network.
intercepts_ : list of ndarray of shape (fan_out,)
    Bias vectors.
history_ : DataFrame
    One row per epoch: ``loss``, metrics, ``val_loss``, ``val_<metric>``, ``learning_rate``,
    ``seconds``. A warm start and ``partial_fit`` append. With ``pretrain`` also those of
    pretraining, told apart by ``phase``: "pretrain 1", ..., "fit".
loss_ : float
    Training loss of the last epoch, penalty included.
best_loss_ : float or None
    Smallest training loss; None with ``early_stopping``.
loss_curve_ : list of float
    Training loss of each epoch.
validation_scores_ : list of float or None
    Score of each epoch with ``early_stopping``, else None.
best_validation_score_ : float or None
    The best of them.
n_iter_ : int
    Epochs (L-BFGS: iterations) of the last fit.
t_ : int
    Rows seen in training.
n_layers_ : int
    Layers of units, input and output included.
n_outputs_ : int
    Units of the output layer.
out_activation_ : str
    Inverse link of the loss: <links>.
n_features_in_ : int
    Number of features; with ``Flatten`` first, of a sample once it is flat.
feature_names_in_ : ndarray of str
    Names of features, where X had any."""


def placed(doc: str | None, paragraphs: dict[str, str]) -> str | None:
    """Return a docstring with paragraphs in place of the lines that name them."""
    if doc is None:  # under python -OO
        return None
    lines = []
    for line in doc.splitlines():
        text = paragraphs.get(line.strip())
        if text is None:
            lines.append(line)
        else:
            lines += [f"    {part}".rstrip() for part in text.splitlines()]
    return "\n".join(lines)


def declares(own: dict[str, Parameter], attributes: str = "", **words: str):
    """Return a class decorator that declares an estimator's parameters.

    It writes their paragraphs and those of the shared attributes into the docstring, in place of
    the lines ``<parameters>`` and ``<attributes>``, and sets ``_parameter_constraints``. Names,
    order and defaults are those of the constructor.

    Parameters
    ----------
    own : dict of str to Parameter
        Parameters that other estimators do not have, or mean something else by.
    attributes : str
        Paragraphs of attributes that only this estimator has.
    **words : str
        What stands in the paragraphs for ``<score>``, ``<metrics>`` and ``<links>``.
    """
    known = {**ARCHITECTURE, **TRAINING, **own}

    def decorate(cls):
        default = defaults(cls)
        parameters = [paragraph(name, known[name], default[name]) for name in default]
        paragraphs = {
            "<parameters>": _filled("\n".join(parameters), words),
            "<attributes>": _filled(attributes + ATTRIBUTES, words),
        }
        cls.__doc__ = placed(cls.__doc__, paragraphs)
        cls._parameter_constraints = {name: known[name].allowed for name in default}
        return cls

    return decorate


def paragraph(name: str, parameter: Parameter, default: object) -> str:
    """Return what a docstring says of a parameter."""
    text = inspect.cleandoc(parameter.text).replace("\n", "\n    ")
    shown = f'"{default}"' if isinstance(default, str) else repr(default)
    return f"{name} : {parameter.kind}, default={shown}\n    {text}"


def _filled(text, words):
    for name, word in words.items():
        text = text.replace(f"<{name}>", word)
    return text
