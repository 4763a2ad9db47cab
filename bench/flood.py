"""One station sends 4,000 messages a second; what do 200 others notice? Prints JSON lines.

.venv/bin/python bench/flood.py [--short]
"""

import asyncio
import time

from _line import Line, dial
from _rig import Rig, cpu_s, is_short, load_on_last_core, percentile, report, rig, run

BENCH = "flood"
OTHERS = 200
FLOOD_PER_S = 4_000
EVERY_S = 1.0  # each of the others asks so often
WATCHED_S, ROUNDS = (4.0, 1) if is_short() else (10.0, 3)
HEARTBEAT = b'[2,"%d","Heartbeat",{}]'


async def calm(line: Line, started_s: float, until_s: float, waited_s: list[float]) -> None:
    """Ask every second, at a moment of one's own, and note how long the answer took."""
    answered = asyncio.Event()
    line.heard = lambda text: answered.set()
    await asyncio.sleep(started_s)
    number = 0
    while time.monotonic() < until_s:
        answered.clear()
        began_s = time.perf_counter()
        line.send(HEARTBEAT % number)
        await asyncio.wait_for(answered.wait(), 30)
        waited_s.append(time.perf_counter() - began_s)
        number += 1
        await asyncio.sleep(EVERY_S)


async def flood(line: Line, until_s: float) -> int:
    """Send at the full rate as far as TCP takes it; how many were sent."""
    sent, began_s = 0, time.monotonic()
    while (now_s := time.monotonic()) < until_s:
        for _ in range(int((now_s - began_s) * FLOOD_PER_S) - sent):
            line.send(HEARTBEAT % sent)
            sent += 1
            if line.is_full:
                break
        if line.is_full:
            await asyncio.wait([asyncio.ensure_future(line.drain())], timeout=until_s - now_s)
            began_s = time.monotonic() - sent / FLOOD_PER_S
        await asyncio.sleep(0.005)
    return sent


async def watch(rig: Rig, logins: list[tuple[str, str]], is_flooded: bool) -> dict[str, float]:
    lines = [await dial(rig.port, *login) for login in logins]
    answered = 0

    def count(_: bytes) -> None:
        nonlocal answered
        answered += 1

    lines[0].heard = count
    waited_s: list[float] = []
    pid = rig.processes[0].pid
    spent_s, until_s = cpu_s(pid), time.monotonic() + WATCHED_S
    others = [
        calm(line, number / OTHERS * EVERY_S, until_s, waited_s)
        for number, line in enumerate(lines[1:])
    ]
    sent = 0
    if is_flooded:
        sent, *_ = await asyncio.gather(flood(lines[0], until_s), *others)
    else:
        await asyncio.gather(*others)
    found = {
        "p50": percentile(waited_s, 0.5) * 1e3,
        "p99": percentile(waited_s, 0.99) * 1e3,
        "cpu": (cpu_s(pid) - spent_s) / WATCHED_S * 100,
        "sent": sent / WATCHED_S,
        "answered": answered / WATCHED_S,
        "alive": sum(line.alive for line in lines),
    }
    for line in lines:
        line.close()
    await asyncio.sleep(0.5)
    return found


async def measure(rig: Rig) -> None:
    logins = await rig.add_stations(OTHERS + 1)
    rounds: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for is_flooded in (False, True):
            rounds[is_flooded].append(await watch(rig, logins, is_flooded))

    def median(is_flooded: bool, metric: str) -> float:
        return percentile([one[metric] for one in rounds[is_flooded]], 0.5)

    for metric, unit in (("p50", "ms"), ("p99", "ms"), ("cpu", "% of a core")):
        flooded, quiet = median(True, metric), median(False, metric)
        report(BENCH, metric, flooded, unit, others=OTHERS, without_flood=round(quiet, 2))
    report(BENCH, "flood_taken", median(True, "sent"), "1/s", asked_for=FLOOD_PER_S)
    report(BENCH, "flood_answered", median(True, "answered"), "1/s")
    report(BENCH, "connected", median(True, "alive"), "of 201", dropped=201 - median(True, "alive"))


def main() -> None:
    with rig() as made:
        load_on_last_core()
        run(measure, made)


if __name__ == "__main__":
    main()
