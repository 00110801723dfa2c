"""Owing: which sessions a watch has promised to hand over and has not yet; a kill, or a failure, forgets none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.settings import Settings


@dataclass(frozen=True)
class Owing:
    """The promises of one kind of hand-off: in `folder`, an empty file for each session, named by its id."""

    folder: Path

    def promise(self, session_id: str) -> None:
        """From now on the session is to be handed over."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / session_id).touch()

    def holds(self, session_id: str) -> bool:
        """Whether the session is still to be handed over."""
        return (self.folder / session_id).exists()

    def kept(self, session_id: str) -> None:
        """The session was handed over."""
        (self.folder / session_id).unlink(missing_ok=True)


def of(settings: Settings, kind: str) -> Owing:
    """The promises of that kind of hand-off (xmp, copies, …) in the archive."""
    return Owing(settings.datasets / ".owing" / kind)
