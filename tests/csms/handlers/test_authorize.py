"""C01."""

import pytest


@pytest.mark.parametrize(("token", "status"), [("GOOD", "Accepted"), ("OTHER", "Unknown")])
async def test_c01_the_status_of_a_token(hub, token, status):
    told = await hub.tell("Authorize", {"idToken": {"idToken": token, "type": "Central"}})
    assert told == {"idTokenInfo": {"status": status}}
