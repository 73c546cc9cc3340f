"""Formats tables for a terminal and for a document, and puts them into the document."""

from __future__ import annotations

from pathlib import Path

BEGIN = "<!-- figures: generated -->"
END = "<!-- figures: end -->"

Rows = list[list[str]]
"""The first row is the heading."""


def text(rows: Rows) -> str:
    """Formats a table for a terminal, the first column left-aligned, figures right-aligned."""
    widths = [max(map(len, cells)) for cells in zip(*rows)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    return "\n".join(lines)


def markdown(rows: Rows) -> str:
    """Formats a table for a document."""
    heading, *others = rows
    ruler = ["---", *["--:"] * (len(heading) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heading, ruler, *others])


def update(document: Path, generated: str) -> None:
    """Replaces what is between the marks."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{document} has no place for the figures: {BEGIN} … {END}")
    document.write_text(f"{before}{BEGIN}\n{generated}\n{END}{after}")
