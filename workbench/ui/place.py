"""Where the photographer was last, so that the workbench comes back there after it was stopped."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.files import write_whole
from workbench.settings import Settings

FIRST = "archive"
_PAGE = re.compile(r"[a-z]{1,20}")
_ID = re.compile(r"[0-9a-f]{32}")
_KEPT = 200


@dataclass(frozen=True)
class Place:
    """A page by its address, the session that it showed, and the ended jobs that were dismissed; ids only.

    `recent` is the session that any page showed last.
    """

    page: str = FIRST
    session: str | None = None
    dismissed: tuple[str, ...] = ()
    recent: str | None = None

    def __post_init__(self) -> None:
        ids = (*(each for each in (self.session, self.recent) if each is not None), *self.dismissed)
        if not _PAGE.fullmatch(self.page) or not all(_ID.fullmatch(each) for each in ids):
            raise ValueError(f"no place of the workbench: {self}")

    @property
    def address(self) -> str:
        """The address that leads there, from the server's root."""
        return f"/{self.page}?session={self.session}" if self.session else f"/{self.page}"


def file(settings: Settings) -> Path:
    """Where the last place is kept."""
    return settings.datasets / "place.json"


def last(settings: Settings) -> Place:
    """The last place; the first page when there is none, or what is kept is none."""
    try:
        return _place(json.loads(file(settings).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Place()


def remember(settings: Settings, place: Place) -> None:
    """Keeps a place, if it is another one than before."""
    if place != last(settings):
        document = json.dumps({**asdict(place), "dismissed": place.dismissed[-_KEPT:]})
        write_whole(file(settings), lambda target: target.write(document.encode()))


def _place(document: Any) -> Place:
    dismissed = document.get("dismissed", ()) if isinstance(document, dict) else None
    if not isinstance(dismissed, list | tuple):
        raise ValueError("what is kept is no place")
    page = document["page"] if "page" in document else FIRST
    return Place(page, document.get("session"), tuple(dismissed), document.get("recent"))
