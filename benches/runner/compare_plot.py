"""Draws the comparison as one picture: every peer's ratio to libcurl."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import matplotlib as mpl
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from runner import tables
from runner.peers import Mode, Role
from runner.results import Results

COLORS = {Role.OWN: "#0060a8", Role.PEER: "#555555", Role.LIMIT: "#b0b0b0"}
PANELS = {
    Mode.TOGETHER: ("rate", "× libcurl's easy handle in events a second: more is better"),
    Mode.APART: ("rate", "× libcurl's easy handle in events a second: more is better"),
    Mode.CONCURRENT: ("rate", "× libcurl's multi handle in events a second: more is better"),
    Mode.SLOW: ("rate", "× libcurl's multi handle in events a second: more is better"),
    Mode.START: ("start_ms", "× libcurl's easy handle in milliseconds: less is better"),
}


def draw(results: Results, path: Path) -> None:
    """Draws the picture to a file."""
    counts = {mode: len(results.runs[mode]) for mode in PANELS}
    rows = [(Mode.TOGETHER, Mode.APART), (Mode.CONCURRENT, Mode.SLOW), (Mode.START,)]
    # Keeps text as text, and makes equal files from equal figures.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "libvce"}):
        figure = Figure(figsize=(13, 11), layout="constrained")
        heights = [max(counts[mode] for mode in row) + 2 for row in rows]
        grid = figure.subplots(len(rows), 2, height_ratios=heights)
        for axes_row, row in zip(grid, rows):
            for axes, mode in zip_longest(axes_row, row):
                if mode is None:
                    axes.remove()
                else:
                    _panel(axes, results, mode)
        figure.supxlabel(
            f"Blue: libvce. Dots: medians of interleaved rounds; lines: all of them. "
            f"TLS over loopback, {results.date}, {results.machine}",
            fontsize=8,
            color="#555555",
        )
        metadata = {"Date": None} if path.suffix == ".svg" else {}
        figure.savefig(path, metadata=metadata)


def _panel(axes: Axes, results: Results, mode: Mode) -> None:
    figure, quantity = PANELS[mode]
    peers = tables.ranked(results, mode)
    for row, (name, _, role) in enumerate(peers):
        spread = results.ratio(mode, name, figure)
        color = COLORS[role]
        axes.plot([spread.low, spread.high], [row, row], color=color, linewidth=2, alpha=0.5)
        axes.plot([spread.median], [row], color=color, marker="o", markersize=6)
        axes.annotate(
            f"{tables.ratio(spread.median)} ×",
            (spread.high, row),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=color,
            fontweight="bold" if role is Role.OWN else "normal",
        )
    axes.axvline(1, color="#d1620a", linewidth=1, zorder=0)
    axes.set_title(tables.TITLES[mode], fontsize=10, fontweight="bold", loc="left")
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    # At least a decade, so that nearly equal figures look equal; and room for the last figure.
    low, high = min(low, 0.1), max(high, 1.2) * 1.8
    axes.set_xlim(low, high)
    steps = (1.0, 2.0, 5.0) if high / low < 300 else (1.0,)
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=steps))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.set_xlabel(quantity, fontsize=8)
    axes.set_yticks(range(len(peers)), [label for _, label, _ in peers])
    for label, (_, _, role) in zip(axes.get_yticklabels(), peers):
        label.set_color(COLORS[role])
    axes.invert_yaxis()
    axes.grid(visible=True, axis="x", color="#e4e4e4", linewidth=0.6)
    axes.tick_params(labelsize=8, length=2)
    axes.spines[["top", "right"]].set_visible(False)
