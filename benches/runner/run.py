"""Runs a peer once: gives it its settings, reads its JSON line, and compares it with the server."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from runner import jwt
from runner.peers import Mode, Peer, Role
from runner.server import Server

APPLICATION = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
TIME_LIMIT_S = 120

Figures = dict[str, float]
"""The results of a run by name. The last part of a name is the unit."""


class Placement(enum.Enum):
    """On which cores server and peer run. If they take turns, the rate depends several times over
    on whether they share a core, and the kernel does not always decide the same."""

    ANYWHERE = enum.auto()
    TOGETHER = enum.auto()
    APART = enum.auto()


@dataclasses.dataclass(frozen=True)
class Load:
    """The load of a mode."""

    in_flight: int
    conversations: int
    """Four for each connection, so that the order in a conversation makes no connection wait."""
    slow_server: bool = False
    placement: Placement = Placement.ANYWHERE


LOADS = {
    Mode.TOGETHER: Load(1, 4, placement=Placement.TOGETHER),
    Mode.APART: Load(1, 4, placement=Placement.APART),
    Mode.CONCURRENT: Load(16, 64),
    Mode.SLOW: Load(128, 512, slow_server=True),
    Mode.START: Load(1, 4),
}


class PeerFailedError(Exception):
    """A peer failed, so there are no figures: the rest of the comparison is not worth keeping."""


class Stand:
    """Runs peers with one server and one key."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._cores = sorted(os.sched_getaffinity(0))
        if len(self._cores) < 2:
            raise PeerFailedError("the comparison needs two cores")
        self._token = jwt.signed(server.private_key, APPLICATION)

    def run(self, peer: Peer, mode: Mode, events: int) -> Figures:
        """Runs a peer that creates events, and returns its figures."""
        load = LOADS[mode]
        before = self._server.requests()
        spawned_ns = time.monotonic_ns()
        said = self.started(peer, load, events)
        seen = self._server.requests() - before
        if not events == said["created"] == seen:
            raise PeerFailedError(
                f"{peer.name} says that it created {said['created']} of {events} events; "
                f"the server saw {seen} requests"
            )
        figures = {
            "start_ms": (said["first_ns"] - spawned_ns) / 1e6,
            "peak_rss_mb": said["peak_rss_kb"] * 1024 / 1e6,
        }
        measured = events - 1
        if measured:
            figures["rate"] = measured / (said["end_ns"] - said["begin_ns"]) * 1e9
            figures["cpu_s_per_1000"] = said["cpu_s"] / measured * 1000
            figures |= quantiles(said["latencies_us"])
        return figures

    def started(self, peer: Peer, load: Load, events: int) -> dict[str, Any]:
        """Runs a program and returns its output."""
        server = self._server
        # libvce trusts the system's authorities and adds these. The other peers trust only what
        # they are given. So all peers read the same certificates.
        ca_file = server.ca_file if peer.role is Role.OWN else server.system_roots
        settings = {
            "BENCH_URL": server.slow_url if load.slow_server else server.fast_url,
            "BENCH_CA": str(ca_file),
            "BENCH_KEY": str(server.private_key),
            "BENCH_APPLICATION": APPLICATION,
            "BENCH_TOKEN": self._token,
            "BENCH_EVENTS": str(events),
            "BENCH_IN_FLIGHT": str(load.in_flight),
            "BENCH_CONVERSATIONS": str(load.conversations),
        }
        environment = os.environ | settings | dict(peer.environment)
        try:
            with self._placed(load.placement):
                ran = subprocess.run(
                    peer.command, env=environment, stdout=subprocess.PIPE, timeout=TIME_LIMIT_S
                )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PeerFailedError(f"{peer.name}: {error}") from error
        if ran.returncode != 0:
            raise PeerFailedError(f"{peer.name} failed with {events} events; see its message above")
        said: dict[str, Any] = json.loads(ran.stdout)
        return said

    @contextlib.contextmanager
    def _placed(self, placement: Placement) -> Iterator[None]:
        """Sets the cores of the server, and of the programs that are started meanwhile."""
        cores = self._cores
        servers, peers = {
            Placement.ANYWHERE: (cores, cores),
            Placement.TOGETHER: (cores[:1], cores[:1]),
            Placement.APART: (cores[:1], cores[1:]),
        }[placement]
        self._server.place(servers)
        os.sched_setaffinity(0, peers)
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)


def quantiles(latencies_us: list[int]) -> Figures:
    """Returns the median and the 99th percentile."""
    if len(latencies_us) == 1:
        latencies_us = latencies_us * 2
    cuts = statistics.quantiles(latencies_us, n=100, method="inclusive")
    return {"p50_us": cuts[49], "p99_us": cuts[98]}
