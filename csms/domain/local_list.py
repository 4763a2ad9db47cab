"""Local authorization lists (OCPP 2.0.1, block D): what a station holds, what it shall hold, and
the messages that take it from one to the other.

An entry is an AuthorizationData in JSON values; a digest of it, with the token as it was spelt,
stands for what a station holds.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from csms.domain.authorization import TokenRef
from csms.domain.ids import IdToken

Entry = Mapping[str, Any]
ITEMS_WHERE_UNKNOWN: Final = 100
ENVELOPE_BYTES: Final = 200
"""What a message needs besides its entries."""


@dataclass(frozen=True, slots=True)
class HeldList:
    """What a station holds, as far as we know: token → digest; None: its content is not known."""

    version: int
    entries: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class ListLimits:
    """LocalAuthListCtrlr.ItemsPerMessage and .BytesPerMessage (D01.FR.11)."""

    items: int = ITEMS_WHERE_UNKNOWN
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMessage:
    """One SendLocalListRequest."""

    update_type: str
    version: int
    entries: tuple[Entry, ...]

    @property
    def request(self) -> dict[str, Any]:
        """JSON values; without entries the list is left out (D01.FR.04)."""
        head: dict[str, Any] = {"versionNumber": self.version, "updateType": self.update_type}
        listed = [dict(entry) for entry in self.entries]
        return head | {"localAuthorizationList": listed} if listed else head


def key_of(entry: Entry) -> str:
    """What makes two entries speak of one token (D01.FR.06)."""
    told = entry["idToken"]
    ref = TokenRef(IdToken(told["idToken"]), told["type"])
    return f"{ref.type}:{ref.key}"


def digest(entry: Entry) -> str:
    """The same for the same content; after the colon, the token as it is spelt."""
    text = json.dumps(entry, sort_keys=True, default=str)
    told = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return f"{told}:{entry['idToken']['idToken']}"


def difference(held: Mapping[str, str], wanted: Sequence[Entry]) -> list[Entry]:
    """What is new or changed, and without idTokenInfo what must go (D01.FR.16, .17)."""
    keys = {key_of(entry) for entry in wanted}
    changed = [entry for entry in wanted if held.get(key_of(entry)) != digest(entry)]
    return changed + [_removal(key, told) for key, told in held.items() if key not in keys]


def _removal(key: str, told: str) -> Entry:
    type_, _, folded = key.partition(":")
    _, _, spelt = told.partition(":")
    return {"idToken": {"idToken": spelt or folded, "type": type_}}


def messages(
    entries: Sequence[Entry], update_type: str, after_version: int, limits: ListLimits
) -> Iterator[ListMessage]:
    """As many messages as the limits ask for, each with the next version; of a full list only the
    first replaces, the others add (D01.FR.03)."""
    for number, part in enumerate(_parts(entries, limits)):
        yield ListMessage(
            update_type=update_type if number == 0 else "Differential",
            version=after_version + 1 + number,
            entries=part,
        )


def _parts(entries: Sequence[Entry], limits: ListLimits) -> Iterator[tuple[Entry, ...]]:
    part: list[Entry] = []
    used = ENVELOPE_BYTES
    for entry in entries:
        size = len(json.dumps(entry, default=str).encode()) + 1
        full = limits.bytes is not None and used + size > limits.bytes
        if part and (full or len(part) >= limits.items):
            yield tuple(part)
            part, used = [], ENVELOPE_BYTES
        part.append(entry)
        used += size
    yield tuple(part)  # an empty list is a message, too


def after(held: HeldList | None, message: ListMessage) -> HeldList:
    """What the station holds once it has accepted `message`."""
    before = None if held is None else held.entries
    if message.update_type == "Full":
        before = {}
    if before is None:
        return HeldList(message.version, None)
    entries = dict(before)
    for entry in message.entries:
        if "idTokenInfo" in entry:
            entries[key_of(entry)] = digest(entry)
        else:
            entries.pop(key_of(entry), None)
    return HeldList(message.version, entries)
