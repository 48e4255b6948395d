"""Make the course's notebooks from ``examples/chapter/notebooks``, and run them.

    python tools/make_notebooks.py OUT             # as handed out: answers are left open
    python tools/make_notebooks.py OUT --solved    # with the answers
    python tools/make_notebooks.py OUT --solved --execute

``--language ja`` takes the texts from ``docs/locale``. ``--execute`` needs ``pip install nbclient
ipykernel``; each notebook then runs in a kernel of its own, and an error ends the command.
"""

import argparse
import re
import tomllib
from pathlib import Path

import jupytext
import nbformat
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "examples" / "chapter" / "notebooks").glob("*.py"))
CATALOG = "docs/locale/{}/LC_MESSAGES/notebooks.po"
INSTALL = """try:
    import skfnn
except ImportError:  # in the browser, or on a machine that is not yours
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


def without_answers(code):
    """Return code whose answers are left open."""

    def opened(match):
        return re.sub(r"^(\w+) = .*$", r"\1 = ...  # your answer", match.group(1), flags=re.M)

    return re.sub(r"# solution\n(.*?)# end\n", opened, code, flags=re.S)


def make(source, language="en", solved=False):
    """Return the notebook of a source file."""
    notebook = jupytext.read(source)
    texts = translation(language)
    for cell, parts in paragraphs(notebook):
        cell.source = "\n\n".join(texts.get(part, part) for part in parts)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = re.sub(r" +# (noqa|fmt): .*", "", cell.source)
            answers = re.sub(r"# (solution|end)\n", "", cell.source)
            cell.source = answers if solved else without_answers(cell.source + "\n").rstrip("\n")
    links = badges(source.stem)
    first = [nbformat.v4.new_markdown_cell(links)] if links else []
    notebook.cells[1:1] = [*first, nbformat.v4.new_code_cell(INSTALL)]
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
            wrong = "not yet right" in texts or (given.solved and "not answered" in texts)
            if wrong:
                raise SystemExit(f"{path.name}: an answer is not right\n{texts}")
            nbformat.write(notebook, path)
        print(path)


if __name__ == "__main__":
    main()
