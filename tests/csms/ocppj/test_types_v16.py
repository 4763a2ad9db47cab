"""The types of 1.6 agree with an independent validator about every message.

What they do not check is `multipleOf` (see the generator) and the form of a URI.
"""

import json
from importlib.resources import files
from random import Random
from typing import Any

import msgspec
import pytest
from jsonschema import Draft4Validator

from csms.ocppj.types_v16 import REQUESTS, RESPONSES
from tests.csms.ocppj.test_types_v201 import MUTANTS, example, is_about_time, mutate, verdict

SCHEMAS = files("ocpp") / "v16" / "schemas"
MESSAGES = {action: kind for action, kind in REQUESTS.items()}
MESSAGES |= {f"{action}Response": kind for action, kind in RESPONSES.items()}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8-sig"))
    return without_steps(loaded)


def without_steps(node: Any) -> Any:
    """The schema without `multipleOf`."""
    if isinstance(node, dict):
        return {key: without_steps(one) for key, one in node.items() if key != "multipleOf"}
    return [without_steps(one) for one in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_types_agree_with_the_official_schema(name: str) -> None:
    random = Random(name)
    official, kind = schema(name), MESSAGES[name]
    oracle = Draft4Validator(official)
    definitions = official.get("definitions", {})
    for fill in (0.0, 0.4, 0.9):
        payload = example(official, definitions, random, fill)
        oracle.validate(payload)
        assert verdict(kind, payload) is None
        for _ in range(MUTANTS // 3):
            mutant = mutate(payload, random)
            why = verdict(kind, mutant)
            if not is_about_time(why):
                assert (why is None) == oracle.is_valid(mutant), (why, mutant)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_what_we_read_we_write_again(name: str) -> None:
    official, kind = schema(name), MESSAGES[name]
    payload = example(official, official.get("definitions", {}), Random(name), 0.9)
    again = json.loads(msgspec.json.encode(msgspec.json.decode(json.dumps(payload), type=kind)))
    Draft4Validator(official).validate(again)
    assert set(again) == set(payload)


def test_all_actions_of_1_6_and_its_security_extension_are_there() -> None:
    assert len(REQUESTS) == len(RESPONSES) == 39
