"""R04."""

from csms.domain.facts_v21 import DerControlHeld

CURVE = {"priority": 2, "yUnit": "PctMaxW", "curveData": [{"x": 50.2, "y": 80}]}
PF = {"priority": 1, "displacement": 0.95, "excitation": True}


async def test_r04_each_reported_control_is_held_as_told(hub21):
    report = {
        "requestId": 5,
        "curve": [
            {
                "id": "c1",
                "curveType": "FreqWatt",
                "isDefault": False,
                "isSuperseded": True,
                "curve": CURVE | {"startTime": "2026-03-01T09:00:00Z", "duration": 600},
            }
        ],
        "fixedPFInject": [{"id": "c2", "isDefault": True, "isSuperseded": False, "fixedPF": PF}],
        "gradient": [
            {"id": "c3", "gradient": {"priority": 0, "gradient": 1.0, "softGradient": 0.5}}
        ],
    }
    assert await hub21.tell("ReportDERControl", report) == {}
    held = {fact.control.control_id: fact.control for fact in hub21.kept(DerControlHeld)}
    assert held["c1"].control_type == "FreqWatt"
    assert (held["c1"].superseded, held["c1"].duration_s) == (True, 600)
    assert held["c1"].starts_at.hour == 9
    assert (held["c2"].control_type, held["c2"].priority) == ("FixedPFInject", 1)
    assert (held["c3"].control_type, held["c3"].is_default) == ("Gradients", True)
