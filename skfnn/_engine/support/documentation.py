"""Where the documentation is: the one place that knows."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Of the newest release. pyproject.toml names the site, too; a test compares the two.
ADDRESS = "https://skfnn.readthedocs.io/en/stable"


def address() -> str:
    """Return where the documentation is, without a slash at the end.

    ``SKFNN_DOCS`` says so where it is set: an address, or the folder of a build, for work without a
    network.
    """
    given = os.environ.get("SKFNN_DOCS", "").rstrip("/")
    if not given:
        return ADDRESS
    return given if "://" in given else Path(given).resolve().as_uri()


class Documented:
    """An estimator whose HTML view links to its page of the reference.

    scikit-learn shows the explanations of parameters only beside such a link.
    """

    _doc_link_module = "skfnn"

    @property
    def _doc_link_template(self):
        top = sys.modules[__name__.partition(".")[0]]
        module = top.__name__ if hasattr(top, type(self).__name__) else "{estimator_module}"
        return f"{address()}/api/{module}.{{estimator_name}}.html"
