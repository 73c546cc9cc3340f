"""The peers of the comparison, and the modes in which they take part."""

from __future__ import annotations

import dataclasses
import enum
import os
from collections.abc import Mapping
from pathlib import Path


class Mode(enum.Enum):
    """How a peer sends events."""

    TOGETHER = "sequential_same_core"
    """One event after the other, on one connection; server and peer share a core."""
    APART = "sequential_own_core"
    """The same; server and peer have a core each."""
    CONCURRENT = "concurrent"
    """16 in flight."""
    SLOW = "slow"
    """128 in flight, and a server that answers after 50 ms."""
    START = "start"
    """From the start of the process to its first event."""


class Role(enum.Enum):
    """Why a peer is in the comparison."""

    OWN = "own"
    """libvce."""
    PEER = "peer"
    """What libvce is compared with."""
    LIMIT = "limit"
    """The most that the server and the machine can do; it does less than a client must do."""


@dataclasses.dataclass(frozen=True)
class Peer:
    """A program that creates events. docs/benchmarks.md describes its settings and its line."""

    name: str
    label: str
    command: tuple[str, ...]
    """Relative to the repository, in which it runs."""
    modes: frozenset[Mode]
    role: Role = Role.PEER
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What it needs in addition to the settings that all peers get."""


LIBRARY = Path(os.environ.get("CARGO_TARGET_DIR", "target"), "release/libvce.so.0")
BIN = "build/bench/bin"
"""The C programs, which mk/bench.mk builds."""
PYTHON = "build/bench/venv/bin/python"
NODE = "build/bench/node"
"""Node, its packages and the programs of benches/peers/node, put there by mk/bench.mk."""

ONE_AT_A_TIME = frozenset({Mode.TOGETHER, Mode.APART, Mode.START})
MANY = frozenset({Mode.CONCURRENT, Mode.SLOW})

BASELINES = {
    Mode.TOGETHER: "libcurl_easy",
    Mode.APART: "libcurl_easy",
    Mode.CONCURRENT: "libcurl_multi",
    Mode.SLOW: "libcurl_multi",
    Mode.START: "libcurl_easy",
}
"""The base of every ratio: libcurl, as C programs use it."""


def _c(name: str, label: str, modes: frozenset[Mode], role: Role = Role.PEER) -> Peer:
    return Peer(name, label, (f"{BIN}/{name}",), modes, role)


def _python(
    name: str, label: str, program: str, modes: frozenset[Mode], role: Role = Role.PEER
) -> Peer:
    return Peer(name, label, (PYTHON, f"benches/peers/python/{program}.py"), modes, role)


def _node(name: str, label: str, program: str, modes: frozenset[Mode]) -> Peer:
    return Peer(name, label, (f"{NODE}/node", f"{NODE}/{program}.mjs"), modes)


def _vce_php(name: str, label: str, program: str, modes: frozenset[Mode]) -> Peer:
    return Peer(
        name,
        label,
        ("php", f"benches/peers/php/{program}.php"),
        modes,
        Role.OWN,
        {"VCE_LIBRARY_PATH": str(LIBRARY.absolute())},
    )


PEERS = [
    _c("libcurl_easy", "libcurl, easy handle", ONE_AT_A_TIME),
    _c("libcurl_multi", "libcurl, multi handle", MANY),
    _c("vce_sync", "libvce, C", ONE_AT_A_TIME, Role.OWN),
    _python("vce_python_sync", "libvce, Python", "vce_sync", ONE_AT_A_TIME, Role.OWN),
    _vce_php("vce_php_sync", "libvce, PHP", "vce_sync", ONE_AT_A_TIME),
    _c("vce_background", "libvce, C, background", MANY, Role.OWN),
    _python("vce_python_asyncio", "libvce, Python, asyncio", "vce_asyncio", MANY, Role.OWN),
    _vce_php("vce_php_enqueue", "libvce, PHP, background", "vce_enqueue", MANY),
    Peer(
        "php_curl",
        "PHP, ext-curl, handle reused",
        ("php", "benches/peers/php/ext_curl.php"),
        ONE_AT_A_TIME,
    ),
    _python("pycurl", "Python, pycurl", "pycurl_easy", ONE_AT_A_TIME),
    _python("python_requests", "Python, requests", "requests_session", ONE_AT_A_TIME),
    _python("python_aiohttp", "Python, aiohttp", "aiohttp_session", ONE_AT_A_TIME | MANY),
    _node("node_sdk", "Node, official SDK", "sdk", ONE_AT_A_TIME | MANY),
    _node("node_undici", "Node, undici pool", "undici_pool", ONE_AT_A_TIME | MANY),
    _c("curl_command", "curl, a process per event", ONE_AT_A_TIME),
    Peer(
        "wrk",
        "wrk, the limit",
        (PYTHON, "benches/peers/wrk/wrk.py"),
        frozenset({Mode.TOGETHER, Mode.APART, Mode.CONCURRENT}),
        Role.LIMIT,
    ),
]
"""In the order in which they run. libvce is next to libcurl, because the machine changes least
between runs that are close in time."""

VCE_FIGURES = _c("vce_figures", "libvce, alone", frozenset(), Role.OWN)
"""Costs of libvce that no peer can be compared with. It is not a peer: it prints a different
line."""
