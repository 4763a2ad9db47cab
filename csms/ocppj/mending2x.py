"""What stations of OCPP 2 send in the words of 1.6, mended: only what the schema refuses gets here.

Seen on the wire: a BootNotification of 1.6 on an `ocpp2.0.1` socket. It says who the station is,
and one that never gets past its boot is of no use to anybody.
"""

from typing import Any, Final

import msgspec

_SAME: Final = {"model": "chargePointModel", "vendorName": "chargePointVendor"}
_MORE: Final = {"serialNumber": "chargePointSerialNumber", "firmwareVersion": "firmwareVersion"}


def boot_notification(payload: bytes) -> bytes | None:
    """A boot of 1.6 in the words of OCPP 2, None if it is none."""
    told: dict[str, Any] = msgspec.json.decode(payload, type=dict[str, Any])
    if "chargingStation" in told or not all(name in told for name in _SAME.values()):
        return None
    names = _SAME | {ours: theirs for ours, theirs in _MORE.items() if told.get(theirs)}
    station = {ours: told[theirs] for ours, theirs in names.items()}
    return msgspec.json.encode({"reason": "Unknown", "chargingStation": station})
