"""What a csms is told, and what it does not start with."""

from typing import Any

import pytest
from pydantic import ValidationError

from csms.settings import CsmsSettings

GIVEN: dict[str, Any] = {
    "database_url": "postgresql://h/d",
    "redis_url": "redis://h",
    "secret": "s" * 32,
}


def test_a_process_alone_on_its_port_has_a_name_of_its_own_accord() -> None:
    assert CsmsSettings(**GIVEN, ocpp_port=9001).process.endswith(":9001")
    assert CsmsSettings(**GIVEN, ocpp_port_shared=True, csms_name="csms:2").process == "csms:2"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"ocpp_port_shared": True}, "ocpp_port_shared"), ({"secret": "short"}, "secret")],
    ids=["several without names", "a pepper that can be guessed"],
)
def test_what_would_end_badly_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CsmsSettings(**{**GIVEN, **wrong})
    assert "input_value" not in str(refused.value)
    assert [one["loc"] for one in refused.value.errors()] == [(field,)]
