"""Where a photo's XMP goes: into the file itself, or into a sidecar beside it, as the chosen editor reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select

from workbench.archive import formats, photos, tables
from workbench.archive.photos import Problem
from workbench.archive.sessions import Session
from workbench.errors import OutsideRoots
from workbench.screening import embedding
from workbench.screening.journal import EMBEDDED, SIDECAR
from workbench.screening.presets import BY_NAME, BY_STEM, Preset
from workbench.settings import Settings

ANOTHER = "another picture lies under its name now; import the folder again"
"""Why a file is left alone that does not hold the photo of its name any more."""
_SUFFIXES = (".xmp", ".XMP")


@dataclass(frozen=True)
class Destination:
    """A file that holds a photo's XMP or is to hold it: `kind` is EMBEDDED or SIDECAR; `note` is worth knowing.

    `photo` is the file of the photo that it is for, itself where it is embedded.
    """

    photo_id: str
    path: Path
    kind: str
    photo: Path
    note: str = ""


@dataclass(frozen=True)
class Places:
    """Where the files of a session's photos lie now, links resolved, by photo; and those that are not there."""

    files: dict[str, list[Path]]
    problems: tuple[Problem, ...]


def places(
    settings: Settings,
    engine: Engine,
    session: Session,
    wanted: Collection[str],
    tell: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Places:
    """The files of these photos in the session's folder, each holding the photo still. Raises FolderAway."""
    folder = session.require_folder()
    found, problems, asked = defaultdict[str, list[Path]](list), [], set(wanted)
    named = {photo_id: names for photo_id, names in _names(engine, session).items() if photo_id in asked}
    for done, (photo_id, names) in enumerate(named.items(), start=1):
        alive = set(photos.places(settings, engine, photo_id))
        for name in names:
            place = _place(settings, folder / name, alive)
            if isinstance(place, Path):
                found[photo_id].append(place)
            else:
                problems.append(Problem(name, place))
        tell("Looking at the files", done, len(named))
    return Places(dict(found), tuple(problems))


def sharers(settings: Settings, engine: Engine, session: Session, preset: Preset) -> dict[Path, dict[str, str]]:
    """By sidecar: which photos of the session have it (`1.png` and `1.webp` share one), each with a file's name."""
    found = defaultdict[Path, dict[str, str]](dict)
    for photo_id, names in _names(engine, session).items():
        for name in names:
            with suppress(OutsideRoots):
                file = settings.inside(session.folder / name)
                for place in of_file(settings, preset, photo_id, file) if file.exists() else ():
                    if place.kind == SIDECAR:
                        found[place.path].setdefault(photo_id, name)
    return dict(found)


def of_file(settings: Settings, preset: Preset, photo_id: str, file: Path) -> Iterator[Destination]:
    """Every place where the editor looks for the XMP of one file; what it would not read is left out.

    Raises OutsideRoots for a sidecar that is a link out of the allowed folders.
    """
    by_name, by_stem = (sidecar(file, naming) for naming in (BY_NAME, BY_STEM))
    main = by_name if preset.sidecar_by == BY_NAME else by_stem
    if file.suffix.lower() in embedding.EMBEDS:
        yield Destination(photo_id, file, EMBEDDED, file)
        if preset.beside_any and by_name.exists():
            yield Destination(photo_id, settings.inside(by_name), SIDECAR, file)
        return
    yield Destination(photo_id, settings.inside(main), SIDECAR, file, _note(preset, file))
    other = by_stem if main == by_name else by_name
    if preset.beside_any and other.exists():
        yield Destination(photo_id, settings.inside(other), SIDECAR, file)


def sidecar(file: Path, naming: str) -> Path:
    """The sidecar of a file: the one that is there, whatever the case of its ending, or the one to be made."""
    stem = file.name if naming == BY_NAME else file.stem
    there = (file.with_name(stem + suffix) for suffix in _SUFFIXES)
    return next((path for path in there if path.exists()), file.with_name(stem + _SUFFIXES[0]))


def _note(preset: Preset, file: Path) -> str:
    if formats.is_raw(file):
        return ""
    return f"a sidecar: {preset.title} may not read one beside a {file.suffix.lower()} file"


def _names(engine: Engine, session: Session) -> dict[str, list[str]]:
    """The files of a session by photo, below its folder."""
    files = tables.files.c
    query = select(files.photo_id, files.name).where(files.session_id == session.id, files.photo_id.is_not(None))
    found = defaultdict[str, list[str]](list)
    with engine.connect() as connection:
        for photo_id, name in connection.execute(query.order_by(files.name)):
            found[photo_id].append(name)
    return found


def _place(settings: Settings, path: Path, alive: set[Path]) -> Path | str:
    """Where the file lies, or why it cannot be used."""
    try:
        real = settings.inside(path)
    except OutsideRoots:
        return "it leads out of the folders that Eye Spy may touch"
    if real in alive:
        return real
    if not real.exists():
        return "it is not there any more"
    return ANOTHER
