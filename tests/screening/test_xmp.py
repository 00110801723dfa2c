"""Packets are read in every form that editors write, and merging changes our fields and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from tests.screening import packets
from workbench.errors import WorkbenchError
from workbench.screening import xmp

XMP = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/"'


def described(attributes: str = "", elements: str = "") -> bytes:
    return packets.packet(f'<rdf:Description rdf:about="" {attributes}>{elements}</rdf:Description>')


def test_no_packet_and_an_empty_one_have_no_fields() -> None:
    assert xmp.read(None) == xmp.read(b"") == xmp.read(b" \n\0\0") == {}


def test_fields_are_read_as_attributes_and_as_elements_under_any_prefix() -> None:
    standing = packets.packet(
        f'<rdf:Description {XMP} xmp:Label="Red"><xmp:Rating> 4 </xmp:Rating></rdf:Description>'
        '<rdf:Description xmlns:q="http://ns.adobe.com/xmp/1.0/DynamicMedia/" q:pick="-1"/>'
        '<rdf:Description xmlns="http://www.digikam.org/ns/1.0/"><PickLabel>1</PickLabel></rdf:Description>'
    )
    assert xmp.read(standing) == {xmp.LABEL: "Red", xmp.RATING: "4", xmp.PICK: "-1", xmp.DIGIKAM_PICK: "1"}


@pytest.mark.parametrize(
    "element",
    [
        '<xmp:Label rdf:parseType="Resource"><rdf:value>Red</rdf:value><xmp:q>sure</xmp:q></xmp:Label>',
        '<xmp:Label><rdf:Description rdf:value="Red" xmp:q="sure"/></xmp:Label>',
        "<xmp:Label><rdf:Description><rdf:value>Red</rdf:value><xmp:q>sure</xmp:q></rdf:Description></xmp:Label>",
        '<xmp:Label rdf:value="Red" xmp:q="sure"/>',
        '<xmp:Label rdf:parseType="Resource"><xmp:q><rdf:Bag><rdf:li>sure</rdf:li></rdf:Bag></xmp:q>'
        "<rdf:value>Red</rdf:value></xmp:Label>",
        '<xmp:Label rdf:parseType="Resource"><xmp:q rdf:parseType="Resource"><rdf:value>sure</rdf:value></xmp:q>'
        "<rdf:value>Red</rdf:value></xmp:Label>",
        '<xmp:Label><rdf:Description rdf:value="Red"><xmp:q>sure</xmp:q></rdf:Description></xmp:Label>',
        '<xmp:Label xml:lang="en" >R<!-- the colour -->ed</xmp:Label>',
        "<xmp:Label><![CDATA[Red]]></xmp:Label>",
        "<xmp:Label><rdf:Alt><rdf:li>Red</rdf:li></rdf:Alt></xmp:Label>",
        '<xmp:Label rdf:resource="Red"/>',
        '<xmp:Label rdf:parseType="Resource"><rdf:value rdf:resource="Red"/></xmp:Label>',
    ],
)
def test_qualified_and_unusual_forms_of_a_value_are_read_set_and_keep_their_qualifiers(element: str) -> None:
    standing = described(XMP, element)
    assert xmp.read(standing) == {xmp.LABEL: "Red"}
    after = xmp.merged(standing, {xmp.LABEL: "Blue"})
    assert xmp.read(after) == {xmp.LABEL: "Blue"}
    assert after.count(b"Blue") == 1 and b"Red" not in after
    assert (b"sure" in after) == (b"sure" in standing) and (b'"en"' in after) == (b'"en"' in standing)


def test_a_label_inside_the_history_is_not_the_photos_label() -> None:
    standing = packets.packet(packets.RICH)
    assert xmp.read(standing) == {}
    after = xmp.merged(standing, {xmp.LABEL: "Red"})
    assert xmp.read(after) == {xmp.LABEL: "Red"} and b'"of the past"' in after


def test_a_first_packet_is_wrapped_utf8_with_two_to_four_kilobytes_of_padding() -> None:
    made = xmp.merged(None, {xmp.LABEL: "Red", xmp.LABEL_COLOR: "red"})
    assert made.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode())
    assert made.endswith(b'\n<?xpacket end="w"?>')
    assert 2048 <= made.count(b" ") + made.count(b"\n") <= 4096
    assert xmp.read(made) == {xmp.LABEL: "Red", xmp.LABEL_COLOR: "red"}


def test_every_field_can_be_set_and_taken_away_again() -> None:
    wanted = {name: values[0] for name, values in packets.VALUES.items()}
    made = xmp.merged(None, wanted)
    assert xmp.read(made) == wanted
    for prefix, namespace in packets.NAMESPACES.items():
        assert f'xmlns:{prefix}="{namespace}"'.encode() in made
    assert xmp.read(xmp.merged(made, dict.fromkeys(wanted))) == {}


def test_what_says_so_already_stays_byte_for_byte() -> None:
    standing = described(f'{XMP} xmp:Label="Red"', "  <xmp:Rating>3</xmp:Rating>")
    assert xmp.merged(standing, {xmp.LABEL: "Red", xmp.RATING: "3", xmp.PICK: None}) is standing
    assert xmp.merged(standing, {}) is standing
    assert xmp.merged(None, {}) == xmp.merged(b"\0\0", {xmp.LABEL: None}) == b""


def test_a_field_is_set_where_it_stands() -> None:
    standing = described(XMP, "<xmp:Label>Red</xmp:Label><xmp:Rating>3</xmp:Rating>")
    assert b"<xmp:Label>Blue</xmp:Label><xmp:Rating>3</xmp:Rating>" in xmp.merged(standing, {xmp.LABEL: "Blue"})
    standing = described(f'{XMP} xmp:Label="Red" xmp:Rating="3"')
    assert b'xmp:Label="Blue" xmp:Rating="3"' in xmp.merged(standing, {xmp.LABEL: "Blue"})


def test_a_field_that_stands_twice_is_set_in_both_places() -> None:
    standing = described(f'{XMP} xmp:Label="Red"', "<xmp:Label>Red</xmp:Label>")
    after = xmp.merged(standing, {xmp.LABEL: "Blue"})
    assert after.count(b"Blue") == 2 and b"Red" not in after
    assert b"Label" not in xmp.merged(standing, {xmp.LABEL: None})


def test_a_new_field_joins_the_description_that_knows_its_namespace() -> None:
    standing = packets.packet(
        f'<rdf:Description rdf:about="uuid:1"/><rdf:Description rdf:about="uuid:1" {XMP} xmp:Rating="3"/>'
    )
    assert b'xmp:Rating="3" xmp:Label="Red"' in xmp.merged(standing, {xmp.LABEL: "Red"})
    after = xmp.merged(standing, {xmp.PICK: "1"})
    assert after.count(b'rdf:about="uuid:1"') == 3  # a description of its own speaks of the same resource


@pytest.mark.parametrize(
    "declared", ['xmlns:xmp="http://example.org/other/"', 'xmlns="http://ns.adobe.com/xap/1.0/"', 'xmlns:rdf2="a:b"']
)
def test_a_prefix_that_means_something_else_or_nothing_is_no_obstacle(declared: str) -> None:
    after = xmp.merged(described(declared), {xmp.LABEL: "Red"})
    assert xmp.read(after) == {xmp.LABEL: "Red"} and b' xmp:Label="Red"' in after


@pytest.mark.parametrize("seed", range(60))
def test_merging_gives_what_was_wanted_and_all_else_survives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    standing, wanted = packets.random_packet(rng), packets.random_fields(rng)
    after = xmp.merged(standing, wanted)
    expected = {name: value for name, value in {**xmp.read(standing), **wanted}.items() if value is not None}
    assert xmp.read(after) == expected
    assert packets.rest(after) == packets.rest(standing)
    assert xmp.merged(after, wanted) is after


def test_a_wrapper_is_kept_with_its_end_and_a_bare_packet_stays_bare() -> None:
    assert xmp.merged(packets.packet("", end="r"), {xmp.LABEL: "Red"}).endswith(b'\n<?xpacket end="r"?>')
    bare = xmp.merged(packets.packet("", wrapped=False), {xmp.LABEL: "Red"})
    assert bare.startswith(b"<x:xmpmeta") and bare.endswith(b"</x:xmpmeta>\n")


def test_a_sidecar_keeps_its_declaration_and_a_byte_order_mark_does_no_harm() -> None:
    declared = b'<?xml version="1.0" encoding="UTF-8"?>\n' + packets.packet("", wrapped=False)
    for standing in (declared, b"\xef\xbb\xbf" + declared):
        after = xmp.merged(standing, {xmp.LABEL: "Red"})
        assert after.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<x:xmpmeta ') and xmp.read(after) == {
            xmp.LABEL: "Red"
        }


@pytest.mark.parametrize("zeros", [0, 1, 4])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32"])
def test_a_wide_packet_is_read_and_becomes_utf8(encoding: str, zeros: int) -> None:
    standing = described(f'{XMP} xmp:Label="Grün"').decode().encode(encoding) + bytes(zeros)
    assert xmp.read(standing) == {xmp.LABEL: "Grün"}
    after = xmp.merged(standing, {xmp.RATING: "2"})
    assert xmp.read(after) == {xmp.LABEL: "Grün", xmp.RATING: "2"} and "Grün".encode() in after


@pytest.mark.parametrize("zeros", [1, 2, 3])
def test_zeros_around_a_packet_do_no_harm(zeros: int) -> None:
    for standing in (described(f'{XMP} xmp:Label="Red"'), b"<?xml version='1.0'?>" + packets.packet("", wrapped=False)):
        after = xmp.merged(bytes(zeros) + standing + bytes(zeros), {xmp.RATING: "2"})
        assert xmp.read(after) == {**xmp.read(standing), xmp.RATING: "2"}


def test_a_rdf_root_without_xmpmeta_is_xmp_too() -> None:
    bare = f'<rdf:RDF xmlns:rdf="{packets.RDF}"><rdf:Description {XMP} xmp:Label="Red"/></rdf:RDF>'.encode()
    assert xmp.read(xmp.merged(bare, {xmp.RATING: "1"})) == {xmp.LABEL: "Red", xmp.RATING: "1"}


@pytest.mark.parametrize(
    "damaged",
    [
        b"no xml",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        b"<a:b/>",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        b"\xff\xfe<\0a",
        b"<a>\xff\xff</a>",
        packets.packet("<rdf:Description/>")[:190],
        packets.packet("<rdf:Description/>", wrapped=False) * 2,
        described(XMP, '<xmp:Label rdf:parseType="Resource"><xmp:a>1</xmp:a></xmp:Label>'),
        described(XMP, "<xmp:Label><rdf:Description><xmp:a>1</xmp:a></rdf:Description></xmp:Label>"),
        described(XMP, "<xmp:Label><xmp:a><rdf:li>1</rdf:li></xmp:a></xmp:Label>"),
        described(XMP, "<xmp:Label><rdf:Bag><rdf:li><xmp:a>1</xmp:a></rdf:li></rdf:Bag></xmp:Label>"),
        described(f'{XMP} xmp:Label="Red"', "<xmp:Label>Blue</xmp:Label>"),
        packets.packet("".join(f'<rdf:Description {XMP} xmp:Label="{one}"/>' for one in ("Red", "Blue"))),
        described("", "<d:d xmlns:d='a:b'>" * 300 + "</d:d>" * 300),
    ],
)
def test_damaged_xmp_is_refused_by_name(damaged: bytes) -> None:
    with pytest.raises(xmp.MalformedXmp, match=r"damaged \(.+\), so nothing was written"):
        xmp.read(damaged)
    with pytest.raises(WorkbenchError):
        xmp.merged(damaged, {xmp.LABEL: "Red"})


def test_entities_are_neither_expanded_nor_fetched() -> None:
    bomb = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 50}">' for a, b in zip("abcdef", "bcdefg", strict=True)
    )
    for declared in (bomb, '<!ENTITY g SYSTEM "file:///etc/hostname">', '<!ENTITY g SYSTEM "http://192.0.2.1/">'):
        body = described(XMP, "<xmp:Label>&g;</xmp:Label>").decode()
        body = body[body.index("<x:") :]
        with pytest.raises(xmp.MalformedXmp, match=r"document type|amplification"):
            xmp.read(f"<!DOCTYPE x [{declared}]>{body}".encode())


def test_random_bytes_in_a_packet_are_read_or_refused_by_name() -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        data = bytearray(packets.random_packet(rng))
        for place in rng.integers(0, len(data), int(rng.integers(1, 4))):
            data[place] = rng.integers(0, 256)
        try:
            xmp.read(xmp.merged(bytes(data), {xmp.LABEL: "Red"}))
        except xmp.MalformedXmp:
            continue


def test_a_field_that_is_not_ours_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="xmp:Nickname"):
        xmp.merged(None, {"xmp:Nickname": "Red"})


@pytest.mark.parametrize("wrapped", [True, False])
def test_padding_makes_a_packet_exactly_as_long_as_its_room(wrapped: bool) -> None:
    standing = packets.packet(packets.RICH, wrapped=wrapped, padding=0)
    for room in (0, 1, 2, 99, 100, 101, 3333):
        same = xmp.fitted(standing, len(standing) + room)
        assert same is not None and len(same) == len(standing) + room
        assert packets.rest(same) == packets.rest(standing)
        assert xmp.fitted(same, len(same)) is same
    assert xmp.fitted(standing, len(standing) - 2) is None
