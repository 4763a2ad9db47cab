"""The table Action → handler, in the block order of OCPP 2: one glance is what we support."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, cast

from csms.domain.ids import ChargingStationId
from csms.domain.messages import Refused
from csms.domain.station import OcppVersion
from csms.domain.transaction import TransactionEvent
from csms.handlers.accepted_only import AcceptedOnly, NotRejected
from csms.handlers.allowed_energy_transfer import AllowedEnergyTransfer
from csms.handlers.authorize import AuthorizeHandler
from csms.handlers.battery_swap import BatterySwapHandler
from csms.handlers.billed import Billed
from csms.handlers.boot_notification import BootNotificationHandler
from csms.handlers.cleared_charging_limit import ClearedChargingLimitHandler
from csms.handlers.clocked import Clocked
from csms.handlers.close_periodic_event_stream import ClosePeriodicEventStreamHandler
from csms.handlers.data_transfer import DataTransferHandler
from csms.handlers.firmware_status_notification import FirmwareStatusNotificationHandler
from csms.handlers.get_15118_ev_certificate import Get15118EVCertificateHandler
from csms.handlers.get_certificate_chain_status import GetCertificateChainStatusHandler
from csms.handlers.get_certificate_status import GetCertificateStatusHandler
from csms.handlers.heartbeat import HeartbeatHandler
from csms.handlers.limited import Limited
from csms.handlers.log_status_notification import LogStatusNotificationHandler
from csms.handlers.mended import Mended
from csms.handlers.meter_values import MeterValuesHandler
from csms.handlers.named import Named
from csms.handlers.notify_charging_limit import NotifyChargingLimitHandler
from csms.handlers.notify_customer_information import NotifyCustomerInformationHandler
from csms.handlers.notify_der_alarm import NotifyDERAlarmHandler
from csms.handlers.notify_der_start_stop import NotifyDERStartStopHandler
from csms.handlers.notify_display_messages import NotifyDisplayMessagesHandler
from csms.handlers.notify_ev_charging_needs import NotifyEVChargingNeedsHandler
from csms.handlers.notify_ev_charging_schedule import NotifyEVChargingScheduleHandler
from csms.handlers.notify_event import NotifyEventHandler
from csms.handlers.notify_monitoring_report import NotifyMonitoringReportHandler
from csms.handlers.notify_periodic_event_stream import NotifyPeriodicEventStreamHandler
from csms.handlers.notify_priority_charging import NotifyPriorityChargingHandler
from csms.handlers.notify_report import NotifyReportHandler
from csms.handlers.notify_settlement import NotifySettlementHandler
from csms.handlers.open_periodic_event_stream import OpenPeriodicEventStreamHandler
from csms.handlers.ports import Handler, Ports
from csms.handlers.ports_v21 import V2xWords
from csms.handlers.publish_firmware_status_notification import (
    PublishFirmwareStatusNotificationHandler,
)
from csms.handlers.pull_dynamic_schedule_update import PullDynamicScheduleUpdateHandler
from csms.handlers.report_charging_profiles import ReportChargingProfilesHandler
from csms.handlers.report_der_control import ReportDERControlHandler
from csms.handlers.reservation_status_update import ReservationStatusUpdateHandler
from csms.handlers.reserved import Reserved
from csms.handlers.security_event_notification import SecurityEventNotificationHandler
from csms.handlers.sign_certificate import SignCertificateHandler
from csms.handlers.start_transaction import StartTransactionHandler
from csms.handlers.status_notification import StatusNotificationHandler
from csms.handlers.tariff_told import TariffTold
from csms.handlers.transaction_event import TransactionEventHandler
from csms.handlers.vat_number_validation import VatNumberValidationHandler
from csms.ocppj.codecs import CODECS
from csms.ocppj.peer import CallError


def routes(ports: Ports) -> Mapping[str, Handler]:
    """Action → its handler, for every action that one of our codecs knows."""
    journal, stations, tokens = ports.journal, ports.stations, ports.tokens

    def accepted(handler: object) -> Handler:
        return AcceptedOnly(stations, cast(Handler, handler))

    def asked_for(handler: object) -> Handler:
        return NotRejected(stations, cast(Handler, handler))

    recorded = TransactionEventHandler(
        journal,
        ports.transactions,
        ports.projections,
        tokens,
        ports.transaction_ids,
        Billed(ports.tariffs),
    )
    limited = Limited(
        journal,
        ports.transactions,
        ports.tariffs,
        ports.limits,
        ports.settles_payments,
        recorded,
    )
    transaction_event = Reserved(journal, limited)
    log_status = accepted(LogStatusNotificationHandler(journal))
    firmware_status = accepted(FirmwareStatusNotificationHandler(journal))
    table: dict[str, object] = {
        # A · security
        "SecurityEventNotification": accepted(SecurityEventNotificationHandler(journal)),
        "SignCertificate": accepted(SignCertificateHandler(journal, ports.security)),
        # B · provisioning; a report is something we asked for, also while Pending (B02)
        "BootNotification": BootNotificationHandler(journal, stations, ports.discharge_models),
        "NotifyReport": asked_for(NotifyReportHandler(journal)),
        # C · authorization
        "Authorize": accepted(
            AllowedEnergyTransfer(
                ports.v21.energy_transfers,
                TariffTold(ports.tariffs, AuthorizeHandler(tokens, ports.contracts)),
            )
        ),
        "NotifySettlement": accepted(NotifySettlementHandler(journal, ports.v21.payments)),
        "VatNumberValidation": accepted(VatNumberValidationHandler(ports.v21.payments)),
        # E · transactions: energy that has flowed is stored whoever tells of it
        "TransactionEvent": Named(journal, transaction_event),
        "StartTransaction": StartTransactionHandler(ports.transaction_ids, transaction_event),
        "StopTransaction": transaction_event,
        # G · availability
        "Heartbeat": accepted(HeartbeatHandler()),
        "StatusNotification": accepted(
            StatusNotificationHandler(journal, ports.transaction_ids, recorded)
        ),
        # H · reservations
        "ReservationStatusUpdate": accepted(ReservationStatusUpdateHandler(journal)),
        # J · metering
        "MeterValues": accepted(MeterValuesHandler(journal)),
        # K · smart charging; a report of profiles answers a call of ours
        "NotifyChargingLimit": accepted(NotifyChargingLimitHandler(journal)),
        "ClearedChargingLimit": accepted(ClearedChargingLimitHandler(journal, ports.charging)),
        "NotifyEVChargingNeeds": accepted(
            NotifyEVChargingNeedsHandler(journal, ports.v21.energy_transfers, ports.charging)
        ),
        "NotifyEVChargingSchedule": accepted(
            NotifyEVChargingScheduleHandler(journal, ports.charging)
        ),
        "ReportChargingProfiles": asked_for(ReportChargingProfilesHandler(journal, ports.charging)),
        "NotifyPriorityCharging": accepted(NotifyPriorityChargingHandler(journal)),
        "PullDynamicScheduleUpdate": accepted(
            PullDynamicScheduleUpdateHandler(ports.v21.dynamic_profiles)
        ),
        # L · firmware
        "FirmwareStatusNotification": firmware_status,
        "SignedFirmwareStatusNotification": firmware_status,
        "PublishFirmwareStatusNotification": accepted(
            PublishFirmwareStatusNotificationHandler(journal)
        ),
        # M · certificates
        "Get15118EVCertificate": accepted(
            Get15118EVCertificateHandler(journal, ports.security.contracts)
        ),
        "GetCertificateStatus": accepted(GetCertificateStatusHandler(ports.security.statuses)),
        "GetCertificateChainStatus": accepted(
            GetCertificateChainStatusHandler(ports.security.statuses)
        ),
        # N · diagnostics
        "LogStatusNotification": log_status,
        "DiagnosticsStatusNotification": log_status,
        "NotifyMonitoringReport": accepted(NotifyMonitoringReportHandler(journal)),
        "NotifyEvent": accepted(NotifyEventHandler(journal, ports.monitors)),
        "OpenPeriodicEventStream": accepted(OpenPeriodicEventStreamHandler(journal)),
        "NotifyPeriodicEventStream": accepted(NotifyPeriodicEventStreamHandler(journal)),
        "ClosePeriodicEventStream": accepted(ClosePeriodicEventStreamHandler(journal)),
        "NotifyCustomerInformation": accepted(NotifyCustomerInformationHandler(journal)),
        # O · displays
        "NotifyDisplayMessages": accepted(NotifyDisplayMessagesHandler(journal)),
        # P · vendors' own
        "DataTransfer": accepted(DataTransferHandler(journal)),
        # R · distributed energy resources; a report answers a call of ours
        "ReportDERControl": asked_for(ReportDERControlHandler(journal)),
        "NotifyDERAlarm": accepted(NotifyDERAlarmHandler(journal)),
        "NotifyDERStartStop": accepted(NotifyDERStartStopHandler(journal)),
        # S · battery swap
        "BatterySwap": accepted(BatterySwapHandler(journal)),
    }
    named = {action: _named(action, cast(Handler, one)) for action, one in table.items()}
    meant = named | {action: Mended(ports.mends, named[action]) for action in ABOUT_EVSES}

    def timed(handler: Handler) -> Handler:
        return Clocked(journal, ports.clocks, handler, ports.clock_tolerance_s)

    return meant | {action: timed(meant[action]) for action in TIMED}


ABOUT_EVSES: Final = frozenset(
    {
        "ClearedChargingLimit",
        "MeterValues",
        "NotifyChargingLimit",
        "NotifyEVChargingNeeds",
        "NotifyEVChargingSchedule",
        "ReportChargingProfiles",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
        "TransactionEvent",
    }
)
"""What tells of EVSEs and their meters: where a station's quirks count."""
TIMED: Final = frozenset(
    {
        "MeterValues",
        "NotifyEvent",
        "NotifyReport",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
        "TransactionEvent",
    }
)
"""What is told as it happens: where a station's clock shows."""


OF_V2X: Final = frozenset(
    {
        "MeterValues",
        "NotifyEVChargingNeeds",
        "NotifyEVChargingSchedule",
        "PullDynamicScheduleUpdate",
        "ReportChargingProfiles",
        "TransactionEvent",
    }
)
"""What may tell of V2X: a station that speaks of it over 2.0.1 is read by the types of 2.1, once
those of 2.0.1 do not do."""


def _named(action: str, handler: Handler) -> Handler:
    """The gate knows the action, which we may have asked a Pending station for."""
    return replace(handler, action=action) if isinstance(handler, AcceptedOnly) else handler


async def answer(
    version: OcppVersion,
    action: str,
    payload: bytes,
    station_id: ChargingStationId,
    now: datetime,
    routes: Mapping[str, Handler],
    v2x: V2xWords,
) -> bytes | CallError:
    """Decode, handle, encode. Raises StoreUnavailable: then answer nothing and close."""
    codec = CODECS[version]
    request = codec.decode(action, payload)
    beyond = isinstance(request, CallError) and version is OcppVersion.V201 and action in OF_V2X
    if beyond and await v2x.speaks_v2x(station_id):
        codec = CODECS[OcppVersion.V21]
        request = codec.decode(action, payload)
    if isinstance(request, CallError):
        return request
    # 1.6 tells of transactions in MeterValues too
    told_of = "TransactionEvent" if isinstance(request, TransactionEvent) else action
    reply = await routes[told_of].handle(station_id, request, now)
    if isinstance(reply, Refused):
        return CallError(reply.code, reply.description)
    return codec.encode_answer(action, reply)
