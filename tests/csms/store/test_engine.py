"""JSON for the database: what a station may say as a number is stored."""

import json
from uuid import UUID

import pytest

from csms.store.engine import dump_json


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        (2**63, 2**63),
        (10**30, 1e30),
        (-(10**30), -1e30),
        (int("9" * 400), None),
    ],
)
def test_a_number_of_any_length_is_stored(told: int, stored: float | None) -> None:
    schedule = {"limit": [{"value": told}], "id": 1, "true": True}
    kept = {"limit": [{"value": stored}], "id": 1, "true": True}
    assert json.loads(dump_json(schedule)) == kept


def test_what_is_no_json_stays_an_error() -> None:
    with pytest.raises(TypeError):
        dump_json({"value": object()})
    assert dump_json({1: UUID(int=0)}) == '{"1":"00000000-0000-0000-0000-000000000000"}'
