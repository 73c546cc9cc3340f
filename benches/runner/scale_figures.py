"""Figures that depend on a quantity, each measured several times."""

from __future__ import annotations

import dataclasses
import datetime
import json
import statistics

from runner.results import rounded
from runner.run import Figures


@dataclasses.dataclass
class Axis:
    """A quantity that is varied, and the runs at each of its points."""

    label: str
    runs: dict[int, list[Figures]] = dataclasses.field(default_factory=dict)

    def add(self, point: int, figures: Figures) -> None:
        """Adds a run."""
        self.runs.setdefault(point, []).append(figures)

    @property
    def points(self) -> list[int]:
        """Returns the points with runs."""
        return list(self.runs)

    def samples(self, point: int, figure: str) -> list[float]:
        """Returns a figure of all runs at a point."""
        return [run[figure] for run in self.runs[point]]

    def median(self, point: int, figure: str) -> float:
        """Returns the median of a figure at a point."""
        return statistics.median(self.samples(point, figure))

    def medians(self, figure: str) -> list[float]:
        """Returns the median for each point."""
        return [self.median(point, figure) for point in self.runs]


@dataclasses.dataclass
class Results:
    """All measurements."""

    date: datetime.date
    machine: str
    axes: dict[str, Axis] = dataclasses.field(default_factory=dict)

    def json(self) -> str:
        """Returns every run as JSON."""
        axes = {
            name: [
                {"at": point, **{each: [rounded(run[each]) for run in runs] for each in runs[0]}}
                for point, runs in axis.runs.items()
            ]
            for name, axis in self.axes.items()
        }
        document = {"date": self.date.isoformat(), "machine": self.machine, "axes": axes}
        return json.dumps(document, indent=1) + "\n"
