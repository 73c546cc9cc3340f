"""The goals of libvce, and whether it meets them."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable

from runner.peers import Mode
from runner.results import Results, Spread
from runner.run import LOADS
from runner.server import SLOW_ANSWER_S


@dataclasses.dataclass(frozen=True)
class Goal:
    """A figure that must reach at least, or at most, a bound."""

    what: str
    unit: str
    digits: int
    """Digits after the point."""
    at_least: bool
    goal: float
    stretch: float | None
    measured: Callable[[Results], Spread]

    def verdict(self, results: Results) -> str:
        """Returns whether the median meets the goal."""
        reaches = operator.ge if self.at_least else operator.le
        median = self.measured(results).median
        if self.stretch is not None and reaches(median, self.stretch):
            return "met, stretch too"
        return "met" if reaches(median, self.goal) else "MISSED"

    def written(self, figure: float) -> str:
        """Writes a figure without its unit."""
        return f"{figure:.{self.digits}f}"


def _ratio(mode: Mode, peer: str, figure: str) -> Callable[[Results], Spread]:
    return lambda results: results.ratio(mode, peer, figure)


def _figure(mode: Mode, peer: str, figure: str) -> Callable[[Results], Spread]:
    return lambda results: results.spread(mode, peer, figure)


def _alone(figure: str) -> Callable[[Results], Spread]:
    return lambda results: Spread.of(results.alone[figure])


def _of_limit(results: Results) -> Spread:
    limit = LOADS[Mode.SLOW].in_flight / SLOW_ANSWER_S
    rate = results.spread(Mode.SLOW, "vce_background", "rate")
    return Spread(rate.median / limit, rate.low / limit, rate.high / limit)


EASY, MULTI = "× libcurl's easy handle", "× libcurl's multi handle"
CONCURRENT, SLOW, START = Mode.CONCURRENT, Mode.SLOW, Mode.START


def _sequential(mode: Mode, where: str) -> list[Goal]:
    what = f"one after the other, {where}"
    return [
        Goal(
            f"{what}: rate",
            EASY, 2, True, 1.0, 1.6, _ratio(mode, "vce_sync", "rate"),
        ),
        Goal(
            f"{what}: CPU",
            EASY, 2, False, 1.0, None, _ratio(mode, "vce_sync", "cpu_s_per_1000"),
        ),
        Goal(
            f"{what}, Python: rate",
            EASY, 2, True, 0.6, 0.8, _ratio(mode, "vce_python_sync", "rate"),
        ),
        Goal(
            f"{what}, PHP: rate",
            EASY, 2, True, 0.8, 0.95, _ratio(mode, "vce_php_sync", "rate"),
        ),
    ]  # fmt: skip


GOALS = [
    *_sequential(Mode.TOGETHER, "same core"),
    *_sequential(Mode.APART, "a core each"),
    Goal(
        "start of the process to its first event",
        EASY, 2, False, 1.0, 0.5, _ratio(START, "vce_sync", "start_ms"),
    ),
    Goal(
        "16 in flight: rate",
        MULTI, 2, True, 1.1, 2.0, _ratio(CONCURRENT, "vce_background", "rate"),
    ),
    Goal(
        "128 in flight, answers after 50 ms: rate",
        "of the limit", 2, True, 0.95, None, _of_limit,
    ),
    Goal(
        "128 in flight: peak RSS",
        "MB", 1, False, 22, 12, _figure(SLOW, "vce_background", "peak_rss_mb"),
    ),
    Goal("vce_enqueue_event, a call", "µs", 2, False, 2, 0.7, _alone("enqueue_us")),
    Goal(
        "vce_validate_type, 100 characters, a call",
        "ns", 0, False, 50, 20, _alone("validate_type_ns"),
    ),
    Goal("RSS that a client adds, one connection", "MB", 1, False, 6, 4, _alone("client_rss_mb")),
    Goal("the stripped shared object", "MB", 2, False, 2.7, 2.0, _alone("object_mb")),
]  # fmt: skip
