"""What a session came to: the groups as they stand after review, and how much of the review is open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine

from workbench.archive.sessions import Session
from workbench.errors import WorkbenchError
from workbench.faults import BLINK as BLINK_FAULT
from workbench.screening import review, screen
from workbench.screening.screen import Screening


class NothingScreened(WorkbenchError):
    """The session was never screened, so there is nothing to hand over."""

    def __init__(self, session: Session) -> None:
        super().__init__(f"“{session.name}” has not been screened yet, so there is nothing to hand over. Screen it.")


class NotReviewed(WorkbenchError):
    """The review is not complete, and nobody said that it happens elsewhere."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(
            f"“{outcome.session.name}” is not reviewed yet: {outcome.missing}. Nothing was written; review it on the "
            f"Screen page first, or give --unreviewed where the review happens in the editor."
        )


@dataclass(frozen=True)
class Outcome:
    """The groups of a session's photos as they stand (`screening`), with the photos that nobody has decided yet."""

    session: Session
    screening: Screening
    open_blink: int
    open_cant_tell: int

    @property
    def complete(self) -> bool:
        """Whether every suggestion of a finished screening was decided."""
        return not (self.open_blink or self.open_cant_tell) and self.screening.finished

    @property
    def missing(self) -> str:
        """What the review lacks, in words."""
        if not self.screening.finished:
            return "its screening is not finished"
        counts = {"a blink": self.open_blink, "something that the model can't tell": self.open_cant_tell}
        waiting = (f"{count} marked as {what}" for what, count in counts.items() if count)
        return f"{' and '.join(waiting)} wait for a decision"

    def require_reviewed(self) -> None:
        """Raises NotReviewed unless the review is complete."""
        if not self.complete:
            raise NotReviewed(self)

    def of_groups(self, groups: Collection[str], only: Collection[str] | None = None) -> list[str]:
        """The photos (of `only`, if given) that stand in one of the groups, what wants to be looked at first."""
        verdicts = screen.in_order(self.screening.verdicts.values())
        found = [verdict.photo_id for verdict in verdicts if verdict.group in groups]
        return [photo for photo in found if only is None or photo in only]


def of_session(engine: Engine, session: Session) -> Outcome:
    """The outcome of the session's newest screening. Raises NothingScreened."""
    screening = screen.latest(engine, session.id)
    if screening is None:
        raise NothingScreened(session)
    decided = review.decisions(engine, session.id, BLINK_FAULT)
    state = review.state(screening, decided)
    return Outcome(session, review.reviewed(screening, decided), state.open_blink, state.open_cant_tell)
