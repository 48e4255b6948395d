"""The chapter's course: the walk through it, its figures, and the checks of its exercises."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "chapter"


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def notebooks():
    for name in ("jupytext", "nbformat", "babel"):
        pytest.importorskip(name)
    return load(ROOT / "tools" / "make_notebooks.py")


@pytest.fixture(scope="module")
def schematics():
    for name in ("docutils", "matplotlib", "babel"):
        pytest.importorskip(name)
    sys.path.insert(0, str(ROOT / "docs" / "_ext"))
    try:
        yield load(ROOT / "docs" / "_ext" / "schematics.py")
    finally:
        sys.path.pop(0)


# The walk -------------------------------------------------------------------------------------


def walk():
    """Yield the cells of the table: point, pages, formula, figures, code, notebooks."""
    for line in (PAGES / "walk.md").read_text(encoding="utf8").splitlines():
        if re.match(r"\| \d", line):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_walk_has_every_point_of_the_chapter():
    assert [int(point.partition(".")[0]) for point, *_ in walk()] == list(range(1, 25))


@pytest.mark.parametrize("row", list(walk()), ids=lambda row: row[0])
def test_what_the_walk_names_is_there(row):
    _, pages, _, figures, _, exercises = row
    texts = [
        (PAGES / page).read_text(encoding="utf8") for page in re.findall(r"\]\((.*?)\)", pages)
    ]
    assert texts
    for figure in re.findall("`(.*?)`", figures):
        assert any(f"{{schematic}} {figure}\n" in text for text in texts), figure
    for number in filter(None, exercises.split(", ")):
        assert list((ROOT / "examples/chapter/notebooks").glob(f"{int(number):02}_*.py")), number


# What each page has to write out, as the chapter does.
FORMULAS = {
    "unit": [r"0 & h < 0 \\ 1 & h \ge 0", r"\boldsymbol{w}^\top \boldsymbol{x} + b"],
    "sigmoid": [r"\frac{1}{1 + e^{-h}}", r"\sigma(h)\,\bigl(1 - \sigma(h)\bigr)", r"-\log L"],
    "softmax": [r"\frac{e^{h_k}}{\sum_j e^{h_j}}", r"\hat y_k - y_k"],
    "backpropagation": [
        r"\frac{1}{2} \sum_j (\hat y_j - y_j)^2",
        r"\frac{\partial E}{\partial g_j} \frac{\partial g_j}{\partial h_j}",
        r"(\hat y_k - y_k)\,\hat y_k (1 - \hat y_k)",
        r"\sum_k \varepsilon_k\,w_{jk}",
        r"w_{ij} - \eta\,\varepsilon_j\,g_i",
    ],
    "frameworks": [r"\frac{e^h - e^{-h}}{e^h + e^{-h}}", "batch_size=200, epochs=3"],
    "losses": [r"\delta\,\bigl(|r| - \tfrac{1}{2} \delta\bigr)", r"\sum_k y_k \log \frac{y_k}"],
    "optimizers": [r"\mu\,\boldsymbol{v} - \eta\,\boldsymbol{g}", r"\sqrt{1 - \beta_2^t}"],
    "pretraining": [r"\lVert \hat{\boldsymbol{x}} - \boldsymbol{x} \rVert^2"],
    "dropout": [r"\frac{m_i}{q}", r"(q\,w_i)\,g_i"],
    "normalisation": [
        r"\frac{x_i - m}{\sqrt{v + \epsilon}}",
        r"\gamma\,x_i' + \beta",
        r"\boldsymbol{h}' - \boldsymbol{h}",
    ],
    "why": [r"X^{+} \boldsymbol{y}"],
}


@pytest.mark.parametrize("page", FORMULAS)
def test_a_page_writes_its_formulas_out(page):
    text = (PAGES / f"{page}.md").read_text(encoding="utf8")
    assert not [formula for formula in FORMULAS[page] if formula not in text]


def test_every_page_has_an_exercise_with_a_hint():
    for page in PAGES.glob("*.md"):
        if page.stem not in ("walk", "glossary"):
            text = page.read_text(encoding="utf8")
            assert "## Exercise\n" in text, page
            assert ":::{dropdown} Hint\n" in text, page
            assert f"_{page.stem}.ipynb>` asks" in text, page


# Figures --------------------------------------------------------------------------------------

NAMES = {"ReLU", "sigmoid", "tanh", "softmax", "exp", "Keras", "skfnn", "BatchNorm",
         "Dense(128, …)", "Sequential", "compile", "fit", "evaluate", "hidden_layers=",
         "FNNClassifier(…)", "loss=, solver=", "Huber"}  # fmt: skip


def test_the_pages_show_every_figure(schematics):
    shown = "".join(page.read_text(encoding="utf8") for page in PAGES.glob("*.md"))
    for figure in schematics.FIGURES:
        assert f"{{schematic}} {figure.__name__}\n" in shown, figure.__name__


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_are_drawn_within_their_frame(schematics, theme):
    for figure, (width, height) in schematics.FIGURES.items():
        svg = schematics.draw(figure, theme).svg()
        for x, y in re.findall(r' (?:cx|x)="([-\d.]+)" (?:cy|y)="([-\d.]+)"', svg):
            assert 0 <= float(x) <= width, figure.__name__
            assert 0 <= float(y) <= height, figure.__name__
        numbers = re.findall(r"([-\d.]+),([-\d.]+)", " ".join(re.findall(r'points="(.*?)"', svg)))
        assert all(-1 <= float(x) <= width + 1 for x, _ in numbers), figure.__name__
        assert all(-1 <= float(y) <= height + 1 for _, y in numbers), figure.__name__


def test_japanese_figures_have_no_english_words(schematics):
    for figure in schematics.FIGURES:
        for label in schematics.draw(figure, "light", "ja").labels:
            english = re.fullmatch(r"[ -~–…]*[A-Za-z]{2}[ -~–…]*", label)
            assert not english or label in NAMES, (figure.__name__, label)


def luminance(color):
    """Relative luminance of "#rrggbb" by WCAG 2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_letters_of_figures_stand_out_from_the_ground(schematics, theme):
    for figure in schematics.FIGURES:
        drawing = schematics.draw(figure, theme)
        ground = luminance(drawing.ground)
        for color in set(re.findall(r'<text [^>]*fill="(#\w{6})"', drawing.svg())):
            low, high = sorted((luminance(color), ground))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (figure.__name__, color)


# Slides ---------------------------------------------------------------------------------------


def rows_of(slide):
    """Return how many rows of code, text and pictures a slide has, about."""
    code = re.findall("<pre>.*?</pre>", slide, re.S)
    text = re.sub("<pre>.*?</pre>|<math.*?</math>|<svg.*?</svg>|<[^>]*>", "", slide, flags=re.S)
    formulas = slide.count('display="block"')
    pictures = slide.count("only-light")
    return "".join(code).count("\n") + len(text) / 85 + 3 * formulas + 9 * pictures


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_becomes_a_deck_of_slides(tmp_path, language):
    for name in ("sphinx_revealjs", "sphinx_design", "myst_parser", "latex2mathml", "babel"):
        pytest.importorskip(name)
    if not (ROOT / "docs" / "generated" / "notebooks").exists():
        pytest.skip("the pages' pictures and notebooks are not there: tools/build_site.sh")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "revealjs"]
    options = ["-D", f"language={language}", "-c", "docs/slides", "-d", tmp_path / "doctrees"]
    done = subprocess.run([*command, *options, "docs", tmp_path], cwd=ROOT, capture_output=True,
                          text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for page in FORMULAS:
        deck = (tmp_path / "chapter" / f"{page}.html").read_text(encoding="utf8")
        slides = [slide for slide in deck.split("<section") if re.search("<h[12]>", slide)]
        headings = re.findall(r"^## ", (PAGES / f"{page}.md").read_text(encoding="utf8"), re.M)
        assert len(slides) > len(headings), page
        assert "<math" in deck, page
        assert "only-light" in deck, page
        assert ".ipynb" not in deck, page
        assert not re.search(r'(?:src|<link [^>]*href)="https?:', deck), page
        assert max(map(rows_of, slides)) < 24, page
    exercise = {"en": "Exercise", "ja": "練習問題"}[language]
    assert f"<h2>{exercise}" in deck


# Exercises ------------------------------------------------------------------------------------

# What students answer, and what the hint then speaks of; {} is the notebook's own namespace.
WRONG = {
    "01_unit": {
        "majority": [("[1] * n_inputs + [0]", "bias has to be negative"),
                     ("[1] * n_inputs + [-needed - 1]", "stays silent"),
                     ("[1] * n_inputs + [1 - needed]", "too few inputs"),
                     ("[1, 1]", "in this shape")],
        "units": [("1", "one line"), ("2", "counts as well"), ("4", "fewer"), ("2.5", "whole")],
    },
    "02_sigmoid": {
        "slope": [("0.25", "largest"), ("1 - g**2", "tanh"), ("g", "formula above")],
        "gradient": [("lambda w, X, y: X.T @ (y - 1 / (1 + np.exp(-X @ w)))", "sign"),
                     ("lambda w, X, y: X.T @ (1 / (1 + np.exp(-X @ w)) - y) / len(y)", "mean"),
                     ("lambda w, X, y: 1 / (1 + np.exp(-X @ w)) - y", "as many numbers"),
                     ("np.zeros(3)", "function")],
    },
    "03_softmax": {
        "sums": [("wanted", "undo"), ("parts", "undo"), ("-np.log(wanted)", "reversed")],
        "delta": [("np.eye(3)[right_class] - softmax(scores)", "reversed"),
                  ("softmax(scores)", "right class"), ("np.ones(3)", "sum to 0")],
    },
    "04_networks": {
        "enough": [("2", "strip"), ("7", "fewer"), ("0", "whole number")],
        "parameters": [("inputs * first + first * second + second", "bias"),
                       ("(inputs + 1) * first + (first + 1) * second + (second + 1) * 2",
                        "one output"),
                       ("inputs * first", "layer to layer")],
    },
    "05_backpropagation": {
        "e_out": [("out - y", "one factor more"), ("(y - out) * out * (1 - out)", "reversed"),
                  ("(out - y) * out", "derivative of the sigmoid")],
        "e_hidden": [("W @ ((out - y) * out * (1 - out))", "Which derivative is missing"),
                     ("(W @ (out - y)) * g * (1 - g)", "not the plain errors"),
                     ("-(W @ ((out - y) * out * (1 - out))) * g * (1 - g)", "reversed"),
                     ("(out - y) * out * (1 - out)", "in this shape")],
    },
    "06_frameworks": {
        "parameters": [("side * hidden + hidden + hidden * 10 + 10", "every pixel"),
                       ("side**2 * hidden + hidden * 10", "bias"), ("7", "layer to layer")],
        "steps": [("rows // batch_size * epochs", "smaller"), ("-(-rows // batch_size)", "one ep"),
                  ("epochs", "one epoch first")],
        "layers": [("[Dense(first, 'relu'), Dense(second, 'relu')]", "comes first"),
                   ("[Flatten(), Dense(second, 'relu'), Dense(first, 'relu')]", "this order"),
                   ("[Flatten(), Dense(first), Dense(second)]", "activation"),
                   ("[Flatten(), Dense(first, 'relu'), Dense(second, 'relu'), Dense(10)]", "only"),
                   ("Flatten()", "list of layers")],
    },
    "07_losses": {
        "huber": [("lambda r, delta: r**2 / 2", "linear"),
                  ("lambda r, delta: np.where(abs(r) <= delta, r**2 / 2, delta * abs(r))", "meet"),
                  ("lambda r, delta: r**2 / 2 if abs(r) < delta else abs(r)", "array"),
                  ("lambda r, delta: abs(r)", "Compare")],
        "slope": [("lambda p: (p - 1) * p * (1 - p)", "squared error"),
                  ("lambda p: -1 / p", "derivative by p"), ("lambda p: 1 - p", "reversed")],
    },
    "08_optimizers": {
        "step": [("lambda w, v, g: (w - eta * g, v)", "without momentum"),
                 ("lambda w, v, g: (w + v, mu * v - eta * g)", "new v"),
                 ("lambda w, v, g: (w + mu * v + eta * g, mu * v + eta * g)", "reversed"),
                 ("lambda w, v, g: w - eta * g", "two arrays")],
        "size": [("100 * eta", "SGD"), ("0.1 * eta", "make"), ("1.0", "1 or -1")],
    },
    "09_pretraining": {
        "left": [("0.25", "one layer"), ("0.25 * n_layers", "multiply"), ("4.0", "less than 1"),
                 ("1e-12", "One factor")],
        "activation": [("'sigmoid'", "vanishes"), ("'Identity'", "bend"), ("'no such'", "name of"),
                       ("0", "name of")],
    },
    "10_dropout": {
        "factor": [("p", "dropped"), ("1 / (1 - p)", "in training"), ("1", "too large"),
                   ("0.05", "Which share")],
        "rate": [("0.0", "no dropout"), ("1.5", "less than 1"), ("0.01", "not low enough")],
    },
    "11_normalisation": {
        "normal": [("x - x.mean()", "scale is missing"), ("(x - x.mean()) / x.var()", "root"),
                   ("(x - x.mean()) / x.std(ddof=1)", "n - 1"), ("x", "First the mean")],
        "undo": [("(x.mean(), x.std())", "other order"), ("(x.var(), x.mean())", "root"),
                 ("(1 / x.std(), -x.mean() / x.std())", "other way"), ("(1, 0)", "Solve")],
        "output": [("np.zeros(2)", "goes round"), ("2 * h", "once"), ("h + 1", "plus")],
    },
    "12_why": {
        "smallest": [("np.zeros(5)", "all targets are 0"), ("np.ones(5)", "not fit all"),
                     ("np.linalg.pinv(X) @ y + np.linalg.svd(X)[2][-1]", "smaller ones")],
        "peak": [("1", "cannot fit"), ("10_000", "many ways"), ("rows + 9", "one row")],
    },
    "13_small_data": {
        "bounds": [("(0, coverage)", "both sides"), ("(0.9, 0.1)", "first"),
                   ("(0.01, 0.5)", "on each side"), ("(0.1, 0.5, 0.9)", "in this shape")],
        "q": [("float(errors[-1])", "largest"), ("float(errors.mean())", "mean"),
              ("float(errors[16])", "n + 1"), ("0.0", "two largest")],
    },
    "14_tables": {
        "least": [("max(effects, key=effects.get)", "most is lost"), ("'colour'", "these words"),
                  ("sorted(effects, key=effects.get)[1]", "matters less")],
        "outside": [("coverage", "inside"), ("-1", "from 0 to 1"), ("0.5", "add up")],
    },
    "15_looking_inside": {
        "shape": [("(n_units, 64)", "A row for each input"), ("(8, 8)", "flat"),
                  ("(64, 1)", "each hidden unit"), ("(9, n_units)", "each pixel")],
        "unit": [("int(means.argmin())", "lowest"), ("-1", "whole number"),
                 ("int(np.argsort(means)[1])", "over the images")],
    },
}  # fmt: skip
SLOW = {"04_networks", "09_pretraining", "10_dropout", "14_tables", "15_looking_inside"}
UNLIKE = (
    "'a word'",
    "None",
    "[]",
    "{}",
    "object()",
    "np.zeros((3, 2, 1))",
    "float('nan')",
    "print",
)


def cells(notebooks, name, language):
    """Return the code of a notebook with its answers still marked."""
    (source,) = [source for source in notebooks.SOURCES if source.stem == name]
    texts = notebooks.translation(language)
    notebook = notebooks.jupytext.read(source)
    found = [
        notebooks.translated(
            re.sub(r"^from checking import .*\n", "", cell.source, flags=re.M).strip("\n"), texts
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    return [notebooks.translated(notebooks.checks(), texts), *found]


@pytest.mark.parametrize("name", WRONG)
def test_right_answers_are_right_and_wrong_ones_get_their_hint(notebooks, name, capsys):
    english, japanese = (cells(notebooks, name, language) for language in ("en", "ja"))
    run, seen = {}, set()
    for code, translated in zip(english, japanese, strict=True):
        exec(code, run)
        printed = capsys.readouterr().out
        for answer, wrong in WRONG[name].items():
            pattern = rf"# solution\n{answer} = .*?# end\n"
            if not re.search(pattern, code, flags=re.S):
                continue
            seen.add(answer)
            assert ": right" in printed, printed
            for text, hint in wrong:
                out = answered(run, (code, pattern), (answer, text), capsys)
                assert "not yet right." in out, (answer, text, out)
                assert hint in out, (answer, text, out)
            for text in UNLIKE[:3] if name in SLOW else UNLIKE:
                out = answered(run, (code, pattern), (answer, text), capsys)
                assert "not yet right." in out, (answer, text, out)
            exec(japanese[0], run)
            for text, _ in wrong:
                out = answered(run, (translated, pattern), (answer, text), capsys)
                assert "正しくありません。" in out
                assert not re.search("[a-z]{2,} [a-z]{2,} [a-z]{2,}", out), out
            exec(english[0], run)
            exec(code, run)
            capsys.readouterr()
    assert seen == set(WRONG[name])


def answered(run, source, answer, capsys):
    """Return what a cell prints with another answer."""
    code, pattern = source
    name, text = answer
    lines = re.sub(pattern, lambda _: f"{name} = {text}\n", code, flags=re.S)
    exec(lines, run)
    return capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name in WRONG if name not in SLOW])
@pytest.mark.parametrize("seed", [2, 3])
def test_the_right_answer_is_right_for_other_seeds(notebooks, name, seed, capsys):
    run = {}
    for code in cells(notebooks, name, "en"):
        exec(code.replace("SEED = 1 ", f"SEED = {seed} "), run)
    out = capsys.readouterr().out
    assert "not yet right" not in out
    assert out.count(": right") == len(WRONG[name])


def test_the_unit_of_the_chapter_fires_at_zero(notebooks, capsys):
    """AND with weights 1, 1 and bias -2: a sum of exactly 0 at (1, 1) is no mistake."""
    run = {}
    code = "\n".join(cells(notebooks, "01_unit", "en"))
    exec(code.replace("n_inputs = int(rng.integers(3, 6))", "n_inputs = 2")
         .replace("needed = int(rng.integers(2, n_inputs))", "needed = 2"), run)  # fmt: skip
    assert run["majority"] == [1, 1, -2]
    assert "weights and bias: right" in capsys.readouterr().out
    assert np.array_equal(run["fires"]([1, 1], -2), [0, 0, 0, 1])


def test_an_answer_left_open_is_no_mistake(notebooks, capsys):
    for name in WRONG:
        handed_out = notebooks.make(
            next(source for source in notebooks.SOURCES if source.stem == name)
        )
        code = "\n".join(cell.source for cell in handed_out.cells if cell.cell_type == "code")
        assert code.count("= ...  # your answer") == len(WRONG[name])
        assert "# solution" not in code
    run = {}
    exec(cells(notebooks, "01_unit", "en")[0], run)
    run["check"]("name", ..., run["number"]())
    assert capsys.readouterr().out == "name: not answered yet\n"


def test_an_assignment_for_nbgrader_has_an_answer_and_a_graded_check_of_each_exercise(notebooks):
    for source in notebooks.SOURCES:
        cells = notebooks.make(source, nbgrader=True).cells
        marked = [cell for cell in cells if "nbgrader" in cell.metadata]
        answers, tests = marked[::2], marked[1::2]
        assert len(answers) == len(tests) == len(WRONG[source.stem])
        for answer, test in zip(answers, tests, strict=True):
            assert answer.source.count("### BEGIN SOLUTION\n") == 1
            assert answer.source.endswith("### END SOLUTION")
            assert answer.metadata["nbgrader"]["solution"]
            assert not answer.metadata["nbgrader"]["grade"]
            assert "\nassert check(" in f"\n{test.source}"
            assert test.metadata["nbgrader"]["points"] == 1
            assert test.metadata["nbgrader"]["locked"]
        names = [cell.metadata["nbgrader"]["grade_id"] for cell in marked]
        assert len(set(names)) == len(names)
    run = {}
    for cell in notebooks.make(notebooks.SOURCES[0], nbgrader=True).cells:
        if cell.cell_type == "code" and "%pip" not in cell.source:
            exec(cell.source, run)  # an answer that is wrong would fail the assertion
    with pytest.raises(AssertionError):
        exec(f"majority = [1]\n{graded(notebooks)[0]}", run)


def graded(notebooks):
    cells = notebooks.make(notebooks.SOURCES[0], nbgrader=True).cells
    return [cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
