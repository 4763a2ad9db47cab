"""The table of processes: how many csms there are, and what each of them is told."""

import asyncio
from datetime import datetime

from v2ghub.platform import commands, platform_specs
from v2ghub.signs import Ready, Signs


class NoSigns(Signs):
    """Signs of life without a database: nobody gives any."""

    def __init__(self) -> None:
        pass

    def ready(self, process: str) -> Ready:
        async def never(_started_at: datetime) -> bool:
            await asyncio.sleep(0)
            return False

        return never


def names_told(processes: int) -> dict[str, str | None]:
    specs = platform_specs(commands(["depot"], processes), {"A": "b"}, NoSigns())
    return {spec.name: spec.environment.get("V2GHUB_CSMS_NAME") for spec in specs}


def test_one_csms_is_called_csms() -> None:
    told = names_told(1)
    assert told.pop("csms") == "csms"
    assert set(told) == {"web", "worker", "beat", "controller:depot"}
    assert set(told.values()) == {None}


def test_of_the_controllers_of_a_site_each_is_known_by_its_name_whoever_leads() -> None:
    specs = platform_specs(commands(["a", "b"], 1, 1, 2), {}, NoSigns())
    names = [spec.name for spec in specs if spec.name.startswith("controller")]
    assert names == ["controller:a:1", "controller:a:2", "controller:b:1", "controller:b:2"]
    told = {spec.name: spec.environment.get("V2GHUB_CONTROLLER_NAME") for spec in specs}
    assert [told[name] for name in names] == names


def test_of_several_each_has_a_name_of_its_own_and_the_same_command() -> None:
    several = {name: told for name, told in names_told(3).items() if told}
    assert several == {f"csms:{n}": f"csms:{n}" for n in (1, 2, 3)}
    table = commands(["depot"], 3)
    assert {table[name] for name in several} == {commands(["depot"])["csms"]}
