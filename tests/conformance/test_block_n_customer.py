"""Block N: customer information (N09, N10)."""

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance.conftest import Bench
from tests.conformance.people import token
from tests.conformance.station import Payload, ScriptedStation

pytestmark = pytest.mark.integration
AT = "2026-03-01T08:00:00Z"
CERTIFICATE: Payload = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "1f",
}


async def ask(
    bench: Bench, station: ScriptedStation, payload: Payload, answer: str = "Accepted"
) -> Payload:
    """CustomerInformation as it is heard."""
    asked = await bench.command(station, "CustomerInformation", payload)
    heard = await station.expect("CustomerInformation", {"status": answer})
    assert heard == {**payload, "requestId": heard["requestId"]}
    outcome = await bench.outcome(asked)
    assert (outcome.status is CommandStatus.CONFIRMED) == (answer == "Accepted")
    return heard


async def tell(station: ScriptedStation, heard: Payload, *texts: str) -> None:
    """The station's answer, a part for each text."""
    for number, text in enumerate(texts):
        part = {
            "requestId": heard["requestId"],
            "data": text,
            "seqNo": number,
            "generatedAt": AT,
            "tbc": number + 1 < len(texts),
        }
        assert await station.call("NotifyCustomerInformation", part) == {}


async def told(bench: Bench, station: ScriptedStation) -> list[str]:
    """What was told, by our books."""
    rows = await bench.hub.rows(tables.customer_part, station.station_id)
    return [row["data"] for row in sorted(rows, key=lambda row: row["part_id"])]


async def test_tc_n_27_csms_what_is_known_of_a_customer(bench: Bench) -> None:
    station = await bench.station()
    customer = {"report": True, "clear": False, "idToken": await token(bench)}
    heard = await ask(bench, station, customer)
    await tell(station, heard, "card seen on Monday", "and on Tuesday")
    assert await told(bench, station) == ["card seen on Monday", "and on Tuesday"]
    row = await bench.hub.row(tables.customer_request, station.station_id)
    assert (row["report"], row["clear"]) == (True, False)


async def test_tc_n_28_csms_nothing_is_known(bench: Bench) -> None:
    station = await bench.station()
    customer = {"report": True, "clear": False, "idToken": await token(bench)}
    await tell(station, await ask(bench, station, customer), "no data")
    assert await told(bench, station) == ["no data"]


async def test_tc_n_29_csms_the_station_does_not_tell(bench: Bench) -> None:
    station = await bench.station()
    customer = {"report": True, "clear": False, "idToken": await token(bench)}
    await ask(bench, station, customer, answer="Rejected")
    assert await told(bench, station) == []


async def _cleared_and_told(bench: Bench, customer: Payload, text: str) -> None:
    """A report, then clear and report: the earlier report is emptied."""
    station = await bench.station()
    await tell(
        station, await ask(bench, station, {"report": True, "clear": False, **customer}), "x"
    )
    heard = await ask(bench, station, {"report": True, "clear": True, **customer})
    await tell(station, heard, text)
    assert await told(bench, station) == ["", text]


async def test_tc_n_30_csms_clear_and_tell(bench: Bench) -> None:
    await _cleared_and_told(bench, {"idToken": await token(bench)}, "this was known")


async def test_tc_n_31_csms_clear_and_nothing_to_tell(bench: Bench) -> None:
    await _cleared_and_told(bench, {"idToken": await token(bench)}, "no data")


async def test_tc_n_32_csms_clear_and_do_not_tell(bench: Bench) -> None:
    station = await bench.station()
    customer = {"report": False, "clear": True, "idToken": await token(bench)}
    await tell(station, await ask(bench, station, customer), "cleared")
    row = await bench.hub.row(tables.customer_request, station.station_id)
    assert (row["report"], row["clear"]) == (False, True)


async def test_tc_n_46_csms_who_is_cleared_leaves_the_local_list(bench: Bench) -> None:
    station, known = await bench.station(), await token(bench)
    station.answers |= {
        "GetLocalListVersion": {"versionNumber": 0},
        "SendLocalList": {"status": "Accepted"},
    }
    await bench.command(station, "SendLocalList", {})
    before = await station.heard_of("SendLocalList")
    heard = await ask(bench, station, {"report": True, "clear": True, "idToken": known})
    await tell(station, heard, "this was known")
    sent = await station.heard_of("SendLocalList", 2)
    assert sent["updateType"] == "Differential"
    assert sent["versionNumber"] > before["versionNumber"]
    assert sent["localAuthorizationList"] == [{"idToken": known}]


async def test_tc_n_62_csms_clear_by_a_customers_identifier(bench: Bench) -> None:
    await _cleared_and_told(bench, {"customerIdentifier": "Jo Public"}, "this was known")


async def test_tc_n_63_csms_clear_by_a_customers_certificate(bench: Bench) -> None:
    await _cleared_and_told(bench, {"customerCertificate": CERTIFICATE}, "this was known")


async def test_n09_fr04_a_request_names_its_customer(bench: Bench) -> None:
    station = await bench.station()
    asked = await bench.command(station, "CustomerInformation", {"report": True, "clear": False})
    assert (await bench.outcome(asked)).reason == "no_customer_named"
    assert "CustomerInformation" not in [action for action, _ in station.heard]
