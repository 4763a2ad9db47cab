"""E01: a transaction has an id."""

import pytest

from csms.domain.facts import Noticed
from csms.domain.station import OcppVersion
from csms.ocppj.peer import CallError
from tests.csms.handlers.conftest import Hub, iso


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
@pytest.mark.parametrize("transaction_id", ["", "  "])
async def test_an_event_of_no_transaction_is_refused_and_kept_as_a_notice(
    hub: Hub, version: OcppVersion, transaction_id: str
) -> None:
    hub.version = version
    event = {
        "eventType": "Started",
        "timestamp": iso(hub.now),
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "transactionInfo": {"transactionId": transaction_id},
    }

    told = await hub.tell("TransactionEvent", event)

    assert isinstance(told, CallError)
    assert told.code == "PropertyConstraintViolation"
    assert hub.store.ledger == []
    (notice,) = hub.kept(Noticed)
    assert (notice.kind, notice.severity) == ("TransactionEvent", "warning")
    assert notice.payload == event
