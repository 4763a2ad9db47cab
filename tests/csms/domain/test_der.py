"""Block R: which controls may not be set at all."""

import pytest

from csms.domain.der import DerRefusal, field_of, refusal

CURVE = {"priority": 1, "yUnit": "PctMaxW", "curveData": [{"x": 50.2, "y": 1}]}


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
