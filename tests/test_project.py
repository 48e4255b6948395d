"""What stands in more than one place of the project says the same in each."""

import importlib
import os
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import skfnn

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def load(path):
    return pytest.importorskip("yaml").safe_load(path.read_text())


def floors():
    """The oldest supported version of each dependency."""
    versions = {}
    for requirement in map(Requirement, PROJECT["dependencies"]):
        (specifier,) = requirement.specifier
        assert specifier.operator == ">=", requirement
        versions[requirement.name] = Version(specifier.version)
    return versions


def pinned(name):
    """The versions in a file of constraints."""
    lines = (ROOT / "tools" / "constraints" / f"{name}.txt").read_text().splitlines()
    versions = {}
    for requirement in (Requirement(line) for line in lines if not line.startswith("#")):
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", requirement
        versions[requirement.name] = Version(specifier.version.removesuffix(".*"))
    return versions


def test_the_oldest_dependencies_are_the_floors_of_the_package():
    assert pinned("oldest") == floors()


def test_the_dependencies_of_colab_are_supported():
    oldest, colab = floors(), pinned("colab")
    assert colab.keys() == oldest.keys()
    assert all(colab[name] >= oldest[name] for name in oldest)


def test_the_version_is_the_same_everywhere():
    citation = load(ROOT / "CITATION.cff")
    assert str(citation["version"]) == skfnn.__version__
    assert citation["license"] == PROJECT["license"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in PROJECT["authors"]
    ]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"^## {re.escape(skfnn.__version__)}\b", changelog, re.MULTILINE)


def test_the_citation_file_has_what_its_format_requires():
    citation = load(ROOT / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)
    assert citation["type"] in {"software", "dataset"}


def test_the_workflow_covers_systems_pythons_and_dependencies():
    jobs = load(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]
    assert {"tests", "lint", "docs", "distribution"} <= set(jobs)
    matrix = jobs["tests"]["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert len(matrix["python"]) >= 3
    oldest_python = PROJECT["requires-python"].removeprefix(">=")
    oldest = [extra for extra in matrix["include"] if extra["dependencies"] == "oldest"]
    assert [extra["python"] for extra in oldest] == [oldest_python]
    assert oldest_python in matrix["python"]
    # Every version of scikit-learn from the floor to the one before the newest, and the newest.
    between = {extra["dependencies"] for extra in matrix["include"]} - {"newest", "oldest"}
    assert between == {"colab", "scikit-learn==1.7.*", "scikit-learn==1.8.*"}
    assert floors()["scikit-learn"] == Version("1.6")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_runs_is_there(path):
    for name, job in load(path)["jobs"].items():
        assert job["timeout-minutes"] <= 60, name
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step), step
            for script in re.findall(r"tools/[\w.]+", step.get("run", "")):
                assert (ROOT / script).exists(), script
            for script in re.findall(r"^tools/[\w.]+", step.get("run", ""), re.MULTILINE):
                assert os.name == "nt" or os.access(ROOT / script, os.X_OK), script


@pytest.mark.parametrize("path", [p for p in FORMS if p.stem != "config"], ids=lambda p: p.stem)
def test_an_issue_form_is_complete(path):
    form = load(path)
    assert {"name", "description", "body"} <= set(form)
    identifiers = [part["id"] for part in form["body"]]
    assert len(set(identifiers)) == len(identifiers)
    for part in form["body"]:
        assert part["type"] in {"input", "textarea", "checkboxes", "dropdown"}
        assert part["attributes"]["label"]
    assert any(part.get("validations", {}).get("required") for part in form["body"])


def test_pre_commit_checks_what_the_workflow_checks():
    hooks = [
        hook for repo in load(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]
    ]
    wanted = {"ruff", "ruff-format", "mypy", "trailing-whitespace", "check-yaml", "check-toml"}
    assert wanted <= {hook["id"] for hook in hooks}


def test_no_example_counts_cores_that_it_may_not_use():
    for path in (ROOT / "examples").rglob("*.py"):
        assert "os.cpu_count" not in path.read_text(), path  # joblib's knows of limits


@pytest.fixture
def mutate(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("mutate")


def test_bugs_are_planted_in_every_file_or_there_is_a_reason(mutate):
    names = {path.relative_to(ROOT).as_posix() for path in (ROOT / "skfnn").rglob("*.py")}
    sources = set(mutate.sources())
    assert {name for name in names - sources if not mutate.matches(name, mutate.EXCUSED)} == set()
    for name in sources:
        assert mutate.core_tests(name)
    for pattern in (*mutate.TESTS, *mutate.EXCUSED):  # of files that are there
        assert any(mutate.matches(name, [pattern]) for name in names), pattern
    assert all(len(reason) > 20 for reason in mutate.EXCUSED.values())
    for name, line, _ in mutate.EQUIVALENT:
        assert line in (ROOT / name).read_text(), line
    for name, old, _ in mutate.PLANTED:
        assert old in (ROOT / name).read_text(), (name, old)


def test_a_file_without_tests_or_a_reason_is_refused(mutate, monkeypatch):
    monkeypatch.delitem(mutate.TESTS, "skfnn/constraints.py")
    with pytest.raises(SystemExit, match=r"Name their core tests.*skfnn/constraints\.py"):
        mutate.mutants()
    monkeypatch.setitem(mutate.EXCUSED, "skfnn/constraints.py", "here for a test of this")
    assert "skfnn/constraints.py" not in mutate.sources()
    monkeypatch.setitem(mutate.TESTS, "skfnn/schedules.py", "nowhere")
    with pytest.raises(SystemExit, match=r"test_nowhere\.py"):
        mutate.core_tests("skfnn/schedules.py")
