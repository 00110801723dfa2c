"""The Makefile and `.ci/run`, run for real in a folder of their own: only Python is a stand-in."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from workbench.settings import HOME

PYTHON = """#!/bin/sh
echo "$*" >> calls
case "$*" in
  FAILING) exit 3;;
  "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python;;
  "-m pytest"*) echo "SAYING"; echo "$EYESPY_REQUIRE_BROWSER $EYESPY_RESEARCH_DATA" > environment;;
  *"workbench assets"*) mkdir -p "${EYESPY_ASSETS:-assets}";;
  "-c "*) exit OLD;;
esac
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh clone, as far as the Makefile looks; its name has a space, as folders have."""
    folder = tmp_path / "Eye Spy"
    for name in ("workbench", ".ci"):
        (folder / name).mkdir(parents=True)
    long_ago = time.time() - 3600
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "workbench/assets.py", ".ci/run"):
        shutil.copy(HOME / name, folder / name)
        os.utime(folder / name, (long_ago, long_ago))
    install_python(folder)
    return folder


def install_python(
    home: Path, *, old: bool = False, failing: str = "nothing", saying: str = "", into: str = "python"
) -> None:
    """The stand-in, made long ago as a real Python was: it writes down its calls, and tests end by `saying`.

    A call that contains `failing` fails.
    """
    script = home / into
    script.parent.mkdir(parents=True, exist_ok=True)
    words = {"OLD": str(int(old)), "FAILING": f'*"{failing}"*', "SAYING": saying}
    text = PYTHON
    for word, value in words.items():
        text = text.replace(word, value)
    script.write_text(text)
    script.chmod(0o755)
    os.utime(script, (0, 0))


def make(home: Path, *targets: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs make, and leaves in the file `calls` how Python was called."""
    return run(home, ["make", *targets, "PYTHON=./python"], **environment)


def ci(home: Path) -> subprocess.CompletedProcess[str]:
    """Runs `.ci/run` with the programs it would install already there."""
    for program in ("chromium", "exiftool", "exiv2", "darktable-cli", "luac5.1", "luac5.4"):
        install_python(home, into=f"programs/{program}")
    return run(home, [".ci/run"], PYTHON="./python", PATH=f"{home / 'programs'}{os.pathsep}{os.environ['PATH']}")


def run(home: Path, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    (home / "calls").write_text("")
    free = {name: value for name, value in os.environ.items() if not name.startswith(("EYESPY_", "MAKE"))}
    return subprocess.run(command, cwd=home, env=free | environment, capture_output=True, text=True)


def calls(home: Path) -> list[str]:
    return (home / "calls").read_text().splitlines()


def test_run_on_a_fresh_clone_installs_fetches_makes_the_demo_and_serves(home: Path) -> None:
    assert make(home, "run").returncode == 0
    version, venv, install, *rest = calls(home)
    assert version.startswith("-c") and venv == "-m venv --clear .venv"
    assert install.endswith("install -r requirements.txt")
    assert rest == ["-m workbench assets", "-m workbench demo --if-empty", "-m workbench"]


def test_a_second_run_starts_at_once(home: Path) -> None:
    make(home, "run")
    make(home, "run")
    assert calls(home) == ["-m workbench demo --if-empty", "-m workbench"]


def test_tests_need_the_tools_too_and_a_second_time_nothing_but_the_tests(home: Path) -> None:
    make(home, "test")
    assert sum(call.endswith("-r requirements-dev.txt") for call in calls(home)) == 1
    make(home, "test")
    assert [call.split(" --")[0] for call in calls(home)] == ["-m pytest"]


def test_changed_requirements_are_installed_again(home: Path) -> None:
    make(home, "test")
    later = time.time() + 3600
    os.utime(home / "requirements.txt", (later, later))
    make(home, "setup")
    assert [call.endswith("install -r requirements.txt") for call in calls(home)] == [True]


def test_deleted_assets_are_fetched_again(home: Path) -> None:
    make(home, "setup")
    shutil.rmtree(home / "assets")
    make(home, "setup")
    assert calls(home) == ["-m workbench assets"]


def test_a_change_of_what_is_fetched_fetches_it(home: Path) -> None:
    make(home, "setup")
    later = time.time() + 3600
    os.utime(home / "workbench" / "assets.py", (later, later))
    make(home, "setup")
    assert calls(home) == ["-m workbench assets"]


def test_assets_may_lie_elsewhere(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "my assets"
    for _ in range(2):
        assert make(home, "setup", EYESPY_ASSETS=str(elsewhere)).returncode == 0
    assert calls(home) == []
    assert not (home / "assets").exists()


def test_an_old_python_is_refused_with_what_to_do_and_leaves_nothing(home: Path) -> None:
    install_python(home, old=True)
    refused = make(home, "run")
    assert refused.returncode != 0
    assert "needs Python 3.11 or newer" in refused.stderr and "PYTHON=python3.12" in refused.stderr
    assert not (home / ".venv").exists()


@pytest.mark.parametrize("step", ["install -r requirements.txt", "workbench assets"])
def test_a_step_that_failed_is_done_again_the_next_time(home: Path, step: str) -> None:
    install_python(home, failing=step)
    assert make(home, "run").returncode != 0
    assert calls(home)[-1].endswith(step)
    install_python(home, into=".venv/bin/python")
    assert make(home, "run").returncode == 0
    assert calls(home)[0].endswith(step)


@pytest.mark.parametrize("step", ["ruff format --check .", "ruff check .", "mypy", "pytest"])
def test_check_fails_when_any_of_its_steps_does(home: Path, step: str) -> None:
    assert make(home, "check").returncode == 0
    install_python(home, failing=f"-m {step}", into=".venv/bin/python")
    assert make(home, "check").returncode != 0
    assert calls(home)[-1].startswith(f"-m {step}")


def test_help_names_every_command(home: Path) -> None:
    listed = make(home).stdout
    assert all(f"make {name}" in listed for name in "setup run test check bench clean help".split())


def test_ci_is_green_when_the_tests_ran_and_passed_and_skips_no_browser(home: Path) -> None:
    install_python(home, saying="12 passed, 1 skipped in 3.45s")
    (home.parent / "shared" / "data").mkdir(parents=True)
    done = ci(home)
    assert done.returncode == 0, done.stderr
    assert "12 passed" in done.stdout
    required, photographs = (home / "environment").read_text().strip().split(" ", 1)
    assert required == "1" and Path(photographs).samefile(home.parent / "shared" / "data")


def test_ci_without_research_photographs_says_nothing_of_them(home: Path) -> None:
    install_python(home, saying="12 passed")
    assert ci(home).returncode == 0
    assert (home / "environment").read_text().split() == ["1"]


def test_ci_is_red_when_no_test_ran(home: Path) -> None:
    install_python(home, saying="no tests ran in 0.01s")
    done = ci(home)
    assert done.returncode != 0 and "the tests did not run" in done.stderr


@pytest.mark.parametrize("step", ["install -r requirements.txt", "-m mypy", "-m pytest"])
def test_ci_is_red_when_any_step_fails(home: Path, step: str) -> None:
    install_python(home, failing=step, saying="12 passed")
    assert ci(home).returncode != 0
