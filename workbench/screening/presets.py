"""What each photo editor reads: which XMP fields stand for a colour, a pick and a reject, and where it looks for them.

Sources: Adobe's XMP specification part 2 (xmp:Label, xmp:Rating, xmpDM), ExifTool's tables of the namespaces
photomechanic and digiKam, and the manuals of the editors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.errors import WorkbenchError
from workbench.screening import xmp
from workbench.screening.screen import BLINK, CANT_TELL, GROUPS, KEEP

COLOURS = ("Red", "Yellow", "Green", "Blue", "Purple")
"""Exactly as editors spell them: they compare strings."""
DEFAULT_COLOURS: Mapping[str, str | None] = {BLINK: "Red", CANT_TELL: "Yellow", KEEP: None}
PICK, REJECT, RATING = "pick", "reject", "rating"
"""What may be written besides a colour: a flag on keepers, a flag on blinks, and the rating −1 on blinks."""
BY_STEM, BY_NAME = "stem", "name"
"""How a sidecar is named: `IMG_1.xmp`, or `IMG_1.CR3.xmp`."""
REJECTED = "-1"
TITLES = {
    xmp.LABEL: "colour label",
    xmp.LABEL_COLOR: "label colour",
    xmp.RATING: "rating",
    xmp.PICK: "flag",
    xmp.GOOD: "good",
    xmp.TAGGED: "tagged",
    xmp.COLOR_CLASS: "colour class",
    xmp.DIGIKAM_PICK: "pick label",
    xmp.DIGIKAM_COLOR: "colour number",
}
"""What the fields are called in a sentence."""
_DIGIKAM_COLOURS = {"Red": "1", "Yellow": "3", "Green": "4", "Blue": "5", "Purple": "6"}
_COLOUR_CLASSES = {"Purple": "1", "Red": "2", "Yellow": "4", "Green": "5", "Blue": "7"}


class UnknownPreset(WorkbenchError):
    """No editor of that name is known."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” is no editor that Eye Spy can write for. There are {', '.join(PRESETS)}.")


class NotOffered(WorkbenchError):
    """The editor does not read what was asked for."""

    def __init__(self, preset: Preset, wanted: str) -> None:
        can = " and ".join(f"--{name}" for name in preset.can) or "colours only"
        super().__init__(
            f"{preset.title} does not read what --{wanted} would write, so nothing was written. It offers {can}."
        )


@dataclass(frozen=True)
class Preset:
    """One photo editor: how it names sidecars, what it `can` read besides colours, and what to do in it afterwards.

    `first` is what to do in the editor before anything is written, so that reading the files back replaces nothing
    there. `flags` are the fields of a PICK and of a REJECT. `beside_any` says that a sidecar beside a JPEG counts as
    well.
    """

    name: str
    title: str
    sidecar_by: str
    afterwards: str
    flags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rates: bool = False
    numbers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    beside_any: bool = False
    note: str = ""
    first: str = ""

    @property
    def can(self) -> tuple[str, ...]:
        """Which of PICK, REJECT and RATING it understands."""
        return (*(name for name in (PICK, REJECT) if name in self.flags), *((RATING,) if self.rates else ()))

    def colour_fields(self, colour: str) -> dict[str, str]:
        """The fields that give a photo one of COLOURS."""
        numbers = {name: of[colour] for name, of in self.numbers.items()}
        return {xmp.LABEL: colour, xmp.LABEL_COLOR: colour.lower(), **numbers}


@dataclass(frozen=True)
class Choice:
    """What is to be written: the editor, a colour for each group (None: none), and flags, which are off by default."""

    preset: str
    colours: Mapping[str, str | None] = field(default_factory=lambda: dict(DEFAULT_COLOURS))
    pick: bool = False
    reject: bool = False
    rating: bool = False

    def __post_init__(self) -> None:
        if wrong := self.colours.keys() - set(GROUPS):
            raise ValueError(f"“{min(wrong)}” is no group of a screening; there are {GROUPS}")
        if wrong := {colour for colour in self.colours.values() if colour} - set(COLOURS):
            raise ValueError(f"“{min(wrong)}” is no colour of an editor; there are {COLOURS}")
        for wanted in self.asked:
            if wanted not in find(self.preset).can:
                raise NotOffered(find(self.preset), wanted)

    @property
    def asked(self) -> tuple[str, ...]:
        """The flags that are asked for."""
        return tuple(name for name in (PICK, REJECT, RATING) if getattr(self, name))


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "lightroom",
            "Lightroom Classic",
            BY_STEM,
            "In the Library, select the photos and choose Metadata → Read Metadata from Files.",
            flags={PICK: {xmp.PICK: "1", xmp.GOOD: "True"}, REJECT: {xmp.PICK: "-1", xmp.GOOD: "False"}},
            note="Flags are read by version 13.2 and later. Colours show by name with the colour label set “Default”.",
            first="First save the metadata of these photos in Lightroom: select them and press Ctrl+S (⌘S on a Mac), "
            "with develop settings included under Catalog Settings → Metadata. Reading the files back later puts what "
            "they say in place of the catalogue’s ratings, keywords and develop settings.",
        ),
        Preset(
            "bridge",
            "Adobe Bridge",
            BY_STEM,
            "It reads the files again by itself; View → Refresh (F5) does it at once.",
            rates=True,
            note="Its label set must name the colours: Preferences → Labels → Red, Yellow, Green, Blue, Purple.",
        ),
        Preset(
            "capture-one",
            "Capture One",
            BY_STEM,
            "Select the photos and choose Image → Load Metadata.",
            note="It has no reject, and ignores the rating −1: use a colour.",
            first="First have Capture One write its own metadata of these photos (preferences: Auto Sync Sidecar XMP, "
            "Full Sync): loading puts what the files say in place of its ratings and keywords.",
        ),
        Preset(
            "photo-mechanic",
            "Photo Mechanic",
            BY_STEM,
            "It reads the files again when the contact sheet is opened or rescanned.",
            flags={PICK: {xmp.TAGGED: "True"}},
            numbers={xmp.COLOR_CLASS: _COLOUR_CLASSES},
            note="The numbers are those of its own colour classes; if you have changed those, look before you write.",
        ),
        Preset(
            "digikam",
            "digiKam",
            BY_NAME,
            "Select the photos and choose Item → Reread Metadata From File.",
            flags={PICK: {xmp.DIGIKAM_PICK: "3"}, REJECT: {xmp.DIGIKAM_PICK: "1"}},
            numbers={xmp.DIGIKAM_COLOR: _DIGIKAM_COLOURS},
            beside_any=True,
            note="Reading from sidecars must be on: Settings → Metadata → Sidecars.",
            first="First have digiKam write what it knows of these photos: Item → Write Metadata to File. Rereading "
            "puts what the files say in place of its ratings and tags.",
        ),
        Preset(
            "darktable",
            "darktable",
            BY_NAME,
            "Turn on “look for updated XMP files on startup” in its preferences (storage) and start it again.",
            rates=True,
            beside_any=True,
            note="A photo that darktable has developed keeps the colours in its own field, which is left alone.",
            first="First look whether darktable writes sidecars (preferences, storage: not “never”), so that they hold "
            "your edits: what it reads at its start takes the place of what it knows.",
        ),
    )
}
"""By name, in the order in which they are offered."""


def find(name: str) -> Preset:
    """The preset of that name. Raises UnknownPreset."""
    if name not in PRESETS:
        raise UnknownPreset(name)
    return PRESETS[name]


def fields(choice: Choice, group: str) -> dict[str, str | None]:
    """The fields that a photo of `group` gets; empty where nothing is to be written."""
    preset, colour = find(choice.preset), choice.colours.get(group)
    wanted: dict[str, str | None] = {}
    if colour:
        wanted |= preset.colour_fields(colour)
    if choice.pick and group == KEEP:
        wanted |= preset.flags[PICK]
    if choice.reject and group == BLINK:
        wanted |= preset.flags[REJECT]
    if choice.rating and group == BLINK:
        wanted[xmp.RATING] = REJECTED
    return wanted
