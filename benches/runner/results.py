"""All measurements, and their medians, ranges and ratios."""

from __future__ import annotations

import dataclasses
import datetime
import json
import statistics

from runner.peers import BASELINES, Mode
from runner.run import Figures


@dataclasses.dataclass(frozen=True)
class Spread:
    """The median of several figures, and their range."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: list[float]) -> Spread:
        return cls(statistics.median(figures), min(figures), max(figures))


@dataclasses.dataclass
class Results:
    """The runs of all rounds, and libvce's figures that have no peer."""

    date: datetime.date
    machine: str
    software: str
    alone: dict[str, list[float]] = dataclasses.field(default_factory=dict)
    runs: dict[Mode, dict[str, list[Figures]]] = dataclasses.field(default_factory=dict)
    """By mode and peer: the runs of all rounds."""

    def add(self, mode: Mode, peer: str, figures: Figures) -> None:
        """Adds a run."""
        self.runs.setdefault(mode, {}).setdefault(peer, []).append(figures)

    def add_alone(self, figures: Figures) -> None:
        """Adds the figures of libvce that have no peer, of one round."""
        for name, figure in figures.items():
            self.alone.setdefault(name, []).append(figure)

    def has(self, mode: Mode, peer: str) -> bool:
        """Returns whether a peer took part."""
        return peer in self.runs.get(mode, {})

    def spread(self, mode: Mode, peer: str, figure: str) -> Spread:
        """Returns a figure of a peer over all rounds."""
        return Spread.of([run[figure] for run in self.runs[mode][peer]])

    def ratio(self, mode: Mode, peer: str, figure: str) -> Spread:
        """Returns the ratio of a figure to libcurl's in the same round: other load on the machine
        affects both alike."""
        baseline = self.runs[mode][BASELINES[mode]]
        pairs = zip(self.runs[mode][peer], baseline)
        return Spread.of([run[figure] / base[figure] for run, base in pairs])

    def json(self) -> str:
        """Returns every run as JSON."""
        document = {
            "date": self.date.isoformat(),
            "machine": self.machine,
            "software": self.software,
            "libvce": {name: list(map(rounded, figures)) for name, figures in self.alone.items()},
            "modes": {
                mode.value: {
                    peer: {name: [rounded(run[name]) for run in runs] for name in runs[0]}
                    for peer, runs in peers.items()
                }
                for mode, peers in self.runs.items()
            },
        }
        return json.dumps(document, indent=1) + "\n"


def rounded(figure: float) -> float:
    """Rounds to the significant digits."""
    return float(f"{figure:.4g}")
