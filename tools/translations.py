"""Keep the Japanese texts of the site up to date.

    sphinx-build -b gettext docs docs/_build/gettext
    python tools/translations.py docs/_build/gettext/site.pot          # update the catalog
    python tools/translations.py docs/_build/gettext/site.pot --check  # only compare

Both print the texts that have no translation, and end with 1 if there are any. What sphinx-gallery
writes on every page is translated by rule; code, formulas and numbers stay as they are.
"""

import argparse
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

CATALOG = Path(__file__).parents[1] / "docs" / "locale" / "ja" / "LC_MESSAGES" / "site.po"
# The pages that stay in English: they are for those who work on the package, whose notes, messages
# and reviews are in English. "changed" goes with the changelog: tables of names for those who come
# from an earlier version, which the next one replaces. (The reference stays in English, too.)
ENGLISH = {"changed", "changelog", "contributing"}
# What has the same name in every language.
NAMES = {"AdaGrad", "Adam", "AdamW", "CatBoost", "Dask", "FNN", "JAX", "Keras", "L-BFGS",
         "LightGBM", "MLflow", "NAdam", "NumPy", "ONNX", "Optuna", "PyTorch", "ReLU", "RMSProp",
         "SGD", "SHAP", "SciPy", "skfnn", "skorch", "tanh"}  # fmt: skip
RULES = [
    (r"{download}`The notebook of this page (<\S+>)` asks this with numbers of your own and checks "
     r"your answers.",
     r"{download}`このページのノートブック \1` では、自分用の数値で解き、答えをチェックできます。"),
    (r"(:doc:`[^`<]+`)", r"\1"),
    (r":ref:`Go to the end (<\S+>)` to download the full example code.",
     r":ref:`ページの最後 \1` から、この例の全コードをダウンロードできます。"),
    (r":download:`Download Jupyter notebook: (\S+ <\S+>)`",
     r":download:`Jupyter ノートブックをダウンロード: \1`"),
    (r":download:`Download Python source code: (\S+ <\S+>)`",
     r":download:`Python のソースコードをダウンロード: \1`"),
    (r":download:`Download zipped: (\S+ <\S+>)`", r":download:`まとめてダウンロード: \1`"),
    (r":download:`Download all examples in Python source code: (\S+ <\S+>)`",
     r":download:`すべての例を Python のソースコードでダウンロード: \1`"),
    (r":download:`Download all examples in Jupyter notebooks: (\S+ <\S+>)`",
     r":download:`すべての例を Jupyter ノートブックでダウンロード: \1`"),
]  # fmt: skip


def page_of(source):
    """Return the page of a source file, "why" of "docs/why.md", or None if it is no page.

    Pages of the reference are none; examples are pages of ``auto_examples``.
    """
    name, _, kind = source.rpartition("docs/")[2].rpartition(".")
    nested = "/" in name and not name.startswith(("auto_examples/", "chapter/"))
    return None if nested or "docs/" not in source or kind not in ("md", "rst") else name


def wanted(template):
    """Return the texts of all pages in their order, each with whether a translated page has it.

    The order is that of pages and their lines, so that a page's texts stay together.
    """
    folder = template.resolve().parent  # from which Sphinx gives the paths

    def places(message):
        found = [((folder / where).resolve().as_posix(), line) for where, line in message.locations]
        return sorted((page_of(path), line or 0) for path, line in found if page_of(path))

    with template.open("rb") as file:
        texts = {message.id: places(message) for message in read_po(file) if message.id}
    ordered = sorted((text for text in texts if texts[text]), key=texts.get)
    return {text: bool({page for page, _ in texts[text]} - ENGLISH) for text in ordered}


def stays(text):
    """Return whether a text is the same in every language: code, a formula, a number, a term."""
    if re.fullmatch(r"\*[^*]+\*", text):  # an English term of the glossary
        return True
    if re.search(r"\\[a-zA-Z]", text) and not re.search("[$`]", text):  # a formula
        return True
    rest = re.sub(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)", "", text)
    return set(re.findall("[A-Za-z][A-Za-z-]*[A-Za-z]", rest)) <= NAMES


def by_rule(text):
    """Return the translation of what follows a rule, or None."""
    for pattern, replacement in RULES:
        if re.fullmatch(pattern, text):
            return re.sub(pattern, replacement, text)
    return text if stays(text) else None


def main():
    """Update or compare the catalog."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("template", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    known = {}
    if CATALOG.exists():
        with CATALOG.open("rb") as file:
            known = {message.id: message.string for message in read_po(file) if message.id}
    texts = wanted(given.template)
    missing = []
    catalog = Catalog(locale="ja", project="skfnn", header_comment="# The site in Japanese.")
    for text, needed in texts.items():
        string = known.get(text) or by_rule(text)
        if needed and (not string or (given.check and text not in known)):
            missing.append(text)
        if needed or string:
            catalog.add(text, string or "")
    if not given.check:
        CATALOG.parent.mkdir(parents=True, exist_ok=True)
        with CATALOG.open("wb") as file:
            write_po(file, catalog, width=0, omit_header=False, sort_output=False)
    for text in missing:
        print(f"not translated: {text}")
    print(f"{len(texts)} texts, {len(missing)} without a translation")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
