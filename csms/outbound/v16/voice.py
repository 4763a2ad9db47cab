"""What the translations to OCPP 1.6 speak with, and how they say that 1.6 has no word for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from csms.domain.commands import CommandPriority
from csms.domain.errors import CallRefused
from csms.ocppj import codec16
from csms.ocppj import types_v16 as wire
from csms.ocppj.peer import CallError
from csms.outbound.ports import StationCaller


class NotIn16(CallRefused):
    """OCPP 1.6 cannot say this; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"not_in_ocpp_1_6: {what}")


@dataclass(frozen=True, slots=True)
class Voice:
    """One call of 2.0.1 on its way to a station of 1.6: what it may cost, and when it is."""

    station: StationCaller
    priority: CommandPriority
    deadline_at: datetime
    now: datetime

    async def say(self, action: str, request: wire.Wire) -> Any:
        """Call the station; its answer. Raises CallRefused also for what 1.6 has no room for (an
        idTag of more than 20 characters …): the request is held against its schema first."""
        made = codec16.request_from(action, msgspec.json.decode(codec16.encode_request(request)))
        if isinstance(made, CallError):
            raise NotIn16(f"{action}: {made.description}")
        return await self.station.call(
            action, made, priority=self.priority, deadline_at=self.deadline_at
        )


def transaction_number(transaction_id: str) -> int:
    """The integer of a transaction of 1.6. Raises NotIn16 if another version named it."""
    try:
        return int(transaction_id)
    except ValueError:
        raise NotIn16("transactionId that is no integer") from None
