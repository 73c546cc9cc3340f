"""The C programs that send in the background. Each starts its own sandbox."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from programs import HERE, SHARED, STATIC, VALGRIND, VALGRIND_DEFINITE, compiled, run

ENVIRONMENT = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}

PROGRAMS = [
    "background.c",
    "stats.c",
    "queue.c",
    "limits.c",
    "order.c",
    "effectively_once.c",
    "flush.c",
    "closing.c",
    "freeing.c",
    "descriptor.c",
    "threads.c",
    "thread_locals.c",
    "resources.c",
    "shared.c",
    "fork_background.c",
    "namespaces.c",
    "exit_handlers.c",
    "descriptors.c",
    "unusual_hosts.c",
]

# Each try is a process that uses the library for the first time, and forks during that.
FORKS = 10_000


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(build: Path, name: str, linkage: list[str]) -> None:
    program = compiled(build, HERE / name, linkage)
    assert run(program, environment=ENVIRONMENT).stderr == ""


# These wait for half a minute, and the linkage makes no difference for them.
@pytest.mark.parametrize("name", ["idle.c", "idle_connections.c"])
def test_waiting(build: Path, name: str) -> None:
    program = compiled(build, HERE / name, SHARED)
    assert run(program, environment=ENVIRONMENT).stderr == ""


@pytest.mark.parametrize("moment", ["first-request", "lookup", "handshake"])
def test_forks_at_any_moment(build: Path, moment: str) -> None:
    program = compiled(build, HERE / "fork_anytime.c", SHARED)
    # Without TLS the other moments take half the time.
    plain = {} if moment == "handshake" else {"SANDBOX_PLAIN": "1"}
    environment = ENVIRONMENT | plain
    assert run(program, moment, str(FORKS), environment=environment, timeout=1200).stderr == ""


# Not the programs that depend on time, or on where a thread sleeps.
@pytest.mark.parametrize(
    "name",
    [
        "background.c",
        "stats.c",
        "queue.c",
        "effectively_once.c",
        "flush.c",
        "closing.c",
        "freeing.c",
        "descriptor.c",
        "shared.c",
    ],
)
def test_program_in_valgrind(build: Path, name: str) -> None:
    program = compiled(build, HERE / name, SHARED)
    environment = ENVIRONMENT | {"SANDBOX_PLAIN": "1", "VCE_TIMEOUT": "5m"}
    # Shared engines stay in a map until the process ends. The map's pointers do not point to the
    # beginning of its memory, and valgrind calls that possibly lost.
    under = VALGRIND_DEFINITE if name in ("freeing.c", "shared.c") else VALGRIND
    assert run(program, environment=environment, under=under).stderr == ""
