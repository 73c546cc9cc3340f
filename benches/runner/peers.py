"""Who takes part in the comparison, and in what."""

from __future__ import annotations

import dataclasses
import enum
import os
from collections.abc import Mapping
from pathlib import Path


class Mode(enum.Enum):
    """What is asked of a peer."""

    TOGETHER = "sequential_same_core"
    """One event after the other, on one connection; server and peer on the same core."""
    APART = "sequential_own_core"
    """The same, on a core each."""
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
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What it needs besides the settings that all peers get."""


LIBRARY = Path(os.environ.get("CARGO_TARGET_DIR", "target"), "release/libvce.so.0")
BIN = "build/bench/bin"
"""The programs in C, as mk/bench.mk builds them."""
PYTHON = "build/bench/venv/bin/python"
NODE = "build/bench/node"
"""Node, its packages, and the programs of benches/peers/node, as mk/bench-peers.mk puts them."""

ONE_AT_A_TIME = frozenset({Mode.TOGETHER, Mode.APART, Mode.START})
MANY = frozenset({Mode.CONCURRENT, Mode.SLOW})

BASELINES = {
    Mode.TOGETHER: "libcurl_easy",
    Mode.APART: "libcurl_easy",
    Mode.CONCURRENT: "libcurl_multi",
    Mode.SLOW: "libcurl_multi",
    Mode.START: "libcurl_easy",
}
"""What every ratio is taken to: libcurl, as C programs use it."""


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
"""In the order in which they run. libvce is beside libcurl: the nearer in time, the more alike
the machine."""

VCE_FIGURES = _c("vce_figures", "libvce, alone", frozenset(), Role.OWN)
"""What libvce costs where there is nothing to compare it with. Not a peer: it has a line of
its own."""
