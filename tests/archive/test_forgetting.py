"""Forgetting a client leaves nothing of them; a folder that moved is found again."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from tests import photographs
from tests.archive.test_importing import rows, run, state
from tests.learning.shelf import add_model
from workbench.archive import backups, catalog, forgetting, labels, photos, previews, relinking, sessions, splits
from workbench.archive.forgetting import Forgotten
from workbench.archive.relinking import NotThisSession
from workbench.archive.sessions import FolderAway, UnknownSession
from workbench.errors import OutsideRoots
from workbench.faults import BLINK
from workbench.learning import traces
from workbench.screening import settling
from workbench.settings import Settings
from workbench.vision import store


@pytest.fixture
def pictures(settings: Settings) -> Path:
    """The allowed root of the test installation."""
    return settings.roots[1]


def _forget(settings: Settings, name: str, *, dry_run: bool = False) -> Forgotten:
    engine = catalog.open_catalog(settings)
    found = sessions.find(engine, name)
    views = lambda going: store.forget(settings, going)  # noqa: E731
    models = partial(traces.forget, settings)
    hands = partial(settling.at_rest, settings, engine)
    return forgetting.forget(
        settings, engine, found, forget_views=views, forget_models=models, handing_over=hands, dry_run=dry_run
    )


def _everything(settings: Settings) -> bytes:
    """Every byte that the installation has written."""
    folders = (settings.datasets, settings.models)
    return b"".join(path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())


def _two_clients(settings: Settings, pictures: Path) -> str:
    """Sessions of Zacharias and Ben that share a photo; gives the id of one that is only of Zacharias."""
    for number in range(3):
        photographs.jpeg(pictures / f"Zacharias/zach_{number}.jpg", number)
    photographs.jpeg(pictures / "Ben/ben.jpg", 7)
    photographs.jpeg(pictures / "Ben/both.jpg", 0)
    for name in ("Zacharias", "Ben"):
        run(settings, pictures / name)
    engine = catalog.open_catalog(settings)
    for session in sessions.every(engine):
        for photo in photos.of_session(engine, session.id):
            previews.preview(settings, engine, photo.id, 320)
            with catalog.writing(engine) as connection:
                labels.say(connection, [labels.Said(photo.id, BLINK, "NON_BLINKING", labels.TYPED, "me")])
            labels.undo(engine, labels.current(engine, BLINK)[photo.id].id, labeller="me")
    backups.make(settings, "test")
    own = next(photo for photo in photos.of_session(engine, sessions.find(engine, "Zacharias").id) if "1" in photo.name)
    return own.id


def test_nothing_of_a_forgotten_client_is_left_anywhere(settings: Settings, pictures: Path) -> None:
    photo = _two_clients(settings, pictures)
    before = state(pictures)
    assert b"zach_1" in _everything(settings) and photo.encode() in _everything(settings)
    done = _forget(settings, "Zacharias")
    left = _everything(settings)
    for trace in (b"zach", b"Zacharias", photo.encode()):
        assert trace not in left
    assert not previews.place(settings, photo, 320).exists()
    assert (done.photos, done.labels, done.previews) == (2, 4, 2)
    assert state(pictures) == before


def test_a_model_that_learnt_from_a_forgotten_client_keeps_its_weights_and_no_trace(
    settings: Settings, pictures: Path
) -> None:
    photo = _two_clients(settings, pictures)
    engine = catalog.open_catalog(settings)
    zacharias, ben = (sessions.find(engine, name) for name in ("Zacharias", "Ben"))
    sessions.tag(engine, zacharias.id, subject="Zach Miller")
    (own,) = splits.group_keys(zacharias.id, zacharias.kind, None, None)
    (kept,) = splits.group_keys(ben.id, ben.kind, None, None)
    (subject,) = splits.group_keys(zacharias.id, zacharias.kind, "Zach Miller", None) - {own}
    groups = {"training": [own, kept], "validation": [subject, f"{zacharias.id} 1"]}
    folder = add_model(settings, "mine", training={"groups": groups})
    (folder / "learnt.txt").write_text(f"{photo} training\n")
    would = _forget(settings, "Zacharias", dry_run=True)
    assert photo.encode() in _everything(settings)
    done = _forget(settings, "Zacharias")
    assert done == would and done.models == 1
    assert done.stays == "1 model learnt from these photos: weights stay. Train anew and delete it to be rid of that."
    for trace in (photo, own, subject, zacharias.id, "Zacharias"):
        assert trace.encode() not in _everything(settings)
    assert kept.encode() in _everything(settings)


def test_models_that_learnt_nothing_of_a_forgotten_client_are_not_spoken_of(settings: Settings, pictures: Path) -> None:
    _two_clients(settings, pictures)
    done = _forget(settings, "Zacharias")
    assert (done.models, done.stays) == (0, "")


def test_a_group_that_another_session_shares_is_not_forgotten(settings: Settings, pictures: Path) -> None:
    _two_clients(settings, pictures)
    engine = catalog.open_catalog(settings)
    for name in ("Zacharias", "Ben"):
        sessions.tag(engine, sessions.find(engine, name).id, subject="Twins")
    ben = sessions.find(engine, "Ben")
    shared = splits.group_keys(ben.id, ben.kind, "Twins", None)
    folder = add_model(settings, "mine", training={"groups": {"training": sorted(shared)}})
    assert _forget(settings, "Zacharias").models == 0
    assert all(key in (folder / "card.json").read_text() for key in shared)


def test_what_others_share_with_a_forgotten_client_stays(settings: Settings, pictures: Path) -> None:
    _two_clients(settings, pictures)
    _forget(settings, "Zacharias")
    engine = catalog.open_catalog(settings)
    (ben,) = sessions.every(engine)
    both = next(photo for photo in photos.of_session(engine, ben.id) if photo.name == "both.jpg")
    assert len(labels.history(engine, both.id, BLINK)) == 4
    assert store.get(settings, [both.id])
    assert len(backups.every(settings)) == 1


def test_a_dry_run_says_what_would_go_and_changes_nothing(settings: Settings, pictures: Path) -> None:
    _two_clients(settings, pictures)
    engine = catalog.open_catalog(settings)
    before = rows(engine)
    would = _forget(settings, "Zacharias", dry_run=True)
    assert rows(engine) == before
    assert _forget(settings, "Zacharias") == would


def test_copies_of_our_own_go_too(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1)
    (summary,) = run(settings, pictures / "Ana", copy=True)
    _forget(settings, "Ana")
    assert not summary.session.folder.exists() and (pictures / "Ana/1.jpg").exists()


def test_an_unknown_session_is_refused_with_the_nearest_name(settings: Settings, pictures: Path) -> None:
    _two_clients(settings, pictures)
    with pytest.raises(UnknownSession, match="Did you mean “Zacharias”"):
        _forget(settings, "zacharia")


def test_a_session_whose_folder_is_away_keeps_labels_and_previews(settings: Settings, pictures: Path) -> None:
    photo = _two_clients(settings, pictures)
    (pictures / "Zacharias").rename(pictures / "elsewhere")
    engine = catalog.open_catalog(settings)
    away = sessions.find(engine, "Zacharias")
    assert away.away and len(photos.of_session(engine, away.id)) == 3
    assert previews.preview(settings, engine, photo, 320) is not None
    assert previews.preview(settings, engine, photo, 1600) is None
    with pytest.raises(FolderAway, match="relink"):
        away.require_folder()


def test_relink_finds_a_moved_session_again(settings: Settings, pictures: Path) -> None:
    photo = _two_clients(settings, pictures)
    (pictures / "Zacharias").rename(pictures / "elsewhere")
    engine = catalog.open_catalog(settings)
    found = relinking.relink(settings, engine, sessions.find(engine, "Zacharias"), pictures / "elsewhere")
    assert not found.away and sessions.find(engine, "Zacharias") == found
    assert previews.preview(settings, engine, photo, 1600) is not None


def test_relink_refuses_a_folder_of_other_photos(settings: Settings, pictures: Path, tmp_path: Path) -> None:
    _two_clients(settings, pictures)
    engine = catalog.open_catalog(settings)
    photographs.jpeg(pictures / "other/zach_1.jpg", 99)
    session = sessions.find(engine, "Zacharias")
    with pytest.raises(NotThisSession):
        relinking.relink(settings, engine, session, pictures / "other")
    with pytest.raises(OutsideRoots):
        relinking.relink(settings, engine, session, tmp_path)
    assert sessions.find(engine, "Zacharias") == session


def test_previews_are_upright_small_and_made_once(settings: Settings, pictures: Path) -> None:
    photographs.jpeg(pictures / "Ana/1.jpg", 1, size=(2400, 1600), orientation=6)
    run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    (photo,) = photos.of_session(engine, sessions.find(engine, "Ana").id)
    found = {size: previews.preview(settings, engine, photo.id, size) for size in previews.SIZES}
    assert [Image.open(path).size for path in found.values() if path] == [(213, 320), (1067, 1600)]
    (pictures / "Ana/1.jpg").unlink()
    assert previews.preview(settings, engine, photo.id, 320) == found[320]
    assert previews.preview(settings, engine, "f" * 32, 320) is None


def test_a_preview_is_never_made_of_a_file_outside_the_allowed_folders(
    settings: Settings, pictures: Path, tmp_path: Path
) -> None:
    path = photographs.jpeg(pictures / "Ana/1.jpg", 1)
    run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    (photo,) = photos.of_session(engine, sessions.find(engine, "Ana").id)
    secret = photographs.jpeg(tmp_path / "secret.jpg", 1)
    path.unlink()
    path.symlink_to(secret)
    assert previews.preview(settings, engine, photo.id, 320) is None


def test_previews_are_bounded_and_the_longest_unseen_go_first(settings: Settings, pictures: Path) -> None:
    for number in range(6):
        photographs.jpeg(pictures / f"Ana/{number}.jpg", number)
    run(settings, pictures / "Ana")
    engine = catalog.open_catalog(settings)
    shown = photos.of_session(engine, sessions.find(engine, "Ana").id)
    made = [previews.preview(settings, engine, photo.id, 320) for photo in shown]
    paths = [path for path in made if path]
    for age, path in enumerate(paths):
        os.utime(path, (time.time() - 10 * 86_400 - age,) * 2)
    previews.preview(settings, engine, shown[5].id, 320)  # the oldest one is looked at again
    room = sum(path.stat().st_size for path in (paths[5], paths[0], paths[1]))
    assert previews.trim(replace(settings, preview_bytes=room)) == 3
    assert [path.exists() for path in paths] == [True, True, False, False, False, True]
    assert previews.trim(settings) == 0
