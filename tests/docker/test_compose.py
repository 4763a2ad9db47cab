"""What the images run is what the supervisor runs, and the files are what their tools accept."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from v2ghub.cli import app
from v2ghub.platform import commands
from v2ghub.settings import PACKAGED_SITES

ROOT = Path(__file__).parents[2]
COMPOSE = sorted((ROOT / "docker").glob("compose*.yml"))


def services(name: str) -> dict[str, dict[str, Any]]:
    text = (ROOT / "docker" / name).read_text()
    with_defaults = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    found: dict[str, dict[str, Any]] = YAML(typ="safe").load(with_defaults)["services"]
    return found


def tool(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name(name)), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_platform_has_a_service_per_process_with_the_supervisors_command() -> None:
    table = commands(["ev36zero"])
    ours = {name.split(":")[0]: list(command) for name, command in table.items()}
    composed = services("compose.yml")
    assert {name: composed[name]["command"] for name in ours} == ours


def test_a_second_controller_of_its_own_name_stands_by() -> None:
    leader, standby = (services("compose.yml")[name] for name in ("controller", "standby"))
    assert standby["command"] == leader["command"]
    shared, own = leader["environment"], standby["environment"]
    assert own == {**shared, "V2GHUB_CONTROLLER_NAME": "controller:ev36zero:2"}


@pytest.mark.parametrize(
    ("file", "service"),
    [("compose.yml", "migrate"), ("compose.yml", "site"), ("compose.demo.yml", "hub")],
)
def test_the_other_commands_are_commands_of_ours(file: str, service: str) -> None:
    program, *words = services(file)[service]["command"]
    assert program == "v2ghub"
    helped = CliRunner().invoke(app, [*(w for w in words if not w.startswith("-")), "--help"])
    assert helped.exit_code == 0, helped.output


def test_the_site_that_is_loaded_is_a_packaged_one() -> None:
    (*_, site) = services("compose.yml")["site"]["command"]
    assert (PACKAGED_SITES / f"{site}.toml").is_file()


def test_the_read_only_containers_may_write_to_the_state_folder_of_the_image() -> None:
    state_dir = re.search(r"V2GHUB_STATE_DIR=(\S+)", (ROOT / "docker/Dockerfile").read_text())
    assert state_dir
    for name in commands(["ev36zero"]):
        service = services("compose.yml")[name.split(":")[0]]
        assert service["read_only"]
        assert any(one.startswith(f"{state_dir[1]}:") for one in service["tmpfs"])


def test_nothing_of_ours_runs_as_root() -> None:
    users = re.findall(r"^USER (\S+)$", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    assert users
    assert all(user.isdigit() and int(user) > 0 for user in users)
    for file in COMPOSE:
        assert not [name for name, one in services(file.name).items() if "user" in one]


def test_hadolint_has_nothing_to_say() -> None:
    assert tool("hadolint", "docker/Dockerfile") == ""


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_compose_files_keep_the_compose_specification(file: Path) -> None:
    assert tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)) == ""


def test_shell_scripts_parse() -> None:
    for script in (ROOT / "docker").glob("*.sh"):
        assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
