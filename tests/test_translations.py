"""The Japanese texts are complete: no text of the translated pages is left in English."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "docs" / "locale" / "ja" / "LC_MESSAGES"
EXAMPLES = sorted((ROOT / "examples").glob("*/plot_*.py"))
NOTEBOOKS = sorted((ROOT / "examples" / "chapter" / "notebooks").glob("*.py"))
# The textbook's words for what the course is about.
TERMS = ["活性化関数", "誤差逆伝播法", "勾配消失", "過学習", "ドロップアウト", "バッチ正規化",
         "スキップ接続", "二重降下"]  # fmt: skip


def catalog(name):
    """Return {text: translation} of a catalog; the few rules of the format that it uses."""
    texts = {}
    for entry in (LOCALE / f"{name}.po").read_text(encoding="utf8").split("\n\n"):
        assert "#, fuzzy" not in entry or 'msgid ""\nmsgstr ""\n"Project' in entry
        parts = re.search(r'msgid ((?:".*"\n?)+)msgstr ((?:".*"\n?)+)', entry)
        if parts:
            text, translated = (
                "".join(ast.literal_eval(line) for line in part.strip().splitlines())
                for part in parts.groups()
            )
            texts[text] = translated
    texts.pop("", None)
    return texts


def paragraphs(text):
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]


@pytest.mark.parametrize("name", ["site", "notebooks", "figures"])
def test_every_text_has_a_translation(name):
    texts = catalog(name)
    assert len(texts) > 40
    assert not [text for text, translated in texts.items() if not translated.strip()]


def test_formulas_in_labels_have_no_words_beside_them():
    """Matplotlib sets the words of such a label in the font of formulas, which has no kana."""
    for label in catalog("figures").values():
        assert "$" not in label or label.isascii(), label


def test_the_textbooks_terms_are_used():
    words = "".join((*catalog("site").values(), *catalog("notebooks").values()))
    assert not [term for term in TERMS if term not in words]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_texts_of_an_example_are_in_the_catalog(path):
    known = catalog("site")
    tree = ast.parse(path.read_text())
    title, _, *rest = ast.get_docstring(tree).splitlines()
    texts = [title, *paragraphs("\n".join(rest))]
    for block in re.findall(r"^# %%\n((?:#.*\n)+)", path.read_text(), flags=re.M):
        texts += paragraphs(re.sub(r"^# ?", "", block, flags=re.M))
    missing = [text for text in texts if text not in known]
    assert not missing, "add them to docs/locale/ja/LC_MESSAGES/site.po (tools/translations.py)"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_texts_of_a_notebook_are_in_the_catalog(path):
    known = catalog("notebooks")
    for block in re.findall(r"^# %% \[markdown\]\n((?:#.*\n)+)", path.read_text(), flags=re.M):
        for text in paragraphs(re.sub(r"^# ?", "", block, flags=re.M)):
            assert text in known


def test_there_is_a_notebook_for_each_page_of_the_chapter():
    pages = {path.stem for path in (ROOT / "docs" / "chapter").glob("*.md")} - {"walk", "glossary"}
    assert pages <= {path.stem.partition("_")[2] for path in NOTEBOOKS}
    for path in NOTEBOOKS:
        text = path.read_text()
        assert text.count("# solution\n") == text.count("# end\n") == text.count("\ncheck(") >= 2
