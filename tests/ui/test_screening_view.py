"""What the Screen page's review is given and what is stored of it, the hand-off in words, and uploads."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from tests.ui.reviewed import accept
from tests.ui.shoot import AT, frames, shoot
from workbench.archive import photos, sessions, tables
from workbench.archive.photos import Photo
from workbench.cells import restore
from workbench.faults import BLINK as FAULT
from workbench.jobs import record
from workbench.jobs.record import Job
from workbench.screening import handoff, review
from workbench.screening.gestures import ACCEPT, AUDIT
from workbench.screening.likeness import Burst
from workbench.screening.presets import Choice
from workbench.screening.review import Decision, Kept, State
from workbench.screening.screen import BLINK, CANT_TELL, KEEP, Screening, Verdict
from workbench.settings import Settings
from workbench.ui import (
    screening_choice,
    screening_gestures,
    screening_handoff_view,
    screening_parts,
    screening_view,
)

# ---- what the browser is given


def photo(number: int, **about: object) -> Photo:
    at = datetime(2026, 11, 20, 9, 0, number)
    return replace(Photo(f"{number:032x}", "s", f"IMG_{number:04}.jpg", at, 4000, 6000, 1), **about)  # type: ignore[arg-type]


def screening(*verdicts: Verdict) -> Screening:
    return Screening("id", "s", "blink", "starter", 0.5, AT, AT, {each.photo_id: each for each in verdicts})


def test_a_row_tells_what_the_browser_needs_and_photos_without_a_verdict_wait() -> None:
    taken = [photo(1), photo(2, faces=0, captured_at=None), photo(3)]
    judged = screening(
        Verdict(taken[0].id, BLINK, 0.912345678, "lids closed", None, "laughing"),
        Verdict(taken[1].id, CANT_TELL, None, "no face found", "no face found"),
    )
    assert screening_view.rows(taken, judged) == (
        (taken[0].id, "IMG_0001.jpg", 0.912345678, "", "laughing", 4000, 6000, "20 Nov 2026, 09:00:01", True),
        (taken[1].id, "IMG_0002.jpg", None, "no face found", "", 4000, 6000, "", False),
    )


def test_bursts_are_places_and_one_of_a_single_photo_is_none() -> None:
    taken = [photo(number) for number in range(4)]
    bursts = [Burst((taken[2].id, taken[0].id)), Burst((taken[1].id, "f" * 32))]
    assert screening_view.burst_places(bursts, taken) == ((2, 0),)


def test_the_fingerprint_changes_when_verdicts_arrive_or_become_final_but_not_with_the_threshold() -> None:
    one = screening(Verdict("a", KEEP, 0.1, ""))
    more = screening(Verdict("a", KEEP, 0.1, ""), Verdict("b", KEEP, 0.1, ""))
    running = replace(one, finished_at=None)
    assert len({screening_view.fingerprint(each) for each in (one, more, running)}) == 3
    assert screening_view.fingerprint(replace(one, threshold=0.2)) == screening_view.fingerprint(one)


def test_the_sample_grows_in_whole_steps_and_never_loses_what_was_looked_at() -> None:
    seen = {f"{number}": Decision(f"{number}", KEEP, AUDIT, "me", AT, audited=True) for number in range(21)}
    assert screening_view.sample_size({}, 0) == 20
    assert screening_view.sample_size(seen, 0) == 40
    assert screening_view.sample_size(seen, 60) == 60


def test_progress_in_words() -> None:
    running = replace(screening(Verdict("a", KEEP, 0.1, "")), finished_at=None)
    job = Job(*("x", ("screen", "s"), "Screen", True, "running", "", 0, None, 0), *[None] * 2, AT, *[None] * 6)  # type: ignore[arg-type]
    assert (
        screening_view.progress(job, running, 412, 20.6, 19.9) == "1 of 412 looked at · 21 photos a second · 20 s left"
    )
    assert screening_view.progress(job, None, 412, 0.44, None) == "0 of 412 looked at · 0.4 photos a second"
    assert screening_view.progress(None, running, 412, None, None) == "Stopped: 1 of 412 looked at"
    assert (
        screening_view.progress(replace(job, status="queued"), None, 0, None, None) == "Waiting for other work to end"
    )


def test_what_is_open_leads_to_its_step() -> None:
    state = State(open_blink=1, open_cant_tell=2, moved=0, audited=0, complete=False)
    assert [step for _, step in screening_view.still_open(state, finished=True)] == [BLINK, CANT_TELL]
    assert screening_view.still_open(state, finished=True)[0][0].startswith("1 suggested blink that")
    nothing = State(0, 0, 0, 0, complete=False)
    assert screening_view.still_open(nothing, finished=False) == [("The photos are still being looked at.", BLINK)]


def test_a_job_concerns_the_sessions_that_it_screens_or_brings_in(archive: Settings, engine: Engine) -> None:
    ana = sessions.find(engine, shoot(archive, "Ana", frames(keep=1)))
    commands = [["screen", ana.id], ["import", str(ana.folder)], ["import", str(ana.folder.parent), "--screen"]]
    others = [["screen", "x"], ["import", str(ana.folder / "deeper")], ["train"], ["import", f"{ana.folder}2"]]
    found = [str(record.add(engine, words, "t", True)) for words in (*commands, *others)]
    told = [screening_parts.concerns(record.find(engine, job), ana) for job in found]
    assert told == [True] * 3 + [False] * 4


# ---- gestures


def sent(client: str, *operations: dict[str, object], turn: int = 1) -> dict[str, object]:
    return {"turn": turn, "boxes": [{"client": client, "operations": list(operations)}]}


def moved(seq: int, session: str, photo_id: str, group: str = KEEP) -> dict[str, object]:
    return {"seq": seq, "kind": "move", "photos": [photo_id], "group": group, "session": session}


def test_gestures_of_two_sessions_are_stored_each_with_its_own_and_once(archive: Settings, engine: Engine) -> None:
    ids = [shoot(archive, name, frames(blink=2)) for name in ("Ana", "Ben")]
    here, there = (photos.of_session(engine, session)[0].id for session in ids)
    client, last = screening_gestures.client(engine, "me", None)
    message = sent(client, moved(1, ids[0], here), moved(2, ids[1], there), turn=7)
    assert last == 0
    for _ in range(2):
        answer = screening_gestures.store(engine, message)
        assert (answer.turn, answer.acks, answer.refused) == (7, {client: 2}, [])
    assert [list(review.decisions(engine, session, FAULT)) for session in ids] == [[here], [there]]
    assert screening_gestures.client(engine, "me", client) == (client, 2)


def test_what_cannot_be_meant_is_refused_by_itself_and_the_rest_waits(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(blink=3))
    one, two, three = (each.id for each in photos.of_session(engine, ana))
    client, _ = screening_gestures.client(engine, "me", None)
    message = sent(client, moved(1, ana, one), moved(2, ana, uuid4().hex), moved(3, ana, three))
    answer = screening_gestures.store(engine, message)
    assert answer.acks == {client: 1} and [(each.client, each.seq) for each in answer.refused] == [(client, 2)]
    assert list(review.decisions(engine, ana, FAULT)) == [one] and two != three


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "erase"}, {"photos": []}, {"kind": "undo", "undoes": 2}, {"kind": "undo", "undoes": 9}],
    ids=["kind", "no photos", "undo of itself", "undo of what comes later"],
)
def test_a_malformed_gesture_costs_only_itself(archive: Settings, engine: Engine, wrong: dict[str, object]) -> None:
    ana = shoot(archive, "Ana", frames(blink=3))
    one, two, three = (each.id for each in photos.of_session(engine, ana))
    client, _ = screening_gestures.client(engine, "me", None)
    message = sent(client, moved(1, ana, one), {**moved(2, ana, two), **wrong}, moved(3, ana, three))
    answer = screening_gestures.store(engine, message)
    assert answer.acks == {client: 1} and [(each.client, each.seq) for each in answer.refused] == [(client, 2)]
    answer = screening_gestures.store(engine, sent(client, moved(2, ana, three)))
    assert answer.acks == {client: 2} and set(review.decisions(engine, ana, FAULT)) == {one, three}


def test_what_a_newer_page_sent_waits_until_the_older_one_is_through(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(blink=1))
    (one,) = (each.id for each in photos.of_session(engine, ana))
    older, newer = (screening_gestures.client(engine, "me", None)[0] for _ in range(2))
    boxes = [sent(older, moved(1, ana, uuid4().hex), moved(2, ana, one)), sent(newer, moved(1, ana, one, BLINK))]
    answer = screening_gestures.store(engine, {"turn": 1, "boxes": [each["boxes"][0] for each in boxes]})  # type: ignore[index]
    assert [each.client for each in answer.refused] == [older] and not review.decisions(engine, ana, FAULT)


@pytest.mark.parametrize("nonsense", [None, 7, {}, {"boxes": 3}, {"turn": "x", "boxes": [3, {"client": 5}]}])
def test_nonsense_is_nobodys_gesture(engine: Engine, nonsense: object) -> None:
    answer = screening_gestures.store(engine, nonsense)
    assert (answer.turn, answer.acks, answer.refused) == (0, {}, [])


def test_a_client_that_the_catalogue_does_not_know_is_refused_as_a_whole(engine: Engine) -> None:
    answer = screening_gestures.store(engine, sent("f" * 32, moved(1, "s", "0" * 32)))
    assert [(each.client, each.seq) for each in answer.refused] == [("f" * 32, 0)]
    assert screening_gestures.client(engine, "me", "f" * 32)[1] == 0


# ---- the hand-off in words


def test_the_command_says_every_choice() -> None:
    colours = {BLINK: "Purple", CANT_TELL: None, KEEP: "Green"}
    words = screening_handoff_view.words("s", Choice("lightroom", colours, pick=True, reject=True))
    assert " ".join(words) == (
        "handoff s --to xmp --preset lightroom --blink Purple --cant-tell none --keep Green --pick --reject"
    )
    names = {BLINK: "Red", CANT_TELL: "nothing", KEEP: "nothing"}
    made = screening_handoff_view.choice("bridge", names, ["rating"])
    assert made == Choice("bridge", {BLINK: "Red", CANT_TELL: None, KEEP: None}, rating=True)


def test_a_row_of_the_dry_run_says_from_what_to_what(archive: Settings, engine: Engine) -> None:
    ana = shoot(archive, "Ana", frames(keep=1, blink=1))
    accept(engine, ana)
    session = sessions.find(engine, ana)
    plan = handoff.plan(archive, engine, session, Choice("lightroom", reject=True))
    (row,) = screening_handoff_view.rows(plan)
    assert row.cells["file"] == "IMG_0001.jpg" and row.cells["where"] == "in the file"
    assert (row.cells["before"], row.cells["group"]) == ("no colour label · no flag", "blink")
    assert row.cells["after"] == "colour label Red · flag -1 · good False"
    assert screening_handoff_view.planned(plan) == "1 file would change: 1 blink"
    assert [column.name for column in screening_handoff_view.columns(plan)][-1] == "after"


def test_what_came_of_a_hand_off_in_words() -> None:
    result = {"written": 22, "unchanged": 3, "problems": [{"name": "a", "reason": "b"}], "left": []}
    written = {**result, "to": "xmp", "preset": "lightroom"}
    copied, now = {"to": "copies", "folder": "/Ana keepers", "written": 301}, tables.now()
    at = screening_handoff_view.clock(now)
    assert screening_handoff_view.came(written, now) == (
        f"22 files written for Lightroom Classic at {at} · 3 said so already · 1 file could not be"
    )
    assert screening_handoff_view.came(copied, now) == f"301 files copied to “/Ana keepers” at {at}"
    assert screening_handoff_view.taken_back({"written": 1}, now, 0) == f"1 file taken back at {at}"
    assert screening_handoff_view.taken_back({"written": 15}, now, 1) == (
        f"15 files taken back at {at}: 14 exactly, 1 by its fields"
    )
    assert screening_handoff_view.problem_lines(result) == ["a: b"]
    assert screening_handoff_view.kept(Kept(blink=1, open=3, differing=1)) == (
        "4 labels kept: 1 blink · 3 with open eyes · 1 left as you had labelled them"
    )
    assert screening_handoff_view.kept(Kept(unchanged=4)) == "Nothing new to keep. 4 said so already"


def test_the_table_has_a_row_for_each_photo_and_no_cell_runs_as_a_formula() -> None:
    taken = [photo(1, name="=HYPERLINK(1).jpg"), photo(2), photo(3)]
    judged = screening(
        Verdict(taken[0].id, BLINK, 0.9, "reviewed"), Verdict(taken[1].id, CANT_TELL, None, "no face found")
    )
    by = {taken[0].id: Decision(taken[0].id, BLINK, ACCEPT, "me", AT)}
    rows = list(csv.reader(io.StringIO(screening_handoff_view.table_text(taken, judged, by))))
    assert len(rows) == 3 and rows[1][0].startswith("'=") and restore(rows[1][0]) == taken[0].name
    assert rows[1][1:] == [BLINK, "0.9000", "me", "reviewed"]
    assert rows[2][1:] == [CANT_TELL, "", "model", "no face found"]


# ---- uploads


def test_an_upload_keeps_its_photos_and_never_writes_over_another(archive: Settings) -> None:
    files = [("IMG_1.jpg", b"one"), ("notes.txt", b"x"), ("../IMG_2.jpg", b"two")]
    folder = screening_choice.kept_upload(archive, " 2026 / Ana.. ", files)
    assert folder.parent == archive.datasets / "uploads" and ".." not in folder.name and "/" not in folder.name
    assert sorted(path.name for path in folder.iterdir()) == ["IMG_1.jpg", "IMG_2.jpg"]
    screening_choice.kept_upload(archive, " 2026 / Ana.. ", [("IMG_1.jpg", b"other"), ("IMG_2.jpg", b"two")])
    there = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert there == {"IMG_1.jpg": b"one", "IMG_1 (2).jpg": b"other", "IMG_2.jpg": b"two"}


def test_an_upload_without_a_photo_is_refused(archive: Settings) -> None:
    with pytest.raises(screening_choice.NothingUploaded, match="None of these files is a photo"):
        screening_choice.kept_upload(archive, "Ana", [("notes.txt", b"x")])
    assert not (archive.datasets / "uploads").exists()


def test_the_session_of_a_folder_is_the_one_that_lies_there_or_first_below_it(
    archive: Settings, engine: Engine
) -> None:
    for name in ("Ben", "Ana"):
        shoot(archive, name, frames(keep=1))
    root = archive.roots[-1]
    assert screening_choice.session_of(engine, Path("/elsewhere")) is None
    found = [screening_choice.session_of(engine, folder) for folder in (root, root / "Ben")]
    assert [one.name for one in found if one] == ["Ana", "Ben"]
