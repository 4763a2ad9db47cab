"""What a csms is told, and what it does not start with."""

from typing import Any

import pytest
from pydantic import ValidationError

from csms.settings import CsmsSettings, said_of

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


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (
            {"ocpp_plain": False},
            "nothing to listen on: V2GHUB_OCPP_PLAIN is off and no V2GHUB_OCPP_TLS_PORT set",
        ),
        (
            {"ocpp_tls_port": 9443, "ocpp_tls_cert": "a.pem, b.pem", "ocpp_tls_key": "a.key"},
            "V2GHUB_OCPP_TLS_CERT names 2 files and V2GHUB_OCPP_TLS_KEY 1:"
            " TLS needs at least one certificate, and a key for each",
        ),
        (
            {"ocpp_port_shared": True},
            "V2GHUB_OCPP_PORT_SHARED (set V2GHUB_CSMS_NAME, one for each process)",
        ),
        ({"secret": "short"}, "V2GHUB_SECRET"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CsmsSettings(**{**GIVEN, **wrong})
    assert said_of(refused.value) == why
