"""Formats the comparison as tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from runner import document
from runner.goals import GOALS
from runner.peers import PEERS, Mode, Role
from runner.results import Results, Spread

TITLES = {
    Mode.TOGETHER: "One event after the other, server and peer on the same core",
    Mode.APART: "One event after the other, server and peer on a core each",
    Mode.CONCURRENT: "16 in flight",
    Mode.SLOW: "128 in flight, a server that answers after 50 ms",
    Mode.START: "From the start of the process to its first event",
}


@dataclasses.dataclass(frozen=True)
class Column:
    """A figure with its heading."""

    heading: str
    figure: str
    written: Callable[[float], str]
    ratio: bool = False

    def cell(self, results: Results, mode: Mode, peer: str) -> str:
        """Returns the median; for a ratio also the range of the rounds."""
        if not self.ratio:
            return self.written(results.spread(mode, peer, self.figure).median)
        return with_range(results.ratio(mode, peer, self.figure), self.written)


def with_range(spread: Spread, written: Callable[[float], str]) -> str:
    """Writes a median and its range, such as 1.23 (1.20–1.31)."""
    return f"{written(spread.median)} ({written(spread.low)}–{written(spread.high)})"


def whole(figure: float) -> str:
    """Writes a whole number with its thousands separated."""
    return f"{figure:,.0f}".replace(",", " ")


def ratio(figure: float) -> str:
    """Writes a ratio with at least two significant digits."""
    if figure >= 10:
        return f"{figure:.0f}"
    return f"{figure:.2f}" if figure >= 0.1 else f"{figure:.2g}"


def fixed(digits: int) -> Callable[[float], str]:
    """Returns a function that writes this many digits after the point."""
    return lambda figure: f"{figure:.{digits}f}"


PEAK = Column("peak RSS, MB", "peak_rss_mb", fixed(1))
THROUGHPUT = [
    Column("events a second", "rate", whole),
    Column("× libcurl (range)", "rate", ratio, ratio=True),
    Column("CPU s per 1000", "cpu_s_per_1000", fixed(3)),
    Column("× libcurl (range)", "cpu_s_per_1000", ratio, ratio=True),
    Column("p50, µs", "p50_us", whole),
    Column("p99, µs", "p99_us", whole),
    PEAK,
]
START = [
    Column("ms", "start_ms", fixed(1)),
    Column("× libcurl (range)", "start_ms", ratio, ratio=True),
    PEAK,
]


def ranked(results: Results, mode: Mode) -> list[tuple[str, str, Role]]:
    """Returns name, label and role of the peers that took part, the best one first."""
    figure, best_last = ("start_ms", False) if mode is Mode.START else ("rate", True)
    taking_part = [peer for peer in PEERS if results.has(mode, peer.name)]
    taking_part.sort(
        key=lambda peer: results.ratio(mode, peer.name, figure).median, reverse=best_last
    )
    return [(peer.name, peer.label, peer.role) for peer in taking_part]


def comparison(results: Results, mode: Mode) -> document.Rows:
    """Returns the table of all peers in a mode."""
    columns = START if mode is Mode.START else THROUGHPUT
    return [
        ["", *(column.heading for column in columns)],
        *(
            [label, *(column.cell(results, mode, name) for column in columns)]
            for name, label, _ in ranked(results, mode)
        ),
    ]


def goals(results: Results) -> document.Rows:
    """Returns the table of the goals and what was reached."""
    rows = [["", "unit", "goal, stretch", "measured (range)", ""]]
    for goal in GOALS:
        sign = "≥" if goal.at_least else "≤"
        bounds = [goal.goal, *([] if goal.stretch is None else [goal.stretch])]
        measured = with_range(goal.measured(results), goal.written)
        written = [goal.what, goal.unit, f"{sign} {', '.join(map(goal.written, bounds))}"]
        rows.append([*written, measured, goal.verdict(results)])
    return rows


def _sections(results: Results) -> list[tuple[str, document.Rows]]:
    compared = [(TITLES[mode], comparison(results, mode)) for mode in Mode]
    return [*compared, ("Goals", goals(results))]


def text(results: Results) -> str:
    """Formats the results for a terminal."""
    parts = [
        f"{results.date}, {results.machine}\n{results.software}",
        *(f"{title}\n{document.text(rows)}" for title, rows in _sections(results)),
    ]
    return "\n\n".join(parts)


def markdown(results: Results) -> str:
    """Formats the results for a document."""
    parts = [
        f"Measured on {results.date:%-d %B %Y}: {results.machine}; {results.software}.",
        *(f"### {title}\n\n{document.markdown(rows)}" for title, rows in _sections(results)),
    ]
    return "\n\n".join(parts)
