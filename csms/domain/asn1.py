"""ASN.1 in DER: just enough to read what a certificate says and to write an OCSP request.

Nothing here is cryptography: signatures are made and checked by the authority (`csms/pki`).
X.690 §8 and §10, definite lengths only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
ENUMERATED: Final = 0x0A
UTC_TIME: Final = 0x17
SEQUENCE: Final = 0x30
SET: Final = 0x31
LONGEST_LENGTH: Final = 4


class DerFault(ValueError):  # noqa: N818 - the state of some bytes
    """Not DER, or not what was expected there."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value: its tag, what is in it, and all of its bytes."""

    tag: int
    content: bytes
    raw: bytes

    def children(self) -> list["Node"]:
        """The values inside a constructed one. Raises DerFault."""
        return list(_nodes(self.content))

    def child(self, index: int) -> "Node":
        """One of them. Raises DerFault."""
        return at(self.children(), index)

    def expect(self, tag: int) -> "Node":
        """Itself, if it has this tag. Raises DerFault."""
        if self.tag != tag:
            raise DerFault(f"tag {self.tag:#x} where {tag:#x} was due")
        return self


def parse(data: bytes) -> Node:
    """The one value that `data` is. Raises DerFault."""
    nodes = list(_nodes(data))
    if len(nodes) != 1:
        raise DerFault("not exactly one value")
    return nodes[0]


def at(nodes: list[Node], index: int) -> Node:
    """One of `nodes`. Raises DerFault."""
    if index >= len(nodes):
        raise DerFault("something is missing")
    return nodes[index]


def _nodes(data: bytes) -> Iterator[Node]:
    position = 0
    while position < len(data):
        start, tag = position, data[position]
        length, position = _length(data, position + 1)
        end = position + length
        if end > len(data):
            raise DerFault("cut short")
        yield Node(tag, data[position:end], data[start:end])
        position = end


def _length(data: bytes, position: int) -> tuple[int, int]:
    if position >= len(data):
        raise DerFault("cut short")
    first = data[position]
    if first < 0x80:
        return first, position + 1
    size, start = first & 0x7F, position + 1
    if not 0 < size <= LONGEST_LENGTH or start + size > len(data):
        raise DerFault("no such length")
    return int.from_bytes(data[start : start + size]), start + size


def write(tag: int, content: bytes) -> bytes:
    """One value."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def write_integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return write(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def write_oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from "1.3.14…"."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(septets))
    return write(OID, bytes(content))


def read_oid(node: Node) -> str:
    """The dotted form. Raises DerFault."""
    arcs, value = [], 0
    for octet in node.expect(OID).content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        raise DerFault("an empty object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))
