"""The same load on one csms and on two that share a port: what does the second one bring?

TransactionEvent 12 : Heartbeat 1 : StatusNotification 1, durable before the answer. Each csms has a
core of its own; PostgreSQL and the load share both cores with them, so two cores bound the gain:
`bound` is what the CPU spent per message lets two cores do. Prints JSON lines.

    .venv/bin/python bench/scaling.py [--short]
"""

import asyncio
import json
import os
import time
from itertools import count

from _line import Line, dial_all
from _rig import CORES, Rig, cpu_s, is_short, percentile, report, rig, run

BENCH = "scaling"
STATIONS = 100
WATCHED_S, ROUNDS = (4.0, 1) if is_short() else (8.0, 3)


def message(number: int) -> bytes:
    """The n-th of a station: one in 14 a Heartbeat, one a StatusNotification."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_780_000_000 + number))
    if number % 14 == 12:
        return b'[2,"%d","Heartbeat",{}]' % number
    if number % 14 == 13:
        told: dict[str, object] = {
            "timestamp": at,
            "connectorStatus": "Occupied",
            "evseId": 1,
            "connectorId": 1,
        }
        return json.dumps([2, str(number), "StatusNotification", told]).encode()
    nth = number // 14 * 12 + number % 14
    samples = [
        {"value": 71_234.5 + nth, "measurand": "Energy.Active.Import.Register"},
        {"value": 21.7, "measurand": "SoC"},
        *({"value": 31.95, "measurand": "Current.Import", "phase": f"L{n}"} for n in (1, 2, 3)),
        *({"value": 231.2, "measurand": "Voltage", "phase": f"L{n}-N"} for n in (1, 2, 3)),
    ]
    event = {
        "eventType": "Updated" if nth % 120 else "Started",
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": nth % 120,
        "transactionInfo": {"transactionId": f"tx-{nth // 120}"},
        "evse": {"id": 1},
        "meterValue": [{"timestamp": at, "sampledValue": samples}],
    }
    return json.dumps([2, str(number), "TransactionEvent", event]).encode()


async def load(rig: Rig) -> dict[str, float]:
    """Closed loop: each station sends its next message when the last is answered."""
    lines = await dial_all(rig.port, await rig.add_stations(STATIONS))
    waited_s: list[float] = []
    errors = 0

    def talk(line: Line) -> None:
        numbers, began_s = count(), 0.0

        def go_on(text: bytes) -> None:
            nonlocal began_s, errors
            if text.startswith(b"[2"):
                return
            now_s = time.perf_counter()
            errors += text.startswith(b"[4")
            waited_s.append(now_s - began_s)
            began_s = time.perf_counter()
            line.send(message(next(numbers)))

        line.heard = go_on
        began_s = time.perf_counter()
        line.send(message(next(numbers)))

    for line in lines:
        talk(line)
    await asyncio.sleep(2)
    waited_s.clear()
    pids = [rig.postgres_pid, *(one.pid for one in rig.processes)]
    servers_s, load_s, began_s = sum(map(cpu_s, pids)), time.process_time(), time.monotonic()
    await asyncio.sleep(WATCHED_S)
    took_s, number = time.monotonic() - began_s, len(waited_s)
    servers_s, load_s = sum(map(cpu_s, pids)) - servers_s, time.process_time() - load_s
    found = {
        "messages": number / took_s,
        "cpu_per_message": servers_s / number * 1e6,
        "bound": len(CORES) / ((servers_s + load_s) / number),
        "p99": percentile(waited_s, 0.99) * 1e3,
        "errors": errors,
    }
    for line in lines:
        line.close()
    return found


def main() -> None:
    rounds: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for processes in (1, 2):
            with rig(processes, CORES) as made:
                os.sched_setaffinity(0, set(CORES))
                rounds[processes].append(run(load, made))

    def median(processes: int, metric: str) -> float:
        return percentile([one[metric] for one in rounds[processes]], 0.5)

    for metric, unit in (
        ("messages", "1/s"), ("cpu_per_message", "µs"), ("bound", "1/s"), ("p99", "ms"),
        ("errors", "messages"),
    ):  # fmt: skip
        one, two = median(1, metric), median(2, metric)
        ratio = {"ratio": round(two / one, 2)} if one else {}
        report(BENCH, metric, two, unit, processes=2, with_one=round(one, 2), **ratio)


if __name__ == "__main__":
    main()
