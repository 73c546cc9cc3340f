"""Draws how libvce scales as one picture of small multiples."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import matplotlib as mpl
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner.scale_figures import Results

BLUE, ORANGE, GREEN, GREY = "#0060a8", "#d1620a", "#3a8a3a", "#8a8a8a"


@dataclasses.dataclass
class Series:
    """An axis of the results, drawn as a line."""

    axis: str
    color: str = BLUE
    label: str = ""


@dataclasses.dataclass
class Panel:
    """One figure against one quantity."""

    figure: str
    title: str
    series: list[Series]
    quantity: str = ""
    log: bool = False
    limit: bool = False
    """Whether to draw the highest rate that the connections to the slow server allow."""
    slope: str = ""
    """What each further one adds: its unit, and how many of it make the figure's unit."""

    def draw(self, axes: Axes, results: Results) -> None:
        """Draws the medians and the range of the runs."""
        points = results.axes[self.series[0].axis].points
        if self.limit:
            most = [point / 0.05 for point in points]
            axes.plot(points, most, color=GREY, linewidth=5, alpha=0.5, label="n / 0.05 s")
        for series in self.series:
            axis = results.axes[series.axis]
            runs = [axis.samples(point, self.figure) for point in points]
            low, high = [min(run) for run in runs], [max(run) for run in runs]
            axes.fill_between(points, low, high, color=series.color, alpha=0.2, linewidth=0)
            axes.plot(
                points,
                axis.medians(self.figure),
                color=series.color,
                label=series.label,
                marker="o",
                markersize=3.5,
                linewidth=1.5,
            )
        if self.slope:
            medians = results.axes[self.series[0].axis].medians(self.figure)
            each = (medians[-1] - medians[0]) / (points[-1] - points[0]) * 1024
            axes.text(0.04, 0.9, self.slope.format(each), transform=axes.transAxes, fontsize=8)
        self._dress(axes, points)

    def _dress(self, axes: Axes, points: list[int]) -> None:
        axes.set_title(self.title, fontsize=9, loc="left")
        axes.set_xscale("log", base=10 if points[1] == 10 else 2)
        axes.set_xticks(points)
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(_short))
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        axes.margins(y=0.12)
        if self.log:
            axes.set_yscale("log")
            axes.yaxis.set_minor_formatter(ticker.NullFormatter())
        else:
            axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(ticker.FuncFormatter(_short))
        axes.grid(visible=True, color="#e4e4e4", linewidth=0.6)
        axes.tick_params(labelsize=7, length=2)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel(self.quantity, fontsize=8)
        if len(self.series) > 1:
            axes.legend(fontsize=7, frameon=False)


def _short(value: float, _: object) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value / 1e3:g} k" if value >= 1e3 else f"{value:g}"


FAST = Series("connections", BLUE, "fast server")
SLOW = Series("slow_connections", ORANGE, "answers after 50 ms")
IDLE = Series("idle_connections", GREEN, "fast, all but one idle")
EACH_EVENT = "each event {:.2f} KB"


def _columns() -> dict[str, list[Panel]]:
    rate, cpu, peak = "events a second", "CPU µs per event", "peak RSS, MB"
    conversations, queue = [Series("conversations")], [Series("queue")]
    calls = [Series("threads")]
    length, callers = [Series("enqueue_queue")], [Series("enqueue_threads")]
    return {
        "Conversations: 100 000 events\nqueued, 16 connections": [
            Panel("rate", rate, conversations),
            Panel("cpu_us", cpu, conversations),
            Panel("peak_mb", peak, conversations, "conversations"),
        ],
        "Queue: bursts of events,\n1000 conversations": [
            Panel("rate", rate, queue),
            Panel("cpu_us", cpu, queue),
            Panel("peak_mb", peak, queue, "events enqueued at once", slope=EACH_EVENT),
        ],
        "Threads: vce_create_event,\na connection for each": [
            Panel("rate", rate, calls),
            Panel("cpu_us", cpu, calls),
            Panel("peak_mb", peak, calls, "threads", slope="each thread {:.0f} KB"),
        ],
        "Connections: background,\n4 conversations for each": [
            Panel("rate", rate, [FAST, SLOW, IDLE], log=True, limit=True),
            Panel("cpu_us", cpu, [FAST, SLOW, IDLE]),
            Panel("peak_mb", peak, [SLOW], "connections", slope="each connection {:.0f} KB"),
        ],
        "Enqueuing: vce_enqueue_event,\nnothing is delivered": [
            Panel("call_us", "median µs of a call", length, "events in the queue"),
            Panel("cpu_us", "CPU µs per call", callers, "threads"),
            Panel(
                "grown_mb", "RSS for the queue, MB", length, "events in the queue", slope=EACH_EVENT
            ),
        ],
    }


def draw(results: Results, path: Path) -> None:
    """Draws the picture to a file."""
    columns = _columns()
    # Keeps text as text, and makes equal files from equal figures.
    style = {"svg.fonttype": "none", "svg.hashsalt": "libvce", "font.sans-serif": ["DejaVu Sans"]}
    with mpl.rc_context(style):
        figure = Figure(figsize=(15, 8.6), layout="constrained")
        grid = figure.subplots(3, len(columns))
        for column, (heading, panels) in enumerate(columns.items()):
            for axes, panel in zip(grid[:, column], panels):
                panel.draw(axes, results)
            grid[0, column].annotate(
                heading,
                (0, 1.16),
                xycoords="axes fraction",
                fontsize=10,
                fontweight="bold",
                va="bottom",
            )
        figure.supxlabel(
            "libvce, TLS over loopback. Lines: medians of three runs; bands: all of them. "
            f"{results.date}, {results.machine}",
            fontsize=8,
            color="#555555",
        )
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {})
