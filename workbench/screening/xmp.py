"""XMP packets: reads and sets the few fields that photo editors sort by, and leaves everything else as it was.

ISO 16684-1 (XMP: data model, serialisation) and Adobe's XMP Specification, part 3 (packets in files).
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator, Mapping

from lxml import etree

from workbench.errors import WorkbenchError

LABEL, LABEL_COLOR, RATING = "xmp:Label", "photoshop:LabelColor", "xmp:Rating"
PICK, GOOD = "xmpDM:pick", "xmpDM:good"
TAGGED, COLOR_CLASS = "photomechanic:Tagged", "photomechanic:ColorClass"
DIGIKAM_PICK, DIGIKAM_COLOR = "digiKam:PickLabel", "digiKam:ColorLabel"
FIELDS = (LABEL, LABEL_COLOR, RATING, PICK, GOOD, TAGGED, COLOR_CLASS, DIGIKAM_PICK, DIGIKAM_COLOR)

_NAMESPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "photomechanic": "http://ns.camerabits.com/photomechanic/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_ABOUT, _DESCRIPTION, _ITEM, _RESOURCE = (f"{{{_RDF}}}{name}" for name in ("about", "Description", "li", "resource"))
_VALUE = f"{{{_RDF}}}value"
_ARRAYS = {f"{{{_RDF}}}{name}" for name in ("Alt", "Bag", "Seq")}
_NESTED = {_DESCRIPTION, *_ARRAYS}
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="{_RDF}">\n </rdf:RDF>\n</x:xmpmeta>\n'
    '<?xpacket end="w"?>'
).encode()
_CLOSING = re.compile(rb"<\?xpacket\s+end\s*=[^>]*\?>\s*")
_WIDE = re.compile(  # how UTF-32 and UTF-16 begin, by their mark or a first “<” and what follows it
    rb"(?P<four>\xff\xfe\0\0|\0\0\xfe\xff|<\0\0\0[^\0]|\0\0\0<\0)|\xff\xfe|\xfe\xff|<\0[^\0]|\0<\0", re.DOTALL
)
_PADDING = 3072  # room for what other programs add later, as the specification advises: 2 to 4 KB
_LINE = 100


class MalformedXmp(WorkbenchError):
    """A packet that is no XMP, or damaged; it is never written over."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The XMP metadata are damaged ({reason}), so nothing was written over them. "
            "Let your photo editor save its metadata to the file again, or take the XMP out of it."
        )


def read(packet: bytes | None) -> dict[str, str]:
    """The FIELDS that stand in a packet, by name; no packet or an empty one has none. Raises MalformedXmp."""
    if is_blank(packet):
        return {}
    rdf = _rdf(_tree(packet or b""))
    found = {name: _value(rdf, name) for name in FIELDS}
    return {name: value for name, value in found.items() if value is not None}


def merged(packet: bytes | None, wanted: Mapping[str, str | None]) -> bytes:
    """The packet with the `wanted` fields at these values, None taking a field away; all else survives.

    A field is set where it stands already, as an attribute or an element; else it becomes an attribute of a
    description that knows its namespace. What says so already is given back as it is, byte for byte. A changed packet
    is UTF-8; one in a wrapper (`<?xpacket …?>`) keeps it, with padding. No packet and nothing to set give b"".
    Raises MalformedXmp, and ValueError for a field that is not of FIELDS.
    """
    if unknown := set(wanted) - set(FIELDS):
        raise ValueError(f"no XMP fields of ours: {sorted(unknown)}")
    before = b"" if is_blank(packet) else packet or b""
    tree = _tree(before or _EMPTY)
    rdf = _rdf(tree)
    changed = [_set(rdf, name, value) for name, value in wanted.items()]
    return _written(tree, before or _EMPTY) if any(changed) else before


def fitted(packet: bytes, length: int) -> bytes | None:
    """The packet with as much padding as makes it `length` bytes long, or None where it has no room."""
    if len(packet) == length:
        return packet
    body, closing = _parted(packet)
    room = length - len(body) - len(closing)
    return None if room < 0 else body + _padding(room) + closing


def _parted(packet: bytes) -> tuple[bytes, bytes]:
    """A packet without its padding, and the end of its wrapper (empty where it has none)."""
    start = packet.rfind(b"<?xpacket")
    if start < 0 or not _CLOSING.fullmatch(packet, start):
        return packet.rstrip(), b""
    return packet[:start].rstrip(), packet[start:].rstrip()


def is_blank(packet: bytes | None) -> bool:
    """Whether there is no packet, or one that holds nothing but white space and zeros."""
    return not (packet or b"").strip(b"\0 \t\r\n")


def _padding(length: int) -> bytes:
    """White space of `length` bytes in lines, beginning and ending with a line break."""
    lines = (b" " * (_LINE - 1) + b"\n") * math.ceil(length / _LINE)
    return b"\n"[:length] + lines[len(lines) - length + 1 :] if length else b""


def _tree(packet: bytes) -> etree._ElementTree:
    """The packet's XML, read with nothing fetched and no entity resolved. Raises MalformedXmp."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    try:
        tree = etree.ElementTree(etree.fromstring(_bare(packet), parser))
    except etree.XMLSyntaxError as error:
        raise MalformedXmp(error.msg) from None
    if tree.docinfo.internalDTD is not None:
        raise MalformedXmp("it declares a document type, which XMP may not")
    return tree


def _bare(packet: bytes) -> bytes:
    """The packet without the zeros around it; in UTF-16 and UTF-32 only whole characters go, at the end."""
    wide = _WIDE.match(packet)
    if wide is None:
        return packet.strip(b"\0 \t\r\n")
    unit = 4 if wide["four"] else 2
    return packet[: math.ceil(len(packet.rstrip(b"\0")) / unit) * unit]


def _rdf(tree: etree._ElementTree) -> etree._Element:
    found = next(tree.getroot().iter(f"{{{_RDF}}}RDF"), None)
    if found is None:
        raise MalformedXmp("it holds no rdf:RDF")
    return found


def _qualified(name: str) -> str:
    prefix, local = name.split(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def _places(rdf: etree._Element, name: str) -> Iterator[tuple[etree._Element, etree._Element | None]]:
    """Where a field stands: its description, and its element, or None where it is an attribute."""
    tag = _qualified(name)
    for description in rdf.findall(_DESCRIPTION):
        if tag in description.attrib:
            yield description, None
        yield from ((description, element) for element in description.findall(tag))


def _value(rdf: etree._Element, name: str) -> str | None:
    """What a field says, None where it stands nowhere. Raises MalformedXmp where two places disagree."""
    tag = _qualified(name)
    places = _places(rdf, name)
    texts = [(one.get(tag, "") if element is None else _text(element)).strip() for one, element in places]
    if len(set(texts)) > 1:
        raise MalformedXmp(f"{name} says “{texts[0]}” in one place and “{texts[-1]}” in another")
    return texts[0] if texts else None


def _text(element: etree._Element) -> str:
    """The value of a property's element: its text, that of its rdf:value, its first item, or its rdf:resource."""
    holder, attribute = _holder(element)
    return str(holder.xpath("string()")) if attribute is None else holder.get(attribute, "")


def _holder(element: etree._Element) -> tuple[etree._Element, str | None]:
    """Which element of a property, and which of its attributes if any, holds its value. Raises MalformedXmp.

    ISO 16684-1, section 7: a plain value, or the rdf:value beside qualifiers, or the first item of an array. What lies
    deeper belongs to a qualifier.
    """
    parts = list(element.iterchildren("*"))
    node = parts[0] if len(parts) == 1 and parts[0].tag in _NESTED else element
    holder = node.find(_ITEM if node.tag in _ARRAYS else _VALUE)
    if holder is None and _VALUE in node.attrib:
        return node, _VALUE
    if holder is None and node.tag != _DESCRIPTION and node.find("*") is None:
        holder = element
    if holder is None or (holder is not element and holder.find("*") is not None):
        raise MalformedXmp(f"{etree.QName(element).localname} is no plain value")
    return holder, _RESOURCE if _RESOURCE in holder.attrib else None


def _set(rdf: etree._Element, name: str, value: str | None) -> bool:
    """Gives a field its value, or takes it away, wherever it stands; whether that changed anything."""
    before = _value(rdf, name)
    if before == value:
        return False
    if before is None:
        _add(rdf, name, value or "")
    for description, element in list(_places(rdf, name)):
        _replace(description, element, _qualified(name), value)
    return True


def _replace(description: etree._Element, element: etree._Element | None, tag: str, value: str | None) -> None:
    if element is None and value is None:
        del description.attrib[tag]
    elif element is None:
        description.set(tag, value or "")
    elif value is None:
        description.remove(element)
    else:
        _fill(element, value)


def _fill(element: etree._Element, value: str) -> None:
    """Gives a property's element its value and lets its qualifiers be; an array becomes a plain value."""
    for array in [child for child in element if child.tag in _ARRAYS]:
        element.remove(array)
    holder, attribute = _holder(element)
    if attribute is not None:
        holder.set(attribute, value)
        return
    del holder[:]
    holder.text = value


def _add(rdf: etree._Element, name: str, value: str) -> None:
    """Sets a field that stands nowhere, as an attribute."""
    prefix, _, _ = name.partition(":")
    descriptions = rdf.findall(_DESCRIPTION)
    home = next((one for one in descriptions if _knows(one, _NAMESPACES[prefix])), None)
    if home is None:
        home = etree.SubElement(rdf, _DESCRIPTION, nsmap={"rdf": _RDF, prefix: _NAMESPACES[prefix]})
        home.set(_ABOUT, descriptions[0].get(_ABOUT, "") if descriptions else "")
        home.tail = "\n "
    home.set(_qualified(name), value)


def _knows(description: etree._Element, namespace: str) -> bool:
    """Whether an attribute of the namespace can stand there: it has a prefix (the default one is for elements)."""
    return any(prefix and uri == namespace for prefix, uri in description.nsmap.items())


def _written(tree: etree._ElementTree, before: bytes) -> bytes:
    """The tree as UTF-8, with an XML declaration where there was one, and padding where there is a wrapper."""
    text: bytes = etree.tostring(tree, encoding="UTF-8", xml_declaration=False)
    if before.removeprefix(codecs.BOM_UTF8).startswith(b"<?xml "):
        text = b'<?xml version="1.0" encoding="UTF-8"?>\n' + text
    body, closing = _parted(text)
    return body + _padding(_PADDING) + closing if closing else body + b"\n"
