"""Transaction: the same set of events gives the same transaction, in any order, however often."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from csms.domain.ids import ChargingStationId, EvseId, IdToken, TransactionId
from csms.domain.meter import MeterReading, ReadingContext
from csms.domain.transaction import (
    Transaction,
    TransactionEvent,
    TransactionEventType,
    TransactionFlag,
)

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
EMPTY = Transaction(station_id=ChargingStationId("cs1"), transaction_id=TransactionId("tx1"))
STARTED, UPDATED, ENDED = TransactionEventType


def event(
    kind: TransactionEventType,
    seq_no: int,
    import_wh: float | None = None,
    export_wh: float | None = None,
    **fields: object,
) -> TransactionEvent:
    at = T0 + timedelta(minutes=seq_no)
    reading = MeterReading(at=at, import_wh=import_wh, export_wh=export_wh)
    told = TransactionEvent(
        transaction_id=TransactionId("tx1"),
        event_type=kind,
        seq_no=seq_no,
        at=at,
        content_hash=f"{kind}{seq_no}{import_wh}{export_wh}",
        readings=(reading,),
    )
    return replace(told, **fields)  # type: ignore[arg-type]


def session() -> list[TransactionEvent]:
    """Charges 300 Wh, then gives 120 Wh back."""
    return [
        event(STARTED, 0, 1000, 50, evse_id=EvseId(1), id_token=IdToken("A")),
        event(UPDATED, 1, 1100, 50, charging_state="Charging"),
        event(UPDATED, 2, 1300, 50),
        event(UPDATED, 3, 1300, 110),
        event(ENDED, 4, 1300, 170, charging_state="Idle", stopped_reason="Local"),
    ]


def tell(events: list[TransactionEvent]) -> Transaction:
    transaction = EMPTY
    for each in events:
        transaction = transaction.apply(each)
    return transaction


def test_import_and_export_are_counted_apart() -> None:
    done = tell(session())
    assert (done.imported_wh, done.exported_wh) == (300, 120)
    assert done.evse_id == 1
    assert done.id_token == "A"
    assert (done.charging_state, done.stopped_reason) == ("Idle", "Local")
    assert (done.started_at, done.ended_at) == (T0, T0 + timedelta(minutes=4))
    assert done.flags == ()


@given(st.data())
def test_any_order_and_repetition_gives_the_same_transaction(data: st.DataObject) -> None:
    values = st.floats(0, 1e6, allow_nan=False)
    registers = data.draw(st.lists(st.tuples(values, values), min_size=1, max_size=8))
    kinds = [STARTED] + [UPDATED] * len(registers)
    events = [
        event(kind, number // 2, imported, exported)  # seqNos are reused, too
        for number, (kind, (imported, exported)) in enumerate(zip(kinds, registers, strict=False))
    ]
    told = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events)))))
    once, shuffled = tell(events), tell(told)
    assert shuffled == once
    assert shuffled.imported_wh >= 0
    assert shuffled.exported_wh >= 0


def test_a_repeat_is_the_very_same_transaction() -> None:
    done = tell(session())
    assert all(done.apply(each) is done for each in session())


def test_same_seq_no_with_other_content_is_another_event_kept_and_flagged() -> None:
    twice = tell([*session(), event(UPDATED, 2, 1250, 50)])
    assert len(twice.events) == 6
    assert TransactionFlag.SEQ_NO_REUSED in twice.flags
    assert twice.imported_wh == 300


def test_a_late_update_does_not_reopen() -> None:
    *begin, last, ended = session()
    late = tell([*begin, ended, last])
    assert late == tell(session())
    assert late.ended_at is not None
    assert late.charging_state == "Idle"


def test_an_update_with_a_higher_number_than_ended_does_not_reopen_either() -> None:
    done = tell([*session(), event(UPDATED, 9, 1300, 170, charging_state="Charging")])
    assert done.ended_at == T0 + timedelta(minutes=4)
    assert done.charging_state == "Idle"


def test_a_missing_start_still_counts_energy() -> None:
    done = tell(session()[1:])
    assert (done.imported_wh, done.exported_wh) == (200, 120)
    assert done.started_at == T0 + timedelta(minutes=1)
    assert TransactionFlag.NO_STARTED in done.flags


def test_gaps_are_known() -> None:
    events = session()
    gap = tell([events[0], events[3]])
    assert TransactionFlag.SEQ_NO_GAP in gap.flags
    filled = tell([events[0], events[3], events[1], events[2]])
    assert TransactionFlag.SEQ_NO_GAP not in filled.flags


def test_the_token_that_stops_does_not_replace_the_one_that_started() -> None:
    done = tell([*session()[:-1], replace(session()[-1], id_token=IdToken("B"))])
    assert done.id_token == "A"


def test_an_event_without_register_does_not_reset_the_total() -> None:
    silent = replace(event(UPDATED, 5), content_hash="silent", readings=())
    assert tell([*session(), silent]).imported_wh == 300


def test_ended_with_samples_of_three_contexts_takes_each_in_its_place() -> None:
    samples = tuple(
        MeterReading(at=T0 + timedelta(minutes=minute), context=context, import_wh=import_wh)
        for minute, context, import_wh in (
            (9, ReadingContext.TRANSACTION_END, 900),
            (0, ReadingContext.TRANSACTION_BEGIN, 100),
            (5, ReadingContext.SAMPLE_CLOCK, 500),
        )
    )
    done = tell([replace(event(ENDED, 1), readings=samples)])
    assert done.imported_wh == 800


def test_register_flags_name_their_direction() -> None:
    assert "export_register_reset" in tell([*session(), event(UPDATED, 5, 1300, 0)]).flags


def test_projection_is_what_the_transaction_says() -> None:
    fact = tell(session()).projected()
    assert (fact.imported_wh, fact.exported_wh, fact.event_count) == (300, 120, 5)
    with pytest.raises(ValueError, match="without events"):
        EMPTY.projected()
