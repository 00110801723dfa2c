"""What is kept of a model, and the sentence for when the disk does not take it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import WorkbenchError


class NotKept(WorkbenchError):
    """The disk did not take what was to be kept of a model."""

    def __init__(self, what: str, place: Path, error: OSError) -> None:
        super().__init__(
            f"{what}, for “{place}” could not be written ({error.strerror or error}). Make room there, or allow "
            f"writing, and try again."
        )


@contextmanager
def keeping(otherwise: str, place: Path) -> Iterator[None]:
    """Where the disk refuses, raises NotKept with `otherwise`, the beginning of a sentence: what was not done."""
    try:
        yield
    except OSError as error:
        raise NotKept(otherwise, place, error) from error
