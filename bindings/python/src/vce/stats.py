"""Counters of a client's events in the background."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ._call import Handle
from ._native import library
from .errors import Status


@dataclass(frozen=True)
class Latency:
    """Seconds from an event's acceptance to its creation; None before the first."""

    p50: float | None
    p90: float | None
    p99: float | None
    max: float | None


@dataclass(frozen=True)
class EngineStats:
    """What a client's engine did, also for calls that wait for the answer."""

    tokens_signed: int
    connections_opened: int


@dataclass(frozen=True)
class Stats:
    """Counters of a client's events in the background.

    ``accepted`` is the sum of ``queued``, ``in_flight``, ``created``,
    ``maybe_created`` and ``not_created``.
    """

    queued: int
    """Events that wait for their first attempt or for a retry."""
    in_flight: int
    """Events whose request is under way."""
    reports: int
    """Delivery reports that have not been taken yet."""
    events: int
    """Events that count against the option ``queue_max_events``."""
    bytes: int
    """Bytes that count against the option ``queue_max_bytes``."""
    accepted: int
    """Events accepted so far."""
    created: int
    """Events that exist."""
    maybe_created: int
    """Events that may exist."""
    not_created: int
    """Events that do not exist."""
    not_created_by_status: Mapping[Status | str, int]
    """How many of them, by status.  A status that only a newer library knows is its name."""
    retries: int
    """Requests that were repeated."""
    latency: Latency
    engine: EngineStats


def read_stats(handle: Handle) -> Stats:
    """The statistics of a ``vce_client``."""
    lib = library()
    text = lib.vce_client_stats(handle.pointer)
    try:
        counters: dict[str, Any] = json.loads(ctypes.string_at(text))
    finally:
        lib.vce_string_free(text)
    latency, engine = counters["latency_ms"], counters["engine"]
    by_status = counters["not_created_by_status"].items()
    return Stats(
        queued=counters["queued"],
        in_flight=counters["in_flight"],
        reports=counters["reports"],
        events=counters["events"],
        bytes=counters["bytes"],
        accepted=counters["accepted"],
        created=counters["created"],
        maybe_created=counters["maybe_created"],
        not_created=counters["not_created"],
        not_created_by_status={_status(name): count for name, count in by_status},
        retries=counters["retries"],
        latency=Latency(
            **{name: _seconds(latency[name]) for name in ("p50", "p90", "p99", "max")},
        ),
        engine=EngineStats(
            tokens_signed=engine["tokens_signed"],
            connections_opened=engine["connections_opened"],
        ),
    )


def _status(name: str) -> Status | str:
    return Status.__members__.get(name.removeprefix("VCE_"), name)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
