"""Where what was found about a model lies, the starter too: `models/<fault>/.inspections/<version>/`.

out_of_fold.npz  embeddings.npz  audit.json  why/<photo>…

All of it can be made again; what it says of a photo goes when its client is forgotten (`traces`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from workbench.faults import Fault
from workbench.files import write_whole
from workbench.learning import registry
from workbench.learning.keeping import keeping
from workbench.settings import Settings

FOLDER = ".inspections"
OUT_OF_FOLD, EMBEDDINGS, AUDIT, WHY = "out_of_fold.npz", "embeddings.npz", "audit.json", "why"


def folder(settings: Settings, fault: Fault, version: str) -> Path:
    """The folder of a model's findings, whether it is there or not. Raises BadVersion for what is no name."""
    if not registry.is_version(version):
        raise registry.BadVersion(version)
    return settings.models / fault.name / FOLDER / version


def keep(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Lets `write` fill a new file and puts it in place of `path` in one step. Raises NotKept."""
    with keeping("What was found is not kept", path):
        write_whole(path, write)
