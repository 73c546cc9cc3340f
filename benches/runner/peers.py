"""Who takes part in the comparison, and in what."""

from __future__ import annotations

import dataclasses
import enum


class Mode(enum.Enum):
    """What is asked of a peer."""

    SEQUENTIAL = "sequential"
    """One event after the other, on one connection."""
    CONCURRENT = "concurrent"
    """16 in flight."""
    SLOW = "slow"
    """128 in flight, and a server that answers after 50 ms."""
    START = "start"
    """From the start of the process to its first event."""


class Role(enum.Enum):
    """What a peer is there for."""

    OWN = "own"
    """libvce."""
    PEER = "peer"
    """What libvce is compared with."""
    LIMIT = "limit"
    """The most that the server and the machine give; it does less than a client must."""


@dataclasses.dataclass(frozen=True)
class Peer:
    """A program that creates events; docs/benchmarks.md has its settings and its one line."""

    name: str
    label: str
    command: tuple[str, ...]
    """Relative to the repository, where it runs."""
    modes: frozenset[Mode]
    role: Role = Role.PEER


BIN = "build/bench/bin"
"""The programs in C, as mk/bench.mk builds them."""
PYTHON = "build/bench/venv/bin/python"

ONE_AT_A_TIME = frozenset({Mode.SEQUENTIAL, Mode.START})
MANY = frozenset({Mode.CONCURRENT, Mode.SLOW})

BASELINES = {
    Mode.SEQUENTIAL: "libcurl_easy",
    Mode.CONCURRENT: "libcurl_multi",
    Mode.SLOW: "libcurl_multi",
    Mode.START: "libcurl_easy",
}
"""What every ratio is taken to: libcurl, as C programs use it."""


def _c(name: str, label: str, modes: frozenset[Mode], role: Role = Role.PEER) -> Peer:
    return Peer(name, label, (f"{BIN}/{name}",), modes, role)


PEERS = [
    _c("libcurl_easy", "libcurl, easy handle", ONE_AT_A_TIME),
    _c("libcurl_multi", "libcurl, multi handle", MANY),
    _c("vce_sync", "libvce, C", ONE_AT_A_TIME, Role.OWN),
    _c("vce_background", "libvce, C, background", MANY, Role.OWN),
]
