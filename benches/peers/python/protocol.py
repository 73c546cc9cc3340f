"""What all Python peers have in common: settings from the environment, one JSON line on stdout."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import resource
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

EVENT_TYPE = "custom:my-event"
MEMBER = "MEM-e46d9542-752a-4786-8f12-25a2e623a793"
BODY = {"key": "value"}
REQUEST = json.dumps(
    {"type": EVENT_TYPE, "from": MEMBER, "body": BODY}, separators=(",", ":")
).encode()
CREATED = 201

LATENCIES = 4096
"""The most latencies that are reported."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the runner asks for."""

    url: str
    ca_file: str
    token: str
    key_file: str
    application: str
    events: int
    in_flight: int
    conversations: int

    @classmethod
    def from_environment(cls) -> Settings:
        value = os.environ
        return cls(
            url=value["BENCH_URL"],
            ca_file=value["BENCH_CA"],
            token=value["BENCH_TOKEN"],
            key_file=value["BENCH_KEY"],
            application=value["BENCH_APPLICATION"],
            events=int(value["BENCH_EVENTS"]),
            in_flight=int(value["BENCH_IN_FLIGHT"]),
            conversations=int(value["BENCH_CONVERSATIONS"]),
        )

    def conversation(self, number: int) -> str:
        """The conversation that an event goes to."""
        return f"CON-00000000-0000-4000-8000-{number % self.conversations:012}"

    def events_url(self, number: int) -> str:
        return f"{self.url}/v0.3/conversations/{self.conversation(number)}/events"

    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }


class Measurement:
    """Measures the events after the first one. It is made when the first answer is there."""

    def __init__(self, events: int) -> None:
        self._events = events
        self._stride = -(-events // LATENCIES)
        self._latencies: list[int] = []
        self._created = 1
        self._first = time.monotonic_ns()
        self._cpu = _cpu_seconds()
        self._begin = time.monotonic_ns()

    def created(self, since_ns: int) -> None:
        """Counts a created event that was sent or enqueued at `since_ns`."""
        if self._created % self._stride == 0:
            self._latencies.append((time.monotonic_ns() - since_ns) // 1000)
        self._created += 1

    def report(self) -> None:
        end = time.monotonic_ns()
        cpu = _cpu_seconds() - self._cpu
        if self._created != self._events:
            raise RuntimeError(f"created {self._created} events instead of {self._events}")
        line = {
            "first_ns": self._first,
            "begin_ns": self._begin,
            "end_ns": end,
            "cpu_s": cpu,
            "created": self._created,
            "latencies_us": self._latencies,
            "peak_rss_kb": _peak_rss_kb(),
        }
        print(json.dumps(line))


def one_after_the_other(settings: Settings, create: Callable[[int], None]) -> None:
    """Calls `create` with the number of each event, and prints the figures."""
    if settings.in_flight != 1:
        raise SystemExit("this peer can only send one event after the other")
    create(0)
    measurement = Measurement(settings.events)
    for number in range(1, settings.events):
        since = time.monotonic_ns()
        create(number)
        measurement.created(since)
    measurement.report()


async def many_at_a_time(settings: Settings, create: Callable[[int], Awaitable[None]]) -> None:
    """Does the same with as many tasks as events may be in flight."""
    await create(0)
    measurement = Measurement(settings.events)
    numbers = iter(range(1, settings.events))

    async def create_next() -> None:
        for number in numbers:
            since = time.monotonic_ns()
            await create(number)
            measurement.created(since)

    await asyncio.gather(*(create_next() for _ in range(settings.in_flight)))
    measurement.report()


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_rss_kb() -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if not found:
        raise RuntimeError("/proc/self/status has no VmHWM")
    return int(found[1])
