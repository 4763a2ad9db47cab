"""What the model Vendor-11 makes of its vendor's DataTransfer message, in words of its own: a
current per phase in A, positive out of the vehicle, for some seconds. Pure.

Its dead-man: without another message it goes back to its profiles, whatever the message said of how
long it holds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from simulator.profiles import JsonObject
from simulator.site import StationSpec

VENDOR_ID: Final = "org.v2ghub.simulator"
MESSAGE_ID: Final = "SetCurrent"
DEAD_MAN_S: Final = 120


@dataclass(frozen=True, slots=True)
class VendorSetpoint:
    """Power that was asked for, W (+ into the vehicle), and until when it is followed."""

    power_w: float
    until: datetime

    def over(
        self, told: tuple[float | None, datetime], now: datetime
    ) -> tuple[float | None, datetime]:
        """The limit, and until when it holds, with it: what it gives back it does so whatever the
        limit is."""
        limit_w, until = told
        if now >= self.until:
            return told
        if self.power_w < 0 or limit_w is None:
            return self.power_w, min(until, self.until)
        return min(limit_w, self.power_w), min(until, self.until)


def setpoint_of(data: JsonObject, spec: StationSpec, now: datetime) -> VendorSetpoint:
    """From the message's data. Raises KeyError, TypeError or ValueError."""
    power_w = -float(data["dischargeCurrent"]) * spec.phases * spec.voltage_v
    holds_s = min(int(data["validFor"]), DEAD_MAN_S)
    return VendorSetpoint(power_w + 0.0, now + timedelta(seconds=holds_s))
