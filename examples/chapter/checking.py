"""Check answers to exercises: right, or a hint; never a traceback.

An answer is checked by what it computes: many answers may be right. Each wrong one gets the hint of
the first rule that it breaks, in the language of the notebook.

``tools/make_notebooks.py`` puts this file into each notebook, so that it runs by itself.
"""

import numpy as np


def check(name, answer, *rules):
    """Say whether an answer is right, or give the hint of the first rule that it breaks."""
    # A rule is a function of the answer that says whether it holds, with its hint.
    if answer is ...:
        print(name + ": " + "not answered yet")
        return False
    for holds, hint in rules:
        try:
            good = bool(holds(answer))
        except Exception:  # what an answer of another kind does to a rule is no news
            good = False
        if not good:
            print(name + ": " + "not yet right." + " " + hint)
            return False
    print(name + ": " + "right")
    return True


def _is_numeric(answer, shape):
    array = np.asarray(answer)
    return array.dtype.kind in "iuf" and array.shape == shape and bool(np.isfinite(array).all())


def number():
    """Return the rule that an answer is one number."""
    return lambda answer: _is_numeric(answer, ()), "Answer with one number."


def numbers(*shape):
    """Return the rule that an answer is an array, or a list, of numbers of this shape."""
    return lambda answer: _is_numeric(
        answer, shape
    ), "Answer with numbers in this shape:" + f" {shape}"


def whole(low, high):
    """Return the rule that an answer is a whole number in a range."""
    rule = lambda answer: type(answer) is not bool and low <= int(answer) == answer <= high  # noqa: E731
    return rule, "Answer with a whole number from" + f" {low} - {high}."


def word(*words):
    """Return the rule that an answer is one of these words."""
    return (
        lambda answer: answer in words,
        "Answer with one of these words:" + f" {', '.join(words)}",
    )


def function():
    """Return the rule that an answer is a function."""
    return callable, "Answer with a function, not with its result."


def near(right):
    """Return a test of an answer for equality to a number or an array, up to rounding."""
    return lambda answer: np.allclose(answer, right, rtol=1e-3, atol=1e-6)


def far(wrong):
    """Return a test that an answer is not a certain wrong one."""
    return lambda answer: not np.allclose(answer, wrong, rtol=1e-3, atol=1e-6)
