"""Station: a ChargingStation that speaks OCPP 2.0.1, without network: calls out, answers in.

It holds to its promises through every outage: transaction events are queued until answered, sent
in order, and never change once sent (those first sent after an outage say `offline`); profiles are
leases that end by themselves; registers only rise. Simulated by `step`, once per second.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import uuid4

from simulator import local_modes, messages
from simulator.call import LONG_AGO, Call
from simulator.device_model import DeviceModel, make_device_model
from simulator.evse import ChargingState, Evse, Occupant, RunningTransaction
from simulator.faults import NONE, Faults, reordered
from simulator.local_modes import CALM, Surroundings
from simulator.models import StationModel, model_named
from simulator.profiles import FOR_EVER, JsonObject, ProfileStack
from simulator.site import StationSpec
from simulator.vendor import VendorSetpoint

BOOT_RETRY: Final = timedelta(seconds=30)
REBOOT_TIME: Final = timedelta(seconds=20)


class Registration(StrEnum):
    """What the CSMS said to our BootNotification; `NONE`: nothing yet."""

    NONE = "None"
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


def _nothing(*_: object) -> None:
    """What a station without a wire or a record does."""


@dataclass(slots=True, eq=False)
class Station:
    """One station with EVSE 1. `wake` is called when there is something to send, `acknowledged`
    with each TransactionEvent that was answered, `incident` with (kind, detail) when something
    happened that should not."""

    spec: StationSpec
    wake: Callable[[], None] = _nothing
    incident: Callable[[str, str], None] = _nothing
    acknowledged: Callable[[JsonObject], None] = _nothing
    faults: Faults = NONE
    model: StationModel = field(init=False)
    device: DeviceModel = field(init=False)
    stack: ProfileStack = field(init=False)
    evse: Evse = field(init=False)
    online: bool = False
    registration: Registration = Registration.NONE
    was_accepted: bool = False
    rebooting_until: datetime | None = None
    reset_when_idle: bool = False
    inoperative_when_idle: bool = False
    queue: deque[Call] = field(default_factory=deque)
    replies: deque[Call] = field(default_factory=deque)
    boot_reason: str = "PowerUp"
    boot_due_at: datetime = LONG_AGO
    last_call_at: datetime = LONG_AGO
    vendor: VendorSetpoint | None = None
    seen: Surroundings = CALM
    _boot: Call | None = None
    _next_sample_at: datetime = FOR_EVER
    _next_clock_at: datetime = LONG_AGO
    _limit_w: float | None = None
    _limit_until: datetime = LONG_AGO

    def __post_init__(self) -> None:
        self.model = model_named(self.spec.model)
        self.device = make_device_model(self.spec, self.model)
        self.evse = Evse(self.spec)
        self.stack = ProfileStack(
            evse_ids=frozenset({self.evse.evse_id}),
            phases=self.spec.phases,
            voltage_v=self.spec.voltage_v,
            negative_limit=self.model.negative_limit,
        )

    # time

    def step(self, now: datetime, step_s: float) -> float:
        """Advance by `step_s` to `now`; return the power of the EVSE in W (+ into the vehicle)."""
        evse = self.evse
        if self.rebooting_until is not None and now >= self.rebooting_until:
            self.rebooting_until = None
            self.wake()
        if evse.occupant is not None:
            if now >= self._limit_until:
                self.refresh_limit(now)
            evse.step(self._limit_w, step_s)
            if evse.transaction is not None:
                self._follow(evse.transaction, now)
        self._clock_samples(now)
        self._heartbeat(now)
        if self.online and self.next_call(now) is not None:
            self.wake()
        return evse.power_w

    def refresh_limit(self, now: datetime) -> None:
        """Read the profiles anew: after one changed, or when what they say changes."""
        told = self.stack.limit_at(self.evse.evse_id, now, self.evse.started_at)
        if self.vendor is not None:
            told = self.vendor.over(told, now)
        if self.model.two_way_transfer is not None:
            told = local_modes.over(self.stack, self.evse, self.device, self.seen, now, told)
        self._limit_w, self._limit_until = told
        gives = self._limit_w is not None and self._limit_w < 0
        if self.faults.charges_on or (gives and self.faults.charges_when_giving):
            self._limit_w = None

    def _follow(self, transaction: RunningTransaction, now: datetime) -> None:
        state = self.evse.charging_state_now()
        if state is not transaction.charging_state:
            transaction.charging_state = state
            self.transaction_event("Updated", "ChargingStateChanged", now)
        if now >= self._next_sample_at:
            self._plan_sample(now)
            self.transaction_event("Updated", "MeterValuePeriodic", now)

    def _plan_sample(self, now: datetime) -> None:
        interval_s = self.device.seconds("SampledDataCtrlr", "TxUpdatedInterval")
        self._next_sample_at = now + timedelta(seconds=interval_s) if interval_s else FOR_EVER

    def sampling_changed(self, now: datetime) -> None:
        """The intervals were set: the next samples come by the new ones."""
        if self.evse.transaction is not None:
            self._plan_sample(now)
        self._next_clock_at = LONG_AGO

    def _clock_samples(self, now: datetime) -> None:
        """Samples aligned to the clock (AlignedDataCtrlr), in a transaction or not."""
        if now < self._next_clock_at:
            return
        interval_s = self.device.seconds("AlignedDataCtrlr", "Interval")
        due = self._next_clock_at is not LONG_AGO
        if not interval_s or self.device.text("AlignedDataCtrlr", "Enabled") != "true":
            self._next_clock_at = FOR_EVER
            return
        ahead_s = interval_s - now.timestamp() % interval_s
        self._next_clock_at = now + timedelta(seconds=ahead_s)
        if due and self.evse.transaction is not None:
            self.transaction_event("Updated", "MeterValueClock", now, "Sample.Clock")
        elif due and self.online and self.registration is Registration.ACCEPTED:
            self.meter_values(now, "Sample.Clock", self.queue)

    def _heartbeat(self, now: datetime) -> None:
        if not self.online or self.registration is not Registration.ACCEPTED or self.queue:
            return
        interval_s = self.device.seconds("OCPPCommCtrlr", "HeartbeatInterval")
        if interval_s and (now - self.last_call_at).total_seconds() >= interval_s:
            self.queue.append(Call("Heartbeat", {}))

    # the vehicle

    def plug_in(self, occupant: Occupant, now: datetime) -> None:
        """A vehicle is plugged in; its driver presents a card."""
        self.evse.occupant = occupant
        self.notify_status(now)
        self.authorize(now)

    def unplug(self, now: datetime) -> Occupant | None:
        """The vehicle leaves; return it, None if none was there."""
        self.end_transaction("EVDeparted", "EVDisconnected", now)
        occupant, self.evse.occupant = self.evse.occupant, None
        self.evse.power_w = self.evse.offered_w = 0.0
        self.queue = deque(call for call in self.queue if call.action != "Authorize" or call.sent)
        self._become_idle(now)
        self.notify_status(now)
        return occupant

    def authorize(self, now: datetime) -> None:
        """Ask whether the card may charge; offline, once accepted, begin without asking."""
        occupant = self.evse.occupant
        if occupant is None or occupant.stopped or self.evse.transaction or not self.evse.operative:
            return
        if self.online and self.registration is Registration.ACCEPTED:
            token = messages.id_token(occupant.vehicle.spec.id_token)
            self.queue.append(Call("Authorize", {"idToken": token}))
        elif self.was_accepted and not self.online:
            self.begin_transaction("Authorized", now)

    def begin_transaction(
        self, trigger: str, now: datetime, token: str | None = None, remote_id: int | None = None
    ) -> RunningTransaction | None:
        """Energize the outlet for the vehicle that is plugged in."""
        occupant = self.evse.occupant
        if occupant is None or self.evse.transaction is not None:
            return None
        card = token or occupant.vehicle.spec.id_token
        transaction = RunningTransaction(str(uuid4()), now, card, remote_id)
        self.evse.transaction = transaction
        self.refresh_limit(now)
        self._plan_sample(now)
        self.transaction_event("Started", trigger, now, "Transaction.Begin")
        needs = messages.charging_needs(self.evse, occupant, self.spec, self.model)
        if needs is not None and self.online:
            self.queue.append(Call("NotifyEVChargingNeeds", needs))
        return transaction

    def end_transaction(self, trigger: str, reason: str, now: datetime) -> None:
        """End the running transaction, if there is one; its profiles go with it."""
        transaction = self.evse.transaction
        if transaction is None:
            return
        idle = trigger == "EVDeparted"
        transaction.charging_state = ChargingState.IDLE if idle else ChargingState.EV_CONNECTED
        self.transaction_event("Ended", trigger, now, "Transaction.End", reason)
        self.evse.transaction = None
        self.evse.power_w = self.evse.offered_w = 0.0
        self.stack.end_transaction(transaction.transaction_id)
        self.vendor = None
        self._next_sample_at, self._limit_until = FOR_EVER, LONG_AGO

    def _become_idle(self, now: datetime) -> None:
        """What waited for the end of the transaction happens now."""
        if self.inoperative_when_idle:
            self.inoperative_when_idle, self.evse.operative = False, False
        if self.reset_when_idle:
            self.reboot("ScheduledReset", now)

    def reboot(self, reason: str, now: datetime) -> None:
        """Restart: the connection drops, profiles stay (K01.FR.27), a new boot is announced."""
        self.rebooting_until, self.reset_when_idle = now + REBOOT_TIME, False
        self.registration, self.boot_reason = Registration.NONE, reason
        self.wake()

    # calls out

    def next_call(self, now: datetime) -> Call | None:
        """The call to make now: boot first, then what was asked for, then the queue in order."""
        if self.rebooting_until is not None or not self.online:
            return None
        if self.replies and self.registration is not Registration.REJECTED:
            return self.replies[0]
        if self.registration is not Registration.ACCEPTED:
            return self._boot_call() if now >= self.boot_due_at else None
        return self.queue[0] if self.queue and self.queue[0].not_before <= now else None

    def _boot_call(self) -> Call:
        if self._boot is None:
            payload = messages.boot_notification(self.spec, self.model, self.boot_reason)
            self._boot = Call("BootNotification", payload)
        return self._boot

    def answered(self, call: Call, answer: JsonObject, now: datetime) -> None:
        """The CSMS answered `call`. Raises KeyError or ValueError for an answer that is none."""
        self.last_call_at = now
        self._done(call)
        match call.action:
            case "BootNotification":
                self._booted(answer, now)
            case "Authorize":
                if answer["idTokenInfo"]["status"] == "Accepted":
                    self.begin_transaction("Authorized", now)
                else:
                    self.incident("token_refused", str(answer["idTokenInfo"]["status"]))
            case "TransactionEvent":
                if not call.repeat:
                    self.acknowledged(call.payload)
                    self._repeat(call)
                self._judged(call, answer, now)

    def unsaid(self, call: Call) -> None:
        """The version has no words for `call`: it is dropped, and nobody acknowledged it."""
        self._done(call)

    def failed(self, call: Call, code: str, now: datetime) -> None:
        """The CSMS answered with CALLERROR: again later, and after some attempts never (E13)."""
        self.last_call_at = now
        call.attempts += 1
        if call is self._boot:
            self._boot, self.boot_due_at = None, now + BOOT_RETRY
        elif call.attempts >= self.device.seconds("OCPPCommCtrlr", "MessageAttempts"):
            self._done(call)
            self.incident("call_given_up", f"{call.action}: {code}")
        else:
            pause_s = self.device.seconds("OCPPCommCtrlr", "MessageAttemptInterval")
            call.not_before = now + timedelta(seconds=pause_s * call.attempts)
            if call in self.replies:
                self.replies.remove(call)
                self.queue.appendleft(call)

    def _done(self, call: Call) -> None:
        if call is self._boot:
            self._boot = None
        for waiting in (self.replies, self.queue):
            if waiting and waiting[0] is call:
                waiting.popleft()

    def _repeat(self, call: Call) -> None:
        if self.faults.duplicates:
            self.queue.append(replace(call, sent=True, repeat=True, attempts=0))

    def _booted(self, answer: JsonObject, now: datetime) -> None:
        self.registration = Registration(answer["status"])
        interval_s = int(answer["interval"])
        if self.registration is not Registration.ACCEPTED:
            self.boot_due_at = now + (timedelta(seconds=interval_s) if interval_s else BOOT_RETRY)
            return
        self.was_accepted = True
        if interval_s:
            interval = self.device.variables["OCPPCommCtrlr", 0, "HeartbeatInterval"]
            interval.value = str(interval_s)
        self.notify_status(now)
        self.authorize(now)

    def _judged(self, call: Call, answer: JsonObject, now: datetime) -> None:
        """A card that is refused after the start ends the transaction (E05)."""
        status = answer.get("idTokenInfo", {}).get("status", "Accepted")
        transaction = self.evse.transaction
        transaction_id = call.payload["transactionInfo"]["transactionId"]
        if status != "Accepted" and transaction and transaction.transaction_id == transaction_id:
            self.end_transaction("Deauthorized", "DeAuthorized", now)

    def notify_status(self, now: datetime) -> None:
        """Tell the connector's status, if anybody listens; after an outage it is told anyway."""
        if self.online and self.registration is Registration.ACCEPTED:
            payload = messages.status_notification(self.evse, now)
            self.queue.append(Call("StatusNotification", payload))

    def meter_values(self, now: datetime, context: str, queue: deque[Call]) -> None:
        """Queue the meter's values outside of a transaction."""
        wanted = self.device.measurands("AlignedDataCtrlr", "Measurands")
        sample = messages.meter_value(self.evse, now, context, wanted, self.model.tells_soc)
        if sample is not None:
            payload = {"evseId": self.evse.evse_id, "meterValue": [sample]}
            queue.append(Call("MeterValues", payload))

    def transaction_event(
        self,
        event_type: str,
        trigger: str,
        now: datetime,
        context: str = "Sample.Periodic",
        stopped_reason: str | None = None,
    ) -> None:
        """Queue an event of the running transaction with the samples that belong to it."""
        transaction = self.evse.transaction
        if transaction is None:
            return
        wanted = self.device.measurands("SampledDataCtrlr", f"Tx{event_type}Measurands")
        sample = messages.meter_value(self.evse, now, context, wanted, self.model.tells_soc)
        payload = messages.transaction_event(event_type, trigger, now, transaction, sample)
        if event_type == "Started":
            payload["evse"] = {"id": self.evse.evse_id, "connectorId": messages.CONNECTOR_ID}
            payload["idToken"] = messages.id_token(transaction.id_token)
        if stopped_reason is not None:
            payload["transactionInfo"]["stoppedReason"] = stopped_reason
        if not self.online:
            payload["offline"] = True
        told_wh = self.evse.import_wh
        self.queue.append(Call("TransactionEvent", payload, durable=True, import_wh=told_wh))

    # the connection

    def connected(self, now: datetime) -> None:
        """The socket is open. A station that was accepted goes on without a new boot."""
        self.online = True
        self.last_call_at = now
        self.boot_due_at = now
        self.notify_status(now)
        self.authorize(now)

    def disconnected(self, now: datetime) -> None:
        """The socket is closed: keep what must not be lost, charge on by the profiles."""
        self.online = False
        waiting = any(call.action == "Authorize" for call in self.queue)
        self.queue = deque(call for call in self.queue if call.durable)
        if self.faults.reorders:
            self.queue = deque(reordered(list(self.queue)))
        self.replies.clear()
        self._boot = None
        for call in self.queue:
            if not call.sent:
                call.payload["offline"] = True
        if waiting:
            self.authorize(now)
