"""The rules of the house, held by reading every file: which room may know which, and how large things get."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.settings import HOME

GROUND = ("errors", "settings", "faults", "files", "assets", "cells")  # single modules that every room stands on
STAIRS = ("archive", "vision", "learning", "screening", "ui", "pages")  # each may know those before it
BELOW = {room: {*GROUND, *STAIRS[:floor]} for floor, room in enumerate(STAIRS)} | {
    "jobs": {*GROUND, "archive"},
    **{module: set(GROUND) for module in GROUND},
}
EDGES = ("cli", "commands", "__main__", "report", "doctor")  # the command line knows all rooms, and none knows it
KNOWS_JOBS = {"ui", "cli", "__main__"}
STREAMLIT = ("workbench/ui/", "pages/")
TENSORFLOW = tuple(f"workbench/learning/{name}.py" for name in ("networks", "training", "tuning"))
ONLY_IN = {
    "streamlit": STREAMLIT,
    "tensorflow": TENSORFLOW,
    "keras": TENSORFLOW,
    "keras_tuner": TENSORFLOW,
    "mediapipe": (),  # it looks up a logging host at run time
}
MIGRATIONS = "workbench/archive/migrations/"  # lists of what was done, as long as that was
FILE_LINES, PAGE_LINES, FUNCTION_LINES = 400, 120, 50


def room_of_file(path: str) -> str:
    """The room, or the module of the ground floor, that the file `path` from the repository's root is in."""
    parts = Path(path).with_suffix("").parts
    return parts[0] if parts[0] == "pages" else parts[1]


def room_of_module(module: str) -> str | None:
    """The room of a dotted name, None for other people's packages."""
    parts = module.split(".")
    if parts[0] == "pages":
        return "pages"
    return parts[1] if parts[0] == "workbench" and len(parts) > 1 else None


def imports(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that a file imports, wherever in it, also by `import_module`."""
    package = Path(path).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (*package[: len(package) - node.level + 1],) if node.level else ()
            source = ".".join((*base, *([node.module] if node.module else [])))
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _imports_by_name(node):
            yield node.lineno, ast.literal_eval(node.args[0])


def _imports_by_name(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    text = bool(call.args) and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    return name in ("import_module", "__import__") and text


def wrong_import(path: str, module: str) -> str | None:
    """What is wrong with importing `module` in the file `path`, None if nothing."""
    package = module.split(".")[0]
    if not path.startswith(ONLY_IN.get(package, "")):
        return f"{package} belongs in {', '.join(ONLY_IN[package]) or 'no file'}"
    here, there = room_of_file(path), room_of_module(module)
    if there is None or here == there:
        return None
    if there == "jobs":
        known = here in KNOWS_JOBS
    else:
        known = here in EDGES or there in BELOW.get(here, ())
    return None if known else f"{here} may not know {there}"


def complaints(path: str, source: str) -> list[str]:
    """Every rule that a source file breaks, with its line; `path` is from the repository's root."""
    tree = ast.parse(source)
    found = [(line, wrong_import(path, module)) for line, module in imports(path, tree)]
    lines, limit = len(source.splitlines()), PAGE_LINES if path.startswith("pages/") else FILE_LINES
    found.append((1, f"{lines} lines, {limit} are enough" if lines > limit else None))
    if not path.startswith(MIGRATIONS):
        found += [(function.lineno, too_long(function)) for function in functions(tree)]
    return list(dict.fromkeys(f"{path}:{line}: {complaint}" for line, complaint in found if complaint))


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def too_long(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """A complaint about a function of too many lines, its docstring among them; None for a shorter one."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    return f"{function.name} has {lines} lines, {FUNCTION_LINES} are enough" if lines > FUNCTION_LINES else None


def sources(home: Path) -> list[Path]:
    """All Python files of the house. Package markers at its door belong to no room."""
    found = [path for folder in ("workbench", "pages") for path in sorted((home / folder).rglob("*.py"))]
    return [path for path in found if path != home / "workbench" / "__init__.py"]


def all_complaints(home: Path) -> list[str]:
    return [
        complaint
        for path in sources(home)
        for complaint in complaints(path.relative_to(home).as_posix(), path.read_text(encoding="utf-8"))
    ]


def test_the_house_keeps_its_rules() -> None:
    assert all_complaints(HOME) == []


def test_every_room_is_looked_into() -> None:
    looked_into = {room_of_file(path.relative_to(HOME).as_posix()) for path in sources(HOME)}
    assert looked_into >= {*GROUND, *STAIRS}
    assert looked_into <= {*GROUND, *STAIRS, *EDGES, "jobs"}, "a new room: give it its place in this file"


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("workbench/archive/photos.py", "from workbench.vision import views"),
        ("workbench/archive/photos.py", "from workbench import vision"),
        ("workbench/archive/photos.py", "import workbench.learning.registry"),
        ("workbench/archive/photos.py", "from ..vision import views"),
        ("workbench/archive/photos.py", "from .. import screening"),
        ("workbench/archive/photos.py", "def f():\n    from workbench.ui import theme"),
        ("workbench/vision/views.py", "from workbench.learning.registry import current"),
        ("workbench/learning/registry.py", "from workbench.screening import screen"),
        ("workbench/screening/screen.py", "import_module('workbench.ui.server')"),
        ("workbench/ui/server.py", "from pages import screen"),
        ("workbench/ui/server.py", "from workbench.cli import main"),
        ("workbench/settings.py", "from workbench.archive import catalog"),
        ("workbench/screening/screen.py", "from workbench.jobs import start"),
        ("workbench/jobs/work.py", "from workbench.learning import registry"),
        ("workbench/archive/jobs.py", "from workbench import jobs"),
        ("workbench/doctor.py", "from workbench import jobs"),
        ("workbench/ui/server.py", "from workbench import doctor"),
        ("workbench/ui/server.py", "from workbench.newcomer import thing"),
        ("workbench/newcomer.py", "from workbench import errors"),
        ("pages/label.py", "from workbench.jobs import start"),
        ("workbench/screening/screen.py", "import streamlit as st"),
        ("workbench/cli.py", "from streamlit.web import bootstrap"),
        ("workbench/learning/registry.py", "import tensorflow as tf"),
        ("workbench/learning/registry.py", "from keras import layers"),
        ("workbench/learning/evaluation.py", "importlib.import_module('keras_tuner')"),
        ("pages/tune.py", "import tensorflow"),
        ("workbench/vision/landmarks.py", "import mediapipe"),
        ("workbench/archive/photos.py", "\n" * 400 + "x = 1"),
        ("pages/label.py", "\n" * 120 + "x = 1"),
        ("workbench/archive/photos.py", "def f():\n" + "    x = 1\n" * 50),
        ("workbench/archive/photos.py", "class A:\n    async def f(self):\n" + "        x = 1\n" * 50),
    ],
)
def test_a_file_that_breaks_a_rule_is_named_with_its_line(path: str, source: str) -> None:
    (complaint,) = complaints(path, source)
    assert complaint.startswith(f"{path}:")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "workbench/vision/views.py",
            "from workbench.archive import photos\nfrom workbench import assets, errors",
        ),
        ("workbench/vision/views.py", "from . import landmarks\nfrom workbench.vision.landmarks import Face"),
        ("workbench/ui/jobs.py", "from workbench.jobs import start\nimport streamlit"),
        ("workbench/cli.py", "from workbench.ui import server\nfrom workbench.jobs import start"),
        ("workbench/cli/training.py", "from workbench.learning import training"),
        ("workbench/__main__.py", "from workbench.cli import main"),
        ("workbench/learning/networks.py", "import keras\nimport tensorflow as tf"),
        ("workbench/learning/starter.py", "import kerastools\nimport numpy"),
        ("pages/screen.py", "import streamlit as st\nfrom workbench.archive import sessions"),
        ("workbench/archive/photos.py", "def f():\n" + "    x = 1\n" * 49),
        ("workbench/archive/migrations/versions/0001.py", "def upgrade():\n" + "    x = 1\n" * 90),
    ],
)
def test_what_the_rules_allow_passes(path: str, source: str) -> None:
    assert complaints(path, source) == []


def test_a_breach_in_a_real_house_is_found(tmp_path: Path) -> None:
    room = tmp_path / "workbench" / "archive"
    room.mkdir(parents=True)
    (room / "photos.py").write_text("import json\nfrom workbench.learning import registry\n")
    assert all_complaints(tmp_path) == ["workbench/archive/photos.py:2: archive may not know learning"]
