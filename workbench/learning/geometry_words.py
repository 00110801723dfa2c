"""The numbers of a face in plain words: what more or less of each means. Left and right are the subject's own."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.vision.views import GEOMETRY

_OF_AN_EYE = {
    "eyeBlink": ("{} lid further down", "{} lid less far down"),
    "eyeSquint": ("{} eye squinting more", "{} eye squinting less"),
    "eyeWide": ("{} eye widened more", "{} eye widened less"),
    "eyeLookDown": ("{} eye looking further down", "{} eye looking less far down"),
    "eyeLookUp": ("{} eye looking further up", "{} eye looking less far up"),
    "cheekSquint": ("{} cheek raised more", "{} cheek raised less"),
    "browDown": ("{} brow lower", "{} brow less low"),
    "mouthSmile": ("{} corner of the mouth smiling more", "{} corner of the mouth smiling less"),
    "ear": ("{} eye open more", "{} eye open less"),
}
_OF_THE_FACE = {
    "browInnerUp": ("inner brows raised more", "inner brows raised less"),
    "jawOpen": ("mouth open more", "mouth open less"),
    "yaw": ("head turned further to the right of the photo", "head turned further to the left of the photo"),
    "pitch": ("chin higher", "chin lower"),
    "roll": ("head leaning further clockwise", "head leaning further anticlockwise"),
    "eyeDistance": ("face larger", "face smaller"),
    "score": ("face found with more certainty", "face found with less certainty"),
    "presence": ("face followed with more certainty", "face followed with less certainty"),
}
MORE_AND_LESS: Mapping[str, tuple[str, str]] = _OF_THE_FACE | {
    f"{name}{side}": (more.format(side.lower()), less.format(side.lower()))
    for name, (more, less) in _OF_AN_EYE.items()
    for side in ("Left", "Right")
}
"""What it means that a number of GEOMETRY is higher than usual, and that it is lower."""


def compared(name: str, value: float, usual: float, *, than: str) -> str:
    """“left eye open less than in the subject's other photos”; `than` is what `usual` was taken from."""
    return f"{MORE_AND_LESS[name][value < usual]} than in {than}"


assert set(MORE_AND_LESS) == set(GEOMETRY)
