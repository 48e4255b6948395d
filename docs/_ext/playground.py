"""What the playground page needs beside its script: skfnn as an archive, and recorded runs."""

import importlib.util
import json
import zipfile
from pathlib import Path

import skfnn

SOURCE = Path(__file__).parents[1] / "_static" / "playground"
PACKAGE = Path(skfnn.__file__).parent
# Networks that show something on each data set.
RECORDED = {
    "circles": {"layers": [4, 3]},
    "moons": {"layers": [4, 3], "noise": 0.2, "learning_rate": 0.03},
    "spirals": {"layers": [8, 8], "noise": 0.05, "alpha": 0.0, "learning_rate": 0.03},
    "xor": {"layers": [4, 3], "noise": 0.05},
}
CHANGING = ["epoch", "accuracy", "val_accuracy", "output", "units", "weights", "code"]
EPOCHS = [1, 2, 3, 4, 5, 7, 9, 12, 15, 19, 24, 30, 37, 45, 55, 67, 80, 95, 115, 140, 170, 200]


def engine():
    """Return the module that runs in the browser."""
    spec = importlib.util.spec_from_file_location("playground_engine", SOURCE / "engine.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def record(data: str) -> dict:
    """Return a run on a data set: what stays the same, and the frames."""
    module = engine()
    page = module.Playground({"data": data, **RECORDED[data]})
    frames = []
    for epoch in EPOCHS:
        state = page.step(epoch - page.epoch)
        frames.append({name: state[name] for name in CHANGING})
    return {
        "config": page.config, "grid": module.GRID, "points": page.points(),
        "listing": state["listing"], **page.curves, "frames": frames,
    }  # fmt: skip


def archive(path: Path) -> None:
    """Write the package as a zip archive, the same bytes for the same files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for source in sorted(PACKAGE.rglob("*")):
            if source.suffix in (".py", ".typed"):
                name = source.relative_to(PACKAGE.parent).as_posix()
                file.writestr(zipfile.ZipInfo(name), source.read_bytes(), zipfile.ZIP_DEFLATED)


def write(app, exception):
    """Write both into the built site."""
    if exception or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / "playground"
    folder.mkdir(parents=True, exist_ok=True)
    archive(folder / "skfnn.zip")
    for data in RECORDED:
        (folder / f"recorded_{data}.json").write_text(json.dumps(record(data)))


def add_files(app, pagename, templatename, context, doctree):
    """Give the page its script and its rules."""
    if pagename == "playground":
        app.add_css_file("playground/playground.css")
        app.add_js_file("playground/playground.js", loading_method="defer")


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", add_files)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
