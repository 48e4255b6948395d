"""Make the course's notebooks from ``examples/chapter/notebooks``, and run them.

    python tools/make_notebooks.py OUT             # as handed out: answers are left open
    python tools/make_notebooks.py OUT --solved    # with the answers
    python tools/make_notebooks.py OUT --solved --execute

``--language ja`` takes the texts from ``docs/locale``. ``--execute`` needs ``pip install nbclient
ipykernel``; each notebook then runs in a kernel of its own, and an error ends the command.
"""

import argparse
import ast
import io
import re
import tokenize
import tomllib
from pathlib import Path

import jupytext
import nbformat
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "examples" / "chapter" / "notebooks").glob("*.py"))
ELSEWHERE = "in the browser, or on a machine that is not yours"
CHECKING = ROOT / "examples" / "chapter" / "checking.py"
CATALOG = "docs/locale/{}/LC_MESSAGES/notebooks.po"
INSTALL = """try:
    import skfnn
except ImportError:  # {}
    %pip install -q skfnn"""


def repository():
    """Return the address of the repository on GitHub, if pyproject.toml names one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    address = project.get("urls", {}).get("Repository", "")
    return address.removeprefix("https://github.com/") if "github.com" in address else None


def badges(name):
    """Return links that open a notebook on Colab and Binder, where there is a repository."""
    where = repository()
    if not where:
        return ""
    path = f"notebooks/{name}.ipynb"
    return (
        f"[![Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"(https://colab.research.google.com/github/{where}/blob/main/{path}) "
        f"[![Binder](https://mybinder.org/badge_logo.svg)]"
        f"(https://mybinder.org/v2/gh/{where}/main?labpath={path})"
    )


def paragraphs(notebook):
    """Yield (cell, paragraphs) of the cells with text."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell, [" ".join(part.split("\n")) for part in cell.source.split("\n\n")]


def translation(language):
    """Return the texts of a language by the English ones."""
    if language == "en":
        return {}
    with (ROOT / CATALOG.format(language)).open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


def checks():
    """Return the code of the checks of answers, which every notebook holds."""
    text = CHECKING.read_text().split('"""', 2)[2].strip()
    return f"# Checks of the answers: run this cell first.\n{text}"


def words(code):
    """Yield (start, end, text) of what a reader sees of code: its texts and its comments.

    ``start`` and ``end`` are (line, column), from 1 and from 0.
    """
    tree = ast.parse(code)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
              for part in ast.walk(node)}  # fmt: skip
    for node in ast.walk(tree):
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if text and id(node) not in inside:
            yield (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset), node.value
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield token.start, token.end, token.string.removeprefix("# ")


def translated(code, texts):
    """Return code with its texts and comments in another language, as far as they are known.

    The code is ASCII, so that ast's bytes and tokenize's characters count alike.
    """
    lines = code.split("\n")
    for (row, first), (last, end), text in sorted(words(code), reverse=True):
        known = texts.get(text.strip())
        if known and row == last:
            line = lines[row - 1]
            new = _like(line[first:end], text.replace(text.strip(), known))
            lines[row - 1] = line[:first] + new + line[end:]
    return "\n".join(lines)


def _like(old, text):
    """Return a text as what it takes the place of: a comment, a docstring or a string."""
    if old.startswith("#"):
        return f"# {text}"
    if old.startswith('"""'):
        return f'"""{text}"""'
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def without_answers(code, yours="your answer"):
    """Return code whose answers are left open."""

    def opened(match):
        return re.sub(r"^(\w+) = .*$", rf"\1 = ...  # {yours}", match.group(1), flags=re.M)

    return re.sub(r"# solution\n(.*?)# end\n", opened, code, flags=re.S)


def code_of(cell, texts, solved):
    """Return the code of a cell as it is handed out."""
    code = re.sub(r"^from checking import .*\n", "", cell.source, flags=re.M)
    code = re.sub(r" +# (noqa|fmt): .*", "", translated(code.strip("\n"), texts))
    if solved:
        return re.sub(r"# (solution|end)\n", "", code)
    yours = texts.get("your answer", "your answer")
    return without_answers(code + "\n", yours).rstrip("\n")


def make(source, language="en", solved=False):
    """Return the notebook of a source file."""
    notebook = jupytext.read(source)
    texts = translation(language)
    for cell, parts in paragraphs(notebook):
        cell.source = "\n\n".join(texts.get(part, part) for part in parts)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = code_of(cell, texts, solved)
    links = badges(source.stem)
    first = [nbformat.v4.new_markdown_cell(links)] if links else []
    install = INSTALL.format(texts.get(ELSEWHERE, ELSEWHERE))
    setup = [install, translated(checks(), texts)]
    notebook.cells[1:1] = [*first, *map(nbformat.v4.new_code_cell, setup)]
    notebook.cells[len(first) + 2].metadata = {"jupyter": {"source_hidden": True}}
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i}"  # the same file for the same source
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return notebook


def write(folder, language="en", solved=False):
    """Write all notebooks; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for source in SOURCES:
        paths.append(folder / f"{source.stem}.ipynb")
        nbformat.write(make(source, language, solved), paths[-1])
    return paths


def main():
    """Write the notebooks, and run them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", default="en")
    parser.add_argument("--solved", action="store_true")
    parser.add_argument("--execute", action="store_true")
    given = parser.parse_args()
    for path in write(given.out, given.language, given.solved):
        if given.execute:
            from nbclient import NotebookClient

            notebook = nbformat.read(path, as_version=4)
            NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
            texts = "".join(output.get("text", "") for cell in notebook.cells
                            for output in cell.get("outputs", []))  # fmt: skip
            known = translation(given.language)
            refusals = [known.get(text, text) for text in ("not yet right.", "not answered yet")]
            wrong = any(text in texts for text in refusals[: 1 + given.solved])
            if wrong:
                raise SystemExit(f"{path.name}: an answer is not right\n{texts}")
            nbformat.write(notebook, path)
        print(path)


if __name__ == "__main__":
    main()
