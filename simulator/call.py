"""What a station has to say: one call, waiting to be sent or to be answered."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from simulator.profiles import JsonObject

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Call:
    """A call to be made. `durable` ones outlive the connection; `import_wh`: what the register
    showed when it was made, which 1.6 tells as a transaction begins and ends."""

    action: str
    payload: JsonObject
    durable: bool = False
    sent: bool = False
    attempts: int = 0
    not_before: datetime = LONG_AGO
    repeat: bool = False
    import_wh: float = 0.0
