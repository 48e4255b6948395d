"""The playground page's scripts and rules, which it loads and no other page; its formulas."""

import json
from pathlib import Path

from mathml import convert

# In this order: each uses those before it. tests/playground_node.js runs those up to "training".
SCRIPTS = ("random", "program", "parts", "writer", "lbfgs", "data", "training", "texts", "link",
           "formulas", "pictures", "network", "trace", "follow", "drawing", "page")  # fmt: skip
# f(h) of each activation, and its derivative as the program computes it.
ACTIVATIONS = {
    "identity": (r"h", r"1"),
    "tanh": (r"\tanh h", r"1 - g^2"),
    "logistic": (r"\sigma(h) = \frac{1}{1 + e^{-h}}", r"g (1 - g)"),
    "relu": (r"\max(h, 0)", r"\begin{cases} 1 & h > 0 \\ 0 & h \le 0 \end{cases}"),
    "leaky_relu": (
        r"\max(h, 0.01 h)",
        r"\begin{cases} 1 & h > 0 \\ 0.01 & h \le 0 \end{cases}",
    ),
    "elu": (r"\max(h, 0) + e^{\min(h, 0)} - 1", r"\min(g, 0) + 1"),
    "softplus": (r"\ln(1 + e^h)", r"1 - e^{-g}"),
    "silu": (r"h \, \sigma(h)", r"\sigma(h) \, (1 + h (1 - \sigma(h)))"),
    "gelu": (r"h \, \Phi(h)", r"\Phi(h) + h \, \varphi(h)"),
    "threshold": (
        r"\begin{cases} 1 & h \ge 0 \\ 0 & h < 0 \end{cases}",
        r"\begin{cases} 1 & |h| \le 1 \\ 0 & |h| > 1 \end{cases}",
    ),
}
# The derivative of each loss by the score z, by the loss's name in the program.
LOSSES = {
    "binary_crossentropy": r"\sigma(z) - y",
    "sigmoid_squared_error": r"(\sigma(z) - y) \, \sigma(z) (1 - \sigma(z))",
    "hinge": r"\begin{cases} -y & y z \le 1 \\ 0 & y z > 1 \end{cases}",
    "perceptron": r"\begin{cases} -y & y z \le 0 \\ 0 & y z > 0 \end{cases}",
    "squared_error": r"z - y",
    "huber": r"\max(-1, \min(z - y, 1))",
    "absolute_error": r"\mathrm{sign}(z - y)",
}
FORMULAS = {
    "sum": r"h_j = \sum_i g_i w_{ij} + b_j",
    "score": r"z = \sum_i g_i w_i + b",
    "error": r"\varepsilon_j = \Bigl(\sum_k \varepsilon_k w_{jk}\Bigr) f'(h_j)",
    "gradient": r"\frac{\partial E}{\partial w_{ij}} = \varepsilon_j g_i",
    **{f"{name} f": rf"g = f(h) = {f}" for name, (f, _) in ACTIVATIONS.items()},
    **{f"{name} slope": rf"f'(h) = {slope}" for name, (_, slope) in ACTIVATIONS.items()},
    **{
        f"{name} error": rf"\varepsilon = \frac{{\partial E}}{{\partial z}} = {error}"
        for name, error in LOSSES.items()
    },
}


def write_formulas(app):
    """Write the formulas as a script of the built site, before its pages name it."""
    if app.builder.format != "html":
        return
    written = {name: convert(formula, display="block") for name, formula in FORMULAS.items()}
    folder = Path(app.outdir) / "_static" / "playground"
    folder.mkdir(parents=True, exist_ok=True)
    script = f"(globalThis.skfnnPlayground ??= {{}}).FORMULAS = {json.dumps(written)};\n"
    (folder / "formulas.js").write_text(script)


def add_files(app, pagename, templatename, context, doctree):
    """Give the page its scripts and its rules."""
    if pagename == "playground":
        app.add_css_file("playground/playground.css")
        for name in SCRIPTS:
            app.add_js_file(f"playground/{name}.js", loading_method="defer")


def setup(app):
    """Register with Sphinx."""
    app.connect("builder-inited", write_formulas)
    app.connect("html-page-context", add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
