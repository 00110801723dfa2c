"""Which files are photos, by the endings that cameras and editors give them."""

from __future__ import annotations

from pathlib import Path

RENDERED = frozenset(".jpg .jpeg .jpe .mpo .png .tif .tiff .webp .heic .heif .hif".split())
_RAW = ".3fr .arw .cr2 .cr3 .crw .dng .erf .iiq .kdc .mos .mrw .nef .nrw .orf .pef .raf .rw2 .rwl .sr2 .srf .srw .x3f"
RAW = frozenset(_RAW.split())
COMPANIONS = frozenset(".jpg .jpeg .jpe .mpo .heic .heif .hif".split())
"""What a camera writes beside a RAW: with the same stem, both are one photo."""

NAMES_BY_FORMAT = {
    "JPEG": frozenset(".jpg .jpeg .jpe .mpo".split()),
    "MPO": frozenset(".jpg .jpeg .jpe .mpo".split()),
    "PNG": frozenset({".png"}),
    "TIFF": frozenset({".tif", ".tiff"}),
    "WEBP": frozenset({".webp"}),
    "HEIF": frozenset(".heic .heif .hif".split()),
}


def is_raw(path: Path) -> bool:
    """Whether the name says that this is a camera's RAW file."""
    return path.suffix.lower() in RAW


def is_photo(path: Path) -> bool:
    """Whether the name says that this is a photo of any kind."""
    return path.suffix.lower() in RENDERED or is_raw(path)
