"""What a request line and its header say of who is calling."""

import base64

import pytest

from csms.gate import identity_of, password_for


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/CS-1", "CS-1"),
        ("/CS-1/", "CS-1"),
        ("/ocpp/CS-1", "CS-1"),
        ("//a//b/CS-1//?x=/other", "CS-1"),
        ("/CS%201", "CS 1"),
        ("/", ""),
        ("//[x", "[x"),
        ("http://[::1/CS-1", "CS-1"),
        ("", ""),
    ],
)
def test_the_identity_is_the_last_segment(path: str, identity: str) -> None:
    assert identity_of(path) == identity


def header(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "password"),
    [
        (header("CS-1:secret"), "secret"),
        (header("CS-1:with:colon"), "with:colon"),
        (header("CS-2:secret"), None),
        (header("CS-1"), None),
        ("Bearer abc", None),
        ("Basic ???", None),
        ("", None),
        (None, None),
    ],
)
def test_the_user_must_be_the_identity(authorization: str | None, password: str | None) -> None:
    assert password_for("CS-1", authorization) == password
