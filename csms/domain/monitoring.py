"""Monitors of the device model, and the events that they tell (OCPP 2.0.1, block N)."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from csms.domain.device_model import VariableKey
from csms.domain.meter import Magnitude


class Severity(IntEnum):
    """Severities of monitors, the worst first (N04, SetMonitoringDataType)."""

    DANGER = 0
    HARDWARE_FAILURE = 1
    SYSTEM_FAILURE = 2
    CRITICAL = 3
    ERROR = 4
    ALERT = 5
    WARNING = 6
    NOTICE = 7
    INFORMATIONAL = 8
    DEBUG = 9


ALARMING: Final = Severity.CRITICAL
"""Alerts of this severity or a worse one concern the platform, not only the station's keeper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """VariableMonitoringType on one variable; `value` is in the variable's unit, or in seconds."""

    monitor_id: int
    key: VariableKey
    type: str
    value: Magnitude
    severity: int
    during_transaction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StationEvent:
    """EventDataType. `severity` is None as long as nobody told it: 2.0.1 leaves it to the monitor.

    `cleared`: what an earlier event alerted of is over.
    """

    event_id: int
    at: datetime
    trigger: str
    notification_type: str
    key: VariableKey
    actual_value: str
    cleared: bool = False
    severity: int | None = None
    cause_event_id: int | None = None
    monitor_id: int | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    transaction_id: str | None = None

    @property
    def alerts(self) -> bool:
        """It opens or closes an alert; the others (Delta, Periodic) only tell a value."""
        return self.trigger == "Alerting"
