"""`python -m workbench jobs` in a terminal, as its own process or as click's runner calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.jobs.conftest import Bench
from workbench import cli, jobs
from workbench.jobs import launching, processes, record
from workbench.settings import HOME


@pytest.fixture
def own(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The installation as this process's environment names it."""
    for name, value in launching.environment(bench.settings, "").items():
        if name.startswith("EYESPY_") and name != processes.VARIABLE:
            monkeypatch.setenv(name, value)
    return bench


def _jobs(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["jobs", *arguments])


def test_an_empty_list_says_how_to_start_a_job(own: Bench) -> None:
    assert "jobs start -- import FOLDER" in _jobs().output
    assert json.loads(_jobs("--json").output) == []


def test_a_job_is_started_followed_to_its_end_and_listed(own: Bench) -> None:
    started = _jobs("start", "--", *own.short)
    assert started.exit_code == 0, started.output
    followed = _jobs("follow", "latest")
    assert followed.exit_code == 0
    assert "unreadable" in followed.output  # the table that the import printed into its log
    assert ": done" in followed.output.splitlines()[-1]
    (listed,) = json.loads(_jobs("list", "--json").output)
    assert started.output.startswith(listed["id"][:8])
    assert (listed["status"], listed["command"], listed["result"]["sessions"][0]["new"]) == ("done", [*own.short], 1)
    assert listed["id"][:8] in _jobs("list").output


def test_a_folder_beside_the_user_is_found_by_the_job(
    own: Bench, shoots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shoots)
    assert _jobs("start", "--", "import", "short/").exit_code == 0
    job = own.ended("latest")
    assert job.command == ("import", str(shoots / "short")) and job.status == "done"


@pytest.mark.parametrize("command", [["forget", "Ana", "--yes"], ["rm", "-rf"], ["app"], ["jobs"], []])
def test_what_is_no_long_command_is_refused(own: Bench, command: list[str]) -> None:
    refused = _jobs("start", "--", *command)
    assert refused.exit_code == 1 and "does not run as a job" in refused.output
    assert jobs.every(own.engine) == []


def test_a_long_command_that_is_given_wrongly_is_refused_before_it_is_a_job(own: Bench) -> None:
    refused = _jobs("start", "--", "import", "--no-such-option")
    assert refused.exit_code == 2 and "--no-such-option" in refused.output
    assert jobs.every(own.engine) == []


def test_following_a_job_that_fails_ends_with_its_sentence_and_status_1(own: Bench) -> None:
    _jobs("start", "--", "screen", "Nobody")
    followed = _jobs("follow", "latest")
    assert followed.exit_code == 1
    assert "failed, There is no session “Nobody”" in followed.output


def test_cancel_and_resume_take_a_short_id(own: Bench) -> None:
    waiting = record.add(own.engine, own.short, "short", True)
    assert waiting
    assert "cancelled" in _jobs("cancel", waiting[:8]).output
    assert _jobs("resume", waiting[:8]).exit_code == 0
    assert own.ended(waiting).status == "done"


def test_ctrl_c_while_following_leaves_the_job_alone(own: Bench) -> None:
    job = own.start(own.long)
    environment = {name: value for name, value in os.environ.items() if name != processes.VARIABLE}
    command = [sys.executable, "-m", "workbench", "jobs", "follow", job.id[:8]]
    with subprocess.Popen(command, cwd=HOME, env=environment, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout
        follower.stdout.readline()
        follower.send_signal(signal.SIGINT)
        said, _ = follower.communicate()
    assert "The job goes on" in said and follower.returncode == 0
    assert own.find(job.id).active


def test_a_name_with_an_escape_code_is_shown_and_not_obeyed(own: Bench) -> None:
    record.add(own.engine, ("screen", "x"), "Ana\x1b[2J\nBen", True)
    jobs.cancel(own.settings, own.engine, "latest")
    assert "\x1b[2J" not in _jobs("list").output
    assert "Ana\\x1b[2J\\nBen" in _jobs("list").output
