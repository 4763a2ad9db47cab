"""The generated types are current, and agree with an independent validator about every message.

The oracle is `jsonschema` on the official schemas. It does not check date-times, we do; everything
else must be the same verdict, for valid payloads and for thousands of broken ones.
"""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from jsonschema import Draft4Validator

from csms.ocppj import codec201
from csms.ocppj.types_v201 import REQUESTS, RESPONSES

GENERATOR = Path(__file__).parents[3] / "tools" / "generate_types.py"
SCHEMAS = files("ocpp") / "v201" / "schemas"
MUTANTS = 40

MESSAGES = {f"{action}Request": kind for action, kind in REQUESTS.items()}
MESSAGES |= {f"{action}Response": kind for action, kind in RESPONSES.items()}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8-sig"))
    return loaded


def example(node: dict[str, Any], definitions: dict[str, Any], random: Random, fill: float) -> Any:
    """A valid instance; `fill` is the share of optional fields that are present."""
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    if "enum" in node:
        return random.choice(node["enum"])
    match node.get("type"):
        case "object":
            required = node.get("required", ())
            return {
                name: example(each, definitions, random, fill)
                for name, each in node.get("properties", {}).items()
                if name in required or random.random() < fill
            }
        case "array":
            size = random.randint(node.get("minItems", 0), min(node.get("maxItems", 3), 3))
            return [example(node["items"], definitions, random, fill) for _ in range(size)]
        case "string" if node.get("format") == "date-time":
            return random.choice(("2026-03-01T08:00:00Z", "2026-03-01T08:00:00.123+01:00"))
        case "string":
            return "ä" * random.choice((0, 1, min(node.get("maxLength", 9), 9)))
        case "integer":
            return random.randint(int(node.get("minimum", -3)), int(node.get("maximum", 99)))
        case "number":
            return min(random.choice((0.5, 7, 12.25)), node.get("maximum", 99))
        case "boolean":
            return random.random() < 0.5
    return {"anything": [1]}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in members:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def mutate(payload: dict[str, Any], random: Random) -> dict[str, Any]:
    """One thing wrong (or by luck not)."""
    mutant = copy.deepcopy(payload)
    found = list(places(mutant))
    if not found or random.random() < 0.1:
        mutant["unheardOf"] = 1
        return mutant
    *parents, last = random.choice(found)
    holder: Any = mutant
    for key in parents:
        holder = holder[key]
    match random.randrange(5):
        case 0:
            del holder[last]
        case 1:
            holder[last] = None
        case 2:
            holder[last] = random.choice(("", "x" * 11_000, "Accepted", "5"))
        case 3:
            holder[last] = random.choice((True, -1, 10**9, 0.5, -0.5, 101))
        case _:
            holder[last] = random.choice(([], {}, [None], {"x": 1}, [[]]))
    return mutant


def verdict(kind: type, payload: dict[str, Any]) -> str | None:
    """None if our type takes it, else why not."""
    try:
        msgspec.json.decode(json.dumps(payload), type=kind)
    except msgspec.ValidationError as fault:
        return str(fault)
    return None


def is_about_time(why: str | None) -> bool:
    return why is not None and ("RFC3339" in why or "timezone" in why)


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
    oracle = Draft4Validator(official)
    again = json.loads(msgspec.json.encode(msgspec.json.decode(json.dumps(payload), type=kind)))
    oracle.validate(again)
    assert set(again) == set(payload)


@pytest.mark.parametrize("action", sorted(codec201.ACTIONS))
def test_the_codec_refuses_what_the_schema_refuses_with_a_proper_code(action: str) -> None:
    random = Random(action)
    official = schema(f"{action}Request")
    oracle = Draft4Validator(official)
    codes = {
        "FormatViolation",
        "OccurrenceConstraintViolation",
        "PropertyConstraintViolation",
        "TypeConstraintViolation",
    }
    payload = example(official, official.get("definitions", {}), random, 0.7)
    for _ in range(200):
        mutant = mutate(payload, random)
        told = codec201.decode(action, json.dumps(mutant).encode())
        if not oracle.is_valid(mutant):
            assert getattr(told, "code", None) in codes


def test_the_file_is_current() -> None:
    subprocess.run([sys.executable, GENERATOR, "--check"], check=True)


def test_a_stale_file_is_noticed(tmp_path: Path) -> None:
    tools, stale = tmp_path / "tools", tmp_path / "csms" / "ocppj" / "types_v201.py"
    tools.mkdir()
    stale.parent.mkdir(parents=True)
    stale.write_text("# old\n")
    copied = tools / GENERATOR.name
    copied.write_bytes(GENERATOR.read_bytes())
    ran = subprocess.run([sys.executable, copied, "--check"], check=False, capture_output=True)
    assert ran.returncode == 1
    assert b"not current" in ran.stderr


def test_all_64_actions_are_there() -> None:
    assert len(REQUESTS) == len(RESPONSES) == 64
