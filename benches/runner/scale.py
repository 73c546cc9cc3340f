"""Measures how rate, CPU per event and memory of libvce change with its load.

    python -m runner.scale PROGRAMS OUTPUT [RECORD]

PROGRAMS is the folder of the built programs of benches/scale, OUTPUT gets the figures and the
plot, and RECORD, if given, is the folder of the documents that keep them.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from runner import document, machine, scale_plot, scale_tables
from runner.run import APPLICATION, Figures
from runner.scale_figures import Axis, Results
from runner.server import Server, running_server

ROUNDS = 3
CONNECTIONS = 16
# Enough for every queue length to have its turn in each conversation.
CONVERSATIONS = 1000
# A run should take at least half a second.
EVENTS = 20_000
# The number of answers of the slow server that each connection waits for.
SLOW_ANSWERS = 25

TENS = (1, 10, 100, 1000, 10_000, 100_000)
THREADS = (1, 2, 4, 8, 16, 32, 64)
POWERS = (*THREADS, 128, 256)


@dataclasses.dataclass
class Bench:
    """What a run needs."""

    server: Server
    programs: Path

    def run(self, program: str, url: str, **settings: int) -> dict[str, int]:
        """Runs a program and returns its output."""
        environment = os.environ | {
            "BENCH_URL": url,
            "BENCH_CA": str(self.server.ca_file),
            "BENCH_KEY": str(self.server.private_key),
            "BENCH_APPLICATION": APPLICATION,
            **{f"BENCH_{name.upper()}": str(value) for name, value in settings.items()},
        }
        command = [str(self.programs / program)]
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, timeout=120)
        if ran.returncode != 0:
            sys.exit(f"{program} failed with {settings}; see its message above")
        said: dict[str, int] = json.loads(ran.stdout)
        return said

    def background(self, url: str, **settings: int) -> Figures:
        """Sends in the background."""
        return self.deliver("background", url, **settings)

    def deliver(self, program: str, url: str, **settings: int) -> Figures:
        """Runs a program that creates events, and checks that the server got each event once."""
        before = self.server.requests()
        said = self.run(program, url, **settings)
        seen = self.server.requests() - before
        if seen != said["created"]:
            sys.exit(f"{program}: {said['created']} created, but the server answered {seen}")
        if said.get("connections_opened", 0) > settings.get("in_flight", 0):
            sys.exit(f"{program} lost a connection: {said}")
        return {
            "rate": said["events"] / said["elapsed_ns"] * 1e9,
            "cpu_us": said["cpu_ns"] / said["events"] / 1e3,
            "switches": said["switches"] / said["events"],
            "peak_mb": said["peak_kb"] / 1024,
        }


def conversations(bench: Bench, count: int) -> Figures:
    """Measures a burst of the same length for each number of conversations."""
    return bench.background(
        bench.server.fast_url,
        events=TENS[-1],
        burst=TENS[-1],
        in_flight=CONNECTIONS,
        conversations=count,
    )


def queue(bench: Bench, length: int) -> Figures:
    """Measures bursts of this length."""
    return bench.background(
        bench.server.fast_url,
        events=max(EVENTS, length),
        burst=length,
        in_flight=CONNECTIONS,
        conversations=CONVERSATIONS,
    )


def threads(bench: Bench, count: int) -> Figures:
    """Measures threads that wait for their answers."""
    return bench.deliver("calls", bench.server.fast_url, events=EVENTS, threads=count)


def connections(bench: Bench, count: int) -> Figures:
    """Measures a server that answers at once, with enough conversations for all connections."""
    return bench.background(
        bench.server.fast_url,
        events=EVENTS,
        burst=EVENTS,
        in_flight=count,
        conversations=4 * count,
    )


def slow_connections(bench: Bench, count: int) -> Figures:
    """Measures the server that answers after 50 ms."""
    return bench.background(
        bench.server.slow_url,
        events=SLOW_ANSWERS * count,
        burst=SLOW_ANSWERS * count,
        in_flight=count,
        conversations=4 * count,
    )


def idle_connections(bench: Bench, count: int) -> Figures:
    """Measures one event at a time, while connections of an earlier burst are still open."""
    return bench.background(
        bench.server.fast_url, events=EVENTS, burst=1, in_flight=count, conversations=4 * count
    )


def _enqueue(bench: Bench, **settings: int) -> Figures:
    said = bench.run("enqueue", "", conversations=CONVERSATIONS, **settings)
    events = said["events"]
    return {
        "rate": events / said["elapsed_ns"] * 1e9,
        "cpu_us": said["cpu_ns"] / events / 1e3,
        "call_us": (said["p50_ns"] - said["clock_ns"]) / 1e3,
        "call_p99_us": (said["p99_ns"] - said["clock_ns"]) / 1e3,
        "free_us": said["free_ns"] / events / 1e3,
        "grown_mb": said["grown_kb"] / said["fills"] / 1024,
    }


def enqueue_queue(bench: Bench, length: int) -> Figures:
    """Measures one thread that fills a queue to this length."""
    return _enqueue(bench, events=length, threads=1)


def enqueue_threads(bench: Bench, count: int) -> Figures:
    """Measures threads that fill a queue together."""
    return _enqueue(bench, events=TENS[-1], threads=count)


MEASURES: dict[str, tuple[str, tuple[int, ...], Callable[[Bench, int], Figures]]] = {
    "conversations": ("conversations", TENS, conversations),
    "queue": ("events enqueued at once", TENS, queue),
    "threads": ("threads in vce_create_event", THREADS, threads),
    "connections": ("connections", POWERS, connections),
    "slow_connections": ("connections, answers after 50 ms", POWERS, slow_connections),
    "idle_connections": ("idle connections, one event at a time", POWERS, idle_connections),
    "enqueue_queue": ("events in the queue", TENS, enqueue_queue),
    "enqueue_threads": ("threads in vce_enqueue_event", THREADS, enqueue_threads),
}


def measure(bench: Bench) -> Results:
    """Measures all points one after the other, in several rounds, so that other load on the machine
    affects all points alike."""
    results = Results(datetime.datetime.now(datetime.timezone.utc).date(), machine.described())
    for number in range(1, ROUNDS + 1):
        for name, (label, points, run) in MEASURES.items():
            print(f"round {number} of {ROUNDS}: {label}", file=sys.stderr, flush=True)
            axis = results.axes.setdefault(name, Axis(label))
            for point in points:
                axis.add(point, run(bench, point))
    return results


def main() -> None:
    """Measures, prints and plots."""
    programs, output, *record = map(Path, sys.argv[1:])
    with running_server(output / "server") as server:
        results = measure(Bench(server, programs))
    print(scale_tables.text(results))
    for folder in [output, *record]:
        (folder / "scale.json").write_text(results.json())
        scale_plot.draw(results, folder / "scale.svg")
    for folder in record:
        document.update(folder / "scale.md", scale_tables.markdown(results))


if __name__ == "__main__":
    main()
