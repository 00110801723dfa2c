"""Hand-offs that are killed at each of their steps, each in an installation of its own; run as a program.

    python -m tests.screening.killed MODEL FOLDER

copies the installation MODEL to FOLDER/CASE for every case, and lets a process of its own hand it over, or take that
back, and kill itself (SIGKILL) at one step of one file.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.screening.handing import Shoot, again, installation, installed
from workbench.screening import handoff
from workbench.screening.presets import Choice

FILES = ("1.jpg", "2.tif", "3.xmp", "4.xmp")
"""In the order in which they are written: the sidecar of 3 is there before, that of 4 is not."""
WRITE, UNDO = "write", "undo"
STEPS = ("opened", "poured", "drafted", "journalled", "checked", "replaced", "booked")
SHORTER = ("poured", "journalled", "checked", "replaced")
"""For files after the first: where something is written down or moved."""
REMOVAL = ("journalled", "checked", "replaced", "booked")


@dataclass(frozen=True)
class Case:
    """Killed at `step` of the file `file`, while it was written or taken back."""

    action: str
    file: str
    step: str

    @property
    def name(self) -> str:
        return f"{self.action} {self.file} {self.step}"


CASES = tuple(
    Case(action, file, step)
    for action in (WRITE, UNDO)
    for file in FILES
    for step in (REMOVAL if (action, file) == (UNDO, "4.xmp") else STEPS if file == "1.jpg" else SHORTER)
)


def hand_over(one: Shoot, at: Callable[[str], None] = lambda step: None) -> str | None:
    """The hand-off that is killed; gives its id."""
    plan = handoff.plan(one.settings, one.engine, one.session, Choice("lightroom"))
    return handoff.carry_out(one.settings, one.engine, plan, labeller="Ana", at=at).id


def main(model: Path, folder: Path) -> None:
    """Kills every case."""
    made = installed(model)
    for case in CASES:
        (folder / case.name).mkdir()
        copy = again(made, installation(folder / case.name))
        copy.engine.dispose()
        child = os.fork()
        if child == 0:
            _run(copy, case)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"{case.name} was never reached"


def _run(copy: Shoot, case: Case) -> None:
    order = FILES if case.action == WRITE else FILES[::-1]
    passed: Counter[str] = Counter()
    passed["opened"] = passed["poured"] = passed["drafted"] = 0 if case.action == WRITE else 1  # a removal has none

    def kill(step: str) -> None:
        if step == case.step and passed[step] == order.index(case.file):
            os.kill(os.getpid(), signal.SIGKILL)
        passed[step] += 1

    if case.action == WRITE:
        hand_over(copy, kill)
    else:
        handoff.undo(copy.settings, copy.engine, str(hand_over(copy)), at=kill)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
