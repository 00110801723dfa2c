"""XMP packets for tests: as editors write them, and at random."""

from __future__ import annotations

import numpy as np
from lxml import etree

from workbench.screening import xmp

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "photomechanic": "http://ns.camerabits.com/photomechanic/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
}
VALUES = {
    xmp.LABEL: ("Red", "Yellow", "Grün & blau"),
    xmp.LABEL_COLOR: ("red", "yellow"),
    xmp.RATING: ("-1", "0", "5"),
    xmp.PICK: ("-1", "0", "1"),
    xmp.GOOD: ("True", "False"),
    xmp.TAGGED: ("True", "False"),
    xmp.COLOR_CLASS: ("0", "8"),
    xmp.DIGIKAM_PICK: ("1", "2", "3"),
    xmp.DIGIKAM_COLOR: ("0", "9"),
}
RICH = """
  <rdf:Description rdf:about="uuid:7" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jpeg"
    xmlns:odd="http://example.org/odd/1.0/" odd:note="&lt;kept&gt; &#xA;twice">
   <!-- a comment -->
   <dc:subject><rdf:Bag><rdf:li>studio</rdf:li><rdf:li>Ana Böhm</rdf:li></rdf:Bag></dc:subject>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Ana</rdf:li></rdf:Alt></dc:title>
   <odd:deep rdf:parseType="Resource"><odd:a>1</odd:a><odd:b rdf:parseType="Resource"><odd:c/></odd:b></odd:deep>
   <xmpMM:History xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
     xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"><rdf:Seq>
    <rdf:li><rdf:Description stEvt:action="saved" xmp:Label="of the past"
      xmlns:xmp="http://ns.adobe.com/xap/1.0/"/></rdf:li>
   </rdf:Seq></xmpMM:History>
  </rdf:Description>
"""


def packet(inside: str, *, wrapped: bool = True, padding: int = 2000, end: str = "w") -> bytes:
    """A packet whose rdf:RDF holds `inside`, in its wrapper or bare."""
    rdf = f'<rdf:RDF xmlns:rdf="{RDF}">{inside}</rdf:RDF>'
    body = f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Test">\n {rdf}\n</x:xmpmeta>'
    if not wrapped:
        return body.encode()
    begin = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    return f'{begin}\n{body}\n{" " * padding}<?xpacket end="{end}"?>'.encode()


def random_packet(rng: np.random.Generator) -> bytes:
    """A packet with some of our fields, as attributes or elements, under any prefix, beside what is not ours."""
    inside = "".join(_field(rng, name) for name in VALUES if rng.random() < 0.5)
    parts = [RICH, inside] if rng.random() < 0.5 else [inside, RICH]
    return packet("".join(parts), wrapped=bool(rng.random() < 0.7), padding=int(rng.integers(0, 4000)))


def random_fields(rng: np.random.Generator) -> dict[str, str | None]:
    """Some of our fields with values, or None, which takes them away."""
    chosen = [name for name in VALUES if rng.random() < 0.5]
    return {name: None if rng.random() < 0.3 else str(rng.choice(VALUES[name])) for name in chosen}


def rest(data: bytes) -> bytes:
    """What a packet says besides our fields, in canonical form: white space and empty descriptions do not count."""
    root = etree.fromstring(data.strip(b"\0 \r\n\t"), etree.XMLParser(remove_blank_text=True))
    rdf = next(root.iter(f"{{{RDF}}}RDF"))
    for description in list(rdf):
        _strip(description)
        about = f"{{{RDF}}}about"
        if len(description) == 0 and set(description.attrib) <= {about}:
            rdf.remove(description)
    etree.cleanup_namespaces(root)
    return bytes(etree.tostring(root, method="c14n2", strip_text=True))


def _strip(description: etree._Element) -> None:
    for name in VALUES:
        prefix, local = name.split(":")
        tag = f"{{{NAMESPACES[prefix]}}}{local}"
        description.attrib.pop(tag, None)
        for element in description.findall(tag):
            description.remove(element)


def _field(rng: np.random.Generator, name: str) -> str:
    prefix, local = name.split(":")
    uri, value = NAMESPACES[prefix], str(rng.choice(VALUES[name])).replace("&", "&amp;")
    known = str(rng.choice([prefix, "ns1", "xap"]))
    spoken = f'<rdf:Description rdf:about="uuid:7" xmlns:{known}="{uri}"'
    if rng.random() < 0.5:
        return f'\n<rdf:Description rdf:about="uuid:7" xmlns:{known}="{uri}" {known}:{local}="{value}"/>'
    return f"\n{spoken}><{known}:{local}>{value}</{known}:{local}></rdf:Description>"
