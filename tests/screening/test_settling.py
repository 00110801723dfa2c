"""After a kill: a file of which nothing can be told stops no other, and forgetting leaves no half-made copy behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.archive.test_forgetting import _forget
from tests.screening.handing import Shoot, shoot, snapshot
from workbench.archive.sessions import UnknownSession
from workbench.screening import handoff, settling
from workbench.screening.handoff import HandoffRuns
from workbench.screening.journal import UNDOING, WRITING, WRITTEN, Journal
from workbench.screening.presets import Choice
from workbench.settings import Settings


class Killed(BaseException):
    """Ends a hand-off where it stands: unlike after an error nothing is cleared up."""


@pytest.fixture
def ana(settings: Settings) -> Shoot:
    return shoot(settings, {"1.jpg": "blink", "2.jpg": "cant_tell"})


def hand_over(one: Shoot, at: Callable[[str], None] = lambda step: None) -> str:
    plan = handoff.plan(one.settings, one.engine, one.session, Choice("lightroom"))
    return str(handoff.carry_out(one.settings, one.engine, plan, labeller="Ana", at=at).id)


def killed(one: Shoot, step: str) -> None:
    """A hand-off that was killed at a step of its first file."""

    def kill(at: str) -> None:
        if at == step:
            raise Killed

    with pytest.raises(Killed):
        hand_over(one, kill)


def statuses(one: Shoot) -> dict[str, tuple[str, str | None]]:
    """Status and problem of each file of the first hand-off."""
    (first, *_) = Journal(one.settings, one.engine).entries()
    entries = Journal(one.settings, one.engine).entries(first.handoff_id)
    return {entry.path.name: (entry.status, entry.problem) for entry in entries}


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [emptied, a_folder])
def test_a_file_that_cannot_be_read_stays_open_and_stops_no_other_session(
    ana: Shoot, spoil: Callable[[Path], object]
) -> None:
    killed(ana, "replaced")
    whole = ana.path("1.jpg").read_bytes()
    spoil(ana.path("1.jpg"))
    bea = shoot(ana.settings, {"9.jpg": "blink"}, name="Bea")
    hand_over(bea)
    status, problem = statuses(ana)["1.jpg"]
    assert status == WRITING and problem is not None and problem.startswith("how far it came cannot be told: ")
    assert statuses(ana)["2.jpg"][0] == "not written", "the rest of the hand-off is settled"
    ana.path("1.jpg").rmdir() if ana.path("1.jpg").is_dir() else ana.path("1.jpg").unlink()
    ana.path("1.jpg").write_bytes(whole)
    handoff.settle(ana.settings, ana.engine)
    assert statuses(ana)["1.jpg"] == (WRITTEN, None), "once it is back"


def test_a_draft_that_cannot_be_taken_away_is_not_lost_sight_of(ana: Shoot) -> None:
    killed(ana, "drafted")
    entry = Journal(ana.settings, ana.engine).entries()[0]
    draft = entry.draft.read_bytes()
    entry.draft.unlink()
    entry.draft.mkdir()
    handoff.settle(ana.settings, ana.engine)
    assert statuses(ana)["1.jpg"][0] == "planned" and statuses(ana)["1.jpg"][1]
    entry.draft.rmdir()
    entry.draft.write_bytes(draft)
    handoff.settle(ana.settings, ana.engine)
    assert statuses(ana)["1.jpg"][0] == "not written" and not entry.draft.exists()


def test_an_undo_that_was_killed_stays_open_where_the_file_cannot_be_read(ana: Shoot) -> None:
    made = hand_over(ana)

    def kill(step: str) -> None:
        if step == "replaced":
            raise Killed

    with pytest.raises(Killed):
        handoff.undo(ana.settings, ana.engine, made, at=kill)
    taken_back = next(name for name, (status, _) in statuses(ana).items() if status == UNDOING)
    whole = ana.path(taken_back).read_bytes()
    emptied(ana.path(taken_back))
    handoff.settle(ana.settings, ana.engine)
    assert statuses(ana)[taken_back][0] == UNDOING and handoff.every(ana.engine)[0].undone_at is None
    ana.path(taken_back).write_bytes(whole)
    assert handoff.undo(ana.settings, ana.engine, made).problems == ()
    assert handoff.every(ana.engine)[0].undone_at is not None


def test_forgetting_takes_a_half_made_copy_of_a_photo_along(ana: Shoot) -> None:
    before = snapshot(ana.folder)
    killed(ana, "drafted")
    assert snapshot(ana.folder) != before
    _forget(ana.settings, "Ana")
    assert snapshot(ana.folder) == before


def test_a_client_is_not_forgotten_while_a_hand_off_writes(ana: Shoot) -> None:
    refused = []

    def forget(step: str) -> None:
        if step == "drafted":
            with pytest.raises(HandoffRuns):
                _forget(ana.settings, "Ana")
            refused.append(step)

    hand_over(ana, forget)
    assert len(refused) == 2 and _forget(ana.settings, "Ana", dry_run=True).photos == 2


def test_a_hand_off_of_a_client_who_is_forgotten_meanwhile_writes_nothing(ana: Shoot) -> None:
    plan = handoff.plan(ana.settings, ana.engine, ana.session, Choice("lightroom"))
    before = snapshot(ana.folder)
    _forget(ana.settings, "Ana")
    with pytest.raises(UnknownSession):
        handoff.carry_out(ana.settings, ana.engine, plan, labeller="Ana")
    assert snapshot(ana.folder) == before


def test_forgetting_says_which_hand_offs_stand(ana: Shoot) -> None:
    assert _forget(ana.settings, "Ana", dry_run=True).stays == ""
    made = hand_over(ana)
    would = _forget(ana.settings, "Ana", dry_run=True)
    assert would.handoffs == 1
    assert would.stays == ("1 hand-off stands: undo it first if the colours, copies or links that were made shall go.")
    handoff.undo(ana.settings, ana.engine, made)
    assert _forget(ana.settings, "Ana", dry_run=True).handoffs == 0
    hand_over(ana)
    assert _forget(ana.settings, "Ana").handoffs == 1


def test_looking_what_forgetting_would_erase_waits_for_nobody(ana: Shoot) -> None:
    with settling.at_rest(ana.settings, ana.engine, ana.session.id):
        assert _forget(ana.settings, "Ana", dry_run=True).photos == 2
