from datetime import timedelta
from pathlib import Path

import pytest

from simulator.memory import FILE, recall, remember
from simulator.world import World
from tests.simulator.makers import NOON, Csms, ev36zero


def world() -> World:
    return World(ev36zero(), 1, NOON, lambda _: None, lambda *_: None)


def test_after_a_power_cut_registers_go_on_and_the_transaction_is_ended(tmp_path: Path) -> None:
    before = world()
    for station in before.stations.values():
        Csms(station, now=NOON).connect()
    before.fleet.start(NOON)
    for station in before.stations.values():
        Csms(station, now=NOON).hear()
    before.advance(NOON + timedelta(seconds=120), 120)
    remember(before, tmp_path)
    after = world()
    recall(after, tmp_path)
    charged = [name for name, station in before.stations.items() if station.evse.import_wh > 0]
    assert len(charged) > 20
    for name in charged:
        old, new = before.stations[name], after.stations[name]
        assert old.evse.transaction is not None
        assert new.evse.import_wh == old.evse.import_wh
        assert new.evse.transaction is None
        csms = Csms(new)
        csms.connect()
        (ended,) = csms.events()
        assert ended["transactionInfo"]["transactionId"] == old.evse.transaction.transaction_id
        assert ended["transactionInfo"]["stoppedReason"] == "PowerLoss"
        assert ended["seqNo"] == old.evse.transaction.next_seq_no
        assert ended["offline"] is True


def test_a_new_site_remembers_nothing_and_nonsense_is_an_error(tmp_path: Path) -> None:
    recall(world(), tmp_path)
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(ValueError, match="at"):
        recall(world(), tmp_path)
