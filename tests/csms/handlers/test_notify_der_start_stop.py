"""R04.FR.20–22."""

from csms.domain.facts_v21 import DerControlRan, DerControlsSuperseded

AT = "2026-03-01T08:00:00Z"


async def test_r04_fr21_a_control_that_starts_puts_others_out_of_force(hub21):
    payload = {"controlId": "a", "started": True, "timestamp": AT, "supersededIds": ["b", "c"]}
    assert await hub21.tell("NotifyDERStartStop", payload) == {}
    (ran,) = hub21.kept(DerControlRan)
    assert (ran.control_id, ran.started) == ("a", True)
    (gone,) = hub21.kept(DerControlsSuperseded)
    assert gone.control_ids == ("b", "c")


async def test_r04_fr22_a_control_ends(hub21):
    payload = {"controlId": "a", "started": False, "timestamp": AT}
    assert await hub21.tell("NotifyDERStartStop", payload) == {}
    assert [ran.started for ran in hub21.kept(DerControlRan)] == [False]
    assert hub21.kept(DerControlsSuperseded) == []
