"""Which stations a rehearsal has: models and versions of OCPP, and who never ends a lease, drawn by
the seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Final

TWO_WAY_RATIO: Final = 0.6
KEEPS_LEASES_RATIO: Final = 0.15
KNOWN_RATIO: Final = 0.5
"""Of those that keep leases, so many were known to before the rehearsal began."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A model of the simulator, and the version that it speaks here."""

    word: str
    model: str
    version: str
    max_discharge_w: int = 0

    @property
    def prefix(self) -> str:
        """Of the ids of such stations."""
        return f"rh-{self.word}{self.version.replace('.', '')}-"


TWO_WAY: Final = tuple(
    Kind(word, model, version, 10_000)
    for word, model, versions in (
        ("v2g", "Bidirectional-11", ("1.6", "2.0.1")),
        ("v2x", "V2X-11", ("2.0.1", "2.1")),
        ("dt", "Vendor-11", ("1.6", "2.0.1")),
    )
    for version in versions
)
ONE_WAY: Final = tuple(Kind("ac", "AC-11", version) for version in ("1.6", "2.0.1", "2.1"))


def drawn(stations: int, random: Random) -> dict[Kind, int]:
    """How many of each kind; two stations at least, one of them gives back and one does not."""
    two_way = min(max(1, round(TWO_WAY_RATIO * stations)), stations - 1)
    kinds = [*_dealt(TWO_WAY, two_way, random), *_dealt(ONE_WAY, stations - two_way, random)]
    return {kind: kinds.count(kind) for kind in (*TWO_WAY, *ONE_WAY) if kind in kinds}


def _dealt(kinds: Sequence[Kind], count: int, random: Random) -> list[Kind]:
    """As cards are: none comes twice before all have come."""
    dealt: list[Kind] = []
    while len(dealt) < count:
        dealt.extend(islice(random.sample(kinds, len(kinds)), count - len(dealt)))
    return dealt
