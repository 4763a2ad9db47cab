"""Many stations in one process, against a WebSocket server that answers at once."""

import asyncio
import json
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from csms.clock import Clock
from simulator.faults import Faults
from simulator.swarm import Swarm, SwarmConfig, figures, main
from tests.integration.csms.conftest import until
from tests.simulator.test_wire import TinyCsms

pytestmark = pytest.mark.integration


async def test_all_stations_are_served_and_charge() -> None:
    csms = TinyCsms()
    async with serve(csms.handle, "127.0.0.1", 0, subprotocols=["ocpp2.0.1"]) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        config = SwarmConfig(
            ocpp_url=f"ws://127.0.0.1:{port}",
            stations={f"s-{number}": "secret" for number in range(50)},
            connect_s=0.2,
        )
        swarm, stop = Swarm(config, Clock()), asyncio.Event()
        running = asyncio.create_task(swarm.run(stop))
        await until(lambda: _all_started(swarm, csms))
        stop.set()
        await running
    told = figures(swarm, 10.0, 1.0)
    assert (told["stations"], told["accepted"], told["cpu_pct"]) == (50, 50, 10.0)
    started = [event for event in csms.events() if event["eventType"] == "Started"]
    assert len({event["transactionInfo"]["transactionId"] for event in started}) == 50


async def _all_started(swarm: Swarm, csms: TinyCsms) -> bool:
    """Told, and the answers heard."""
    started = sum(event["eventType"] == "Started" for event in csms.events())
    return started == len(swarm.stations) <= swarm.acknowledged


def test_every_station_has_the_faults_of_the_swarm() -> None:
    config = SwarmConfig(ocpp_url="ws://x", stations={"a": "p"}, faults=Faults(mute=True))
    (station,) = Swarm(config, Clock()).stations
    assert station.faults.mute


@pytest.mark.parametrize(
    "config", ["{}", '{"ocpp_url": "ws://x", "stations": {}}', '{"ocpp_url": 1, "stations": {}}']
)
def test_a_bad_configuration_is_told(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "swarm.json"
    path.write_text(config)
    assert main([str(path)]) == 2
    assert "cannot start" in capsys.readouterr().err


def test_a_run_that_is_over_says_what_it_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "swarm.json"
    config = {"ocpp_url": "ws://127.0.0.1:9", "stations": {"a": "p"}, "run_s": 0.1}
    path.write_text(json.dumps(config))
    assert main([str(path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["stations"], told["accepted"]) == (1, 0)
