"""The tools by which the site and the notebooks come in two languages."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def load(folder, name):
    sys.path.insert(0, str(ROOT / folder))
    try:
        spec = importlib.util.spec_from_file_location(name, ROOT / folder / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.pop(0)


pytest.importorskip("babel")
translations = load("tools", "translations")
check_site = load("tools", "check_site")


@pytest.mark.parametrize("text", [
    "`code`", "`a`, `b`", r"$w_{ij}$", r"\frac{1}{2} \sum_j (\hat y_j - y_j)^2", "12", "2e-08",
    "1.4x", "*threshold function*", "L-BFGS", "[`loss`](losses.md)", "損失関数",
    "[6175](https://github.com/scikit-learn/scikit-learn/issues/6175)",
])  # fmt: skip
def test_code_formulas_numbers_and_names_stay(text):
    assert translations.by_rule(text) == text


@pytest.mark.parametrize("text", [
    "Losses", "the default, `adam`", "a [link](losses.md) in a sentence", "rate $r$ of a layer",
    "*two* words", "L-BFGS for few rows", r"costs \$5",
])  # fmt: skip
def test_words_do_not_stay(text):
    assert translations.by_rule(text) is None


def test_what_sphinx_gallery_writes_is_translated_by_rule():
    text = ":download:`Download zipped: a.zip <b/a.zip>`"
    assert translations.by_rule(text) == ":download:`まとめてダウンロード: a.zip <b/a.zip>`"


@pytest.mark.parametrize(("source", "page"), [
    ("../../docs/why.md", "why"), ("docs/chapter/unit.md", "chapter/unit"),
    ("docs/auto_examples/units/plot_perceptron.rst", "auto_examples/units/plot_perceptron"),
    ("docs/api/skfnn.rst", None), ("docs/_static/speed.md", None), ("README.md", None),
    ("skfnn.losses.Huber", None),
])  # fmt: skip
def test_the_page_of_a_source(source, page):
    assert translations.page_of(source) == page


def markup(text):
    """Return code, targets and formulas of a text: what a translation has to leave as it is."""
    code = re.findall(r"(`+)(.+?)\1(?!`)", text)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    formulas = re.findall(r"\$[^$]+\$", re.sub(r"`[^`]*`", "", text))
    return {re.sub(r"^.*<(\S+)>$", r"\1", span) for _, span in code} | {*targets, *formulas}


def changed_markup(catalog):
    """Return the texts of which a translation has lost or added code, targets or formulas.

    A translation may name what the text only points at: code that another text has.
    """
    texts = [(message.id, message.string) for message in catalog if message.id and message.string]
    known = set().union(*(markup(text) for text, _ in texts))
    return [text for text, string in texts
            if markup(text) - markup(string) or markup(string) - known]  # fmt: skip


def test_translations_keep_code_links_and_formulas():
    with translations.CATALOG.open("rb") as file:
        catalog = translations.read_po(file)
    assert changed_markup(catalog) == []


@pytest.mark.parametrize("string", [
    "`tol` と[損失](loss.md)と $x$", "`fit` と[損失](losses.md)と $x$、`fitt`",
    "`fit` と損失と $x$", "`fit` と[損失](losses.md)と x",
])  # fmt: skip
def test_a_translation_that_loses_markup_is_noticed(string):
    catalog = translations.Catalog()
    catalog.add("`fit`, [losses](losses.md) and $x$", string)
    assert len(changed_markup(catalog)) == 1


JAPANESE = "この文は日本語で書かれています。skfnn の層を重ねます。"
ENGLISH = "this sentence is written in English, and so is the next one"


def page(body):
    return f"<html><nav>{ENGLISH}</nav><article>{body}</article></html>"


@pytest.mark.parametrize(("body", "good"), [
    (JAPANESE, True),
    (ENGLISH, False),
    (f"{JAPANESE} <p>{ENGLISH}</p> <p>{ENGLISH}</p>", False),
    (f"{JAPANESE} <pre>{ENGLISH * 9}</pre> <code>{ENGLISH * 9}</code>", True),
    (f"{JAPANESE} NumPy SciPy README docs/why.md fit() predict_proba", True),
])  # fmt: skip
def test_a_japanese_page_has_two_characters_to_a_latin_word(tmp_path, body, good):
    path = tmp_path / "page.html"
    path.write_text(page(body), encoding="utf8")
    assert check_site.Prose(path).is_japanese() is good


def test_an_english_page_is_a_complaint_unless_it_is_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(check_site, "ENGLISH_LABELS", tmp_path / "english")
    for name, body in (("why", ENGLISH), ("contributing", ENGLISH), ("guide", JAPANESE),
                       ("api/skfnn", ENGLISH), ("search", ENGLISH)):  # fmt: skip
        path = tmp_path / "ja" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(body), encoding="utf8")
    assert "contributing" in translations.ENGLISH
    assert [where for where, _ in check_site.wrong_language(tmp_path)] == ["ja/why"]
    (tmp_path / "english").mkdir()
    (tmp_path / "english" / "boundary.txt").write_text("hidden units")
    where, what = check_site.wrong_language(tmp_path)[-1]
    assert where == "figure boundary"
    assert "hidden units" in what


def test_an_english_word_of_the_japanese_menu_is_a_complaint(tmp_path, monkeypatch):
    monkeypatch.setattr(check_site, "ENGLISH_LABELS", tmp_path / "english")
    home = tmp_path / "ja" / "index.html"
    home.parent.mkdir()
    words = "".join(f'<a class="nav-link nav-internal" href="{word}.html">\n {word}\n</a>'
                    for word in ("ギャラリー", "API", "API リファレンス"))  # fmt: skip
    home.write_text(page(JAPANESE) + words, encoding="utf8")
    assert check_site.wrong_language(tmp_path) == [("the Japanese menu", "API")]


def test_labels_with_numbers_in_them_are_translated():
    pytest.importorskip("docutils")
    languages = load("docs/_ext", "languages")
    labels = {"loss": "損失", "dropout {}": "ドロップアウト {}", "{}, test": "{}、テスト"}
    for label, translated in [("loss", "損失"), ("dropout 0.5", "ドロップアウト 0.5"), ("x", "x"),
                              ("dropout 0.5, test", "ドロップアウト 0.5、テスト"),
                              ("loss\n ", "損失\n ")]:  # fmt: skip
        assert languages.translate_label(label, labels) == translated


def test_texts_and_comments_of_code_are_translated_and_nothing_else_is():
    for name in ("jupytext", "nbformat"):
        pytest.importorskip(name)
    notebooks = load("tools", "make_notebooks")
    code = '''def f(x):
    """Return it."""
    return {"rate": x}  # the rate


print("the rate", f(1)["rate"], f"{1} it", "say \\"it\\"")'''
    texts = {"Return it.": "返す。", "the rate": '率"', "it": "x", 'say "it"': "言う", "x": "!"}
    assert (
        notebooks.translated(code, texts)
        == '''def f(x):
    """返す。"""
    return {"rate": x}  # 率"


print("率\\"", f(1)["rate"], f"{1} it", "言う")'''
    )
