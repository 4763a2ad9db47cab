"""CommandKind → the function that carries it out: the shell executes any command through here."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from csms.domain.commands import Command, CommandKind, CommandStatus
from csms.domain.errors import CallRefused, CallTimeout, ConnectionLost
from csms.domain.station import OcppVersion
from csms.outbound import (
    availability,
    certificates,
    device_model,
    jobs,
    monitoring,
    profiles,
    provisioning,
    remote_control,
    security,
    smart_charging,
    transactions,
)
from csms.outbound.ports import CommandContext, Outcome, StationCaller
from csms.outbound.v16.table import executors_16

Executor = Callable[[Command, StationCaller, CommandContext], Awaitable[Outcome]]

EXECUTORS: Final[Mapping[CommandKind, Executor]] = {
    # A · security
    CommandKind.RENEW_PASSWORD: security.renew_password,
    CommandKind.ISSUE_CERTIFICATE: security.issue_certificate,
    CommandKind.CERTIFICATE_SIGNED: security.certificate_signed,
    CommandKind.UPGRADE_SECURITY_PROFILE: security.upgrade_security_profile,
    # B · provisioning
    CommandKind.PROVISION: provisioning.provision,
    CommandKind.SET_VARIABLES: device_model.set_variables,
    CommandKind.GET_VARIABLES: device_model.get_variables,
    CommandKind.GET_BASE_REPORT: device_model.get_base_report,
    CommandKind.GET_REPORT: device_model.get_report,
    CommandKind.SET_NETWORK_PROFILE: device_model.set_network_profile,
    CommandKind.RESET: device_model.reset,
    # E · transactions
    CommandKind.GET_TRANSACTION_STATUS: transactions.get_transaction_status,
    # F · remote control
    CommandKind.REQUEST_START_TRANSACTION: remote_control.request_start_transaction,
    CommandKind.REQUEST_STOP_TRANSACTION: remote_control.request_stop_transaction,
    CommandKind.UNLOCK_CONNECTOR: remote_control.unlock_connector,
    CommandKind.TRIGGER_MESSAGE: remote_control.trigger_message,
    # G · availability
    CommandKind.CHANGE_AVAILABILITY: availability.change_availability,
    # K · smart charging
    CommandKind.SET_SETPOINT: smart_charging.set_setpoint,
    CommandKind.OFFER_SCHEDULE: smart_charging.offer_schedule,
    CommandKind.SET_CHARGING_PROFILE: profiles.set_charging_profile,
    CommandKind.CLEAR_CHARGING_PROFILE: profiles.clear_charging_profile,
    CommandKind.GET_CHARGING_PROFILES: profiles.get_charging_profiles,
    CommandKind.GET_COMPOSITE_SCHEDULE: profiles.get_composite_schedule,
    # L · firmware
    CommandKind.UPDATE_FIRMWARE: jobs.update_firmware,
    CommandKind.PUBLISH_FIRMWARE: jobs.publish_firmware,
    CommandKind.UNPUBLISH_FIRMWARE: jobs.unpublish_firmware,
    # M · certificates
    CommandKind.INSTALL_CERTIFICATE: certificates.install_certificate,
    CommandKind.DELETE_CERTIFICATE: certificates.delete_certificate,
    CommandKind.GET_INSTALLED_CERTIFICATE_IDS: certificates.get_installed_certificate_ids,
    # N · diagnostics
    CommandKind.GET_MONITORING_REPORT: monitoring.get_monitoring_report,
    CommandKind.SET_MONITORING_BASE: monitoring.set_monitoring_base,
    CommandKind.SET_MONITORING_LEVEL: monitoring.set_monitoring_level,
    CommandKind.SET_VARIABLE_MONITORING: monitoring.set_variable_monitoring,
    CommandKind.CLEAR_VARIABLE_MONITORING: monitoring.clear_variable_monitoring,
    CommandKind.GET_LOG: jobs.get_log,
}

EXECUTORS_16: Final = executors_16(EXECUTORS)


async def execute(command: Command, station: StationCaller, context: CommandContext) -> Outcome:
    """Carry `command` out. Refusals, time-outs and lost connections are outcomes, not exceptions.

    Raises StoreUnavailable (Provision writes through the journal).
    """
    if context.now >= command.deadline_at:
        return Outcome(status=CommandStatus.EXPIRED, reason="deadline_over")
    try:
        table = EXECUTORS_16 if station.version is OcppVersion.V16 else EXECUTORS
        return await table[command.kind](command, station, context)
    except CallRefused as refused:
        return Outcome.refused(refused.code)
    except CallTimeout as late:
        status = CommandStatus.UNKNOWN if late.sent else CommandStatus.EXPIRED
        return Outcome(status=status, reason="no_answer" if late.sent else "not_sent")
    except ConnectionLost:
        return Outcome(status=CommandStatus.UNKNOWN, reason="connection_lost")
