"""Named errors: each says in one sentence what happened, why, and what to do about it.

They become that sentence at two edges only, the page and the command line. Anything else is a bug and fails loudly.
"""

from __future__ import annotations

from pathlib import Path


class WorkbenchError(Exception):
    """An error whose text can be shown to the photographer as it stands.

    `on_page` is what a page says instead, where the text names a command of the command line.
    """

    on_page: str = ""


class OutsideRoots(WorkbenchError):
    """A path leads out of the folders that the workbench may read."""

    def __init__(self, path: Path, roots: tuple[Path, ...]) -> None:
        allowed = ", ".join(f"“{root}”" for root in roots)
        super().__init__(
            f"“{path}” lies outside the folders that Eye Spy may read ({allowed}). "
            f"Move the photos there, or add their folder to EYESPY_ROOTS."
        )
