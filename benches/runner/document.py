"""Tables for a terminal and for a document, and where they stand in it."""

from __future__ import annotations

from pathlib import Path

BEGIN = "<!-- figures: generated -->"
END = "<!-- figures: end -->"

Rows = list[list[str]]
"""The first is the heading."""


def text(rows: Rows) -> str:
    """For a terminal: the first column to the left, figures to the right."""
    widths = [max(map(len, cells)) for cells in zip(*rows)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    return "\n".join(lines)


def markdown(rows: Rows) -> str:
    """For a document."""
    heading, *others = rows
    ruler = ["---", *["--:"] * (len(heading) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heading, ruler, *others])


def update(document: Path, generated: str) -> None:
    """Writes anew what stands between the marks."""
    before, _, rest = document.read_text().partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{document} has no place for the figures: {BEGIN} … {END}")
    document.write_text(f"{before}{BEGIN}\n{generated}\n{END}{after}")
