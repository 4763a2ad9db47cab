"""Block R: which control holds, and which may not be set at all."""

from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.der import DerControl, DerRefusal, field_of, in_force, refusal

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
CURVE = {"priority": 1, "yUnit": "PctMaxW", "curveData": [{"x": 50.2, "y": 1}]}


def control(name: str, **fields: object) -> DerControl:
    base = {"control_type": "VoltVar", "is_default": False, "priority": 5}
    return DerControl(control_id=name, **(base | fields))  # type: ignore[arg-type]


def running(name: str, **fields: object) -> DerControl:
    return control(name, starts_at=NOW - timedelta(minutes=1), duration_s=120.0, **fields)


def test_r04_a_lower_priority_number_wins() -> None:
    assert in_force((running("a", priority=2), running("b", priority=1)), "VoltVar", NOW) == "b"


def test_r04_fr11_a_running_control_stands_above_the_default() -> None:
    default = control("d", is_default=True, priority=0)
    assert in_force((default, running("a", priority=9)), "VoltVar", NOW) == "a"
    assert in_force((default, running("a")), "VoltVar", NOW + timedelta(minutes=2)) == "d"
    assert in_force((default, running("a")), "VoltVar", NOW - timedelta(minutes=2)) == "d"


def test_r04_fr09_a_superseded_control_never_holds() -> None:
    gone = running("a", superseded=True)
    assert in_force((gone,), "VoltVar", NOW) is None
    assert in_force((running("b"),), "FreqDroop", NOW) is None


def test_a_curve_is_the_field_of_every_type_without_one_of_its_own() -> None:
    assert field_of("Gradients") == "gradient"
    assert field_of("VoltVar") == field_of("HFMustTrip") == "curve"


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"controlType": "VoltVar", "isDefault": True, "curve": CURVE}, None),
        ({"controlType": "VoltVar", "isDefault": False, "curve": CURVE | {"duration": 9}}, None),
        ({"controlType": "Gradients", "isDefault": True, "gradient": {"priority": 1}}, None),
        ({"controlType": "VoltVar", "isDefault": True}, DerRefusal.CONTROL_MISSING),
        (
            {"controlType": "VoltVar", "isDefault": True, "curve": CURVE, "gradient": {}},
            DerRefusal.CONTROL_OF_OTHER_TYPE,
        ),
        (
            {"controlType": "VoltVar", "isDefault": True, "curve": CURVE | {"duration": 9}},
            DerRefusal.DEFAULT_WITH_TIME,
        ),
        (
            {"controlType": "EnterService", "isDefault": False, "enterService": {}},
            DerRefusal.ONLY_AS_DEFAULT,
        ),
    ],
)
def test_r04_what_may_be_set(request_: dict[str, object], why: DerRefusal | None) -> None:
    assert refusal(request_) is why
