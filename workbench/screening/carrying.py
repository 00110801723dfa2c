"""File after file of a hand-off: what cannot be done is named, the rest is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from workbench.archive.photos import Problem
from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.screening import journal, rewriting
from workbench.screening.journal import Entry, Journal

Tell = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Handed:
    """What a hand-off, or its undo, did: how many files it wrote, how many it found so, those it could not and why.

    `id` is None when there was nothing to write. `left` are files in which something was left as others changed it.
    """

    id: str | None
    written: int
    unchanged: int
    problems: tuple[Problem, ...]
    left: tuple[Problem, ...] = ()


@dataclass
class Work:
    """What has been done so far to the files of a session's hand-off."""

    session: Session
    written: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    left: list[Problem] = field(default_factory=list)

    def handed(self, handoff_id: str | None) -> Handed:
        """The outcome."""
        return Handed(handoff_id, self.written, self.unchanged, tuple(self.problems), tuple(self.left))

    def named(self, path: Path, reason: str) -> Problem:
        """The file by its path below the session's folder where it lies there, and what there is to know of it."""
        folder = self.session.folder.resolve()
        return Problem(path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path), reason)

    def refuse(self, path: Path, error: OSError | WorkbenchError) -> str:
        """Names a file that could not be done; gives the reason."""
        problem = self.named(path, rewriting.reason(error))
        self.problems.append(problem)
        return problem.reason


Act = Callable[[Journal, Entry, Work], None]
"""Does one file and counts it; raises WorkbenchError or OSError and leaves it as it was."""


def each(
    book: Journal, entries: Sequence[Entry], act: Act, work: Work, tell: Tell = silent, *, undoing: bool = False
) -> None:
    """Does all files of a hand-off, telling how far it is."""
    what, otherwise = ("Taking back", journal.WRITTEN) if undoing else ("Writing", journal.NOT_WRITTEN)
    for done, entry in enumerate(entries, start=1):
        try:
            act(book, entry, work)
        except (OSError, WorkbenchError) as error:
            book.refuse(entry, work.refuse(entry.path, error), otherwise)
            with suppress(OSError):
                entry.draft.unlink(missing_ok=True)
        tell(what, done, len(entries))
