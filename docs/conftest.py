"""Tells pytest which files of this folder hold no doctests: the build's own and what it wrote."""

collect_ignore = ["conf.py", "_build", "_ext", "api", "auto_examples", "generated", "_static",
                  "slides"]  # fmt: skip
