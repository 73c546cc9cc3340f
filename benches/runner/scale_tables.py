"""Formats how libvce scales as tables, for a terminal and for a document."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from runner import document
from runner.scale_figures import Axis, Results
from runner.server import SLOW_ANSWER_S


@dataclasses.dataclass
class Column:
    """A figure with its heading."""

    heading: str
    value: Callable[[Axis, int], float]
    form: str = ",.0f"
    least: int = 1
    """Below this point the figure depends more on the client than on its events."""

    def cell(self, axis: Axis, point: int) -> str:
        """Returns the figure at a point."""
        if point < self.least:
            return "-"
        return format(self.value(axis, point), self.form).replace(",", " ")


def _median(figure: str) -> Callable[[Axis, int], float]:
    return lambda axis, point: axis.median(point, figure)


def _per_event(axis: Axis, point: int) -> float:
    return axis.median(point, "grown_mb") * 2**20 / point


def _of_limit(axis: Axis, point: int) -> float:
    return axis.median(point, "rate") * SLOW_ANSWER_S / point


def _per_connection(axis: Axis, point: int) -> float:
    first = axis.points[0]
    grown = axis.median(point, "peak_mb") - axis.median(first, "peak_mb")
    return grown * 1024 / (point - first)


RATE = Column("events a second", _median("rate"))
CPU = Column("CPU µs per event", _median("cpu_us"), ".1f")
SWITCHES = Column("context switches per event", _median("switches"), ".2f")
PEAK = Column("peak RSS, MB", _median("peak_mb"), ".1f")
CALL = Column("a call, median µs", _median("call_us"), ".2f")
CALL_P99 = Column("99th percentile", _median("call_p99_us"), ".2f")

TABLES = {
    "conversations": [RATE, CPU, SWITCHES, PEAK],
    "queue": [RATE, CPU, SWITCHES, PEAK],
    "threads": [RATE, CPU, SWITCHES, PEAK],
    "connections": [RATE, CPU, SWITCHES, PEAK],
    "slow_connections": [
        RATE,
        Column("of the limit", _of_limit, ".0%"),
        CPU,
        SWITCHES,
        PEAK,
        Column("KB per further connection", _per_connection, least=2),
    ],
    "idle_connections": [RATE, CPU, SWITCHES, PEAK],
    "enqueue_queue": [
        CALL,
        CALL_P99,
        Column("CPU µs per call", _median("cpu_us"), ".2f", least=1000),
        Column("RSS per event, bytes", _per_event, least=1000),
        Column("µs per event to cancel", _median("free_us"), ".2f", least=1000),
    ],
    "enqueue_threads": [
        Column("calls a second", _median("rate")),
        Column("CPU µs per call", _median("cpu_us"), ".2f"),
        CALL,
        CALL_P99,
    ],
}


def _rows(axis: Axis, columns: list[Column]) -> document.Rows:
    heading = [axis.label, *(column.heading for column in columns)]
    return [
        heading,
        *(
            [f"{point:,}".replace(",", " "), *(column.cell(axis, point) for column in columns)]
            for point in axis.points
        ),
    ]


def text(results: Results) -> str:
    """Formats the results for a terminal."""
    parts = [f"{results.date}, {results.machine}; medians"]
    for name, columns in TABLES.items():
        parts.append(document.text(_rows(results.axes[name], columns)))
    return "\n\n".join(parts)


def markdown(results: Results) -> str:
    """Formats the results for a document."""
    parts = [f"Measured on {results.date:%-d %B %Y}: {results.machine}."]
    for name, columns in TABLES.items():
        parts.append(document.markdown(_rows(results.axes[name], columns)))
    return "\n\n".join(parts)
