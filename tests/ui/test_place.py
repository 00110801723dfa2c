"""The last place is found again, and nothing that is no place is followed."""

from __future__ import annotations

import pytest

from workbench.settings import Settings
from workbench.ui import place
from workbench.ui.place import Place

ID = "0123456789abcdef" * 2


def test_the_last_place_outlives_the_program(settings: Settings) -> None:
    assert place.last(settings) == Place("archive")
    place.remember(settings, Place("screen", ID, (ID,)))
    assert place.last(settings) == Place("screen", ID, (ID,))
    assert place.last(settings).address == f"/screen?session={ID}"


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"page": "//example.com"}',
        b'{"page": "archive?x=1"}',
        b'{"page": 3}',
        b'{"page": "archive", "session": "../../etc"}',
        b'{"page": "archive", "session": 7}',
        b'{"dismissed": "abc"}',
        b'{"dismissed": ["x"]}',
    ],
)
def test_what_is_no_place_leads_to_the_first_page(settings: Settings, kept: bytes) -> None:
    place.file(settings).write_bytes(kept)
    assert place.last(settings) == Place()


def test_the_same_place_is_not_written_again(settings: Settings) -> None:
    place.remember(settings, Place("screen", ID))
    before = place.file(settings).stat()
    place.remember(settings, Place("screen", ID))
    assert place.file(settings).stat().st_ino == before.st_ino


def test_only_the_newest_dismissed_jobs_are_kept(settings: Settings) -> None:
    place.remember(settings, Place(dismissed=tuple(f"{number:032x}" for number in range(300))))
    assert len(place.last(settings).dismissed) == 200
