"""Compares libvce with its peers.

    python -m runner.compare OUTPUT [RECORD]

Run it in the repository. OUTPUT is the folder for the figures and the plot. RECORD, if given, is
the folder of the documents that keep them. BENCH_ROUNDS is the number of rounds.
"""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path

from runner import compare_plot, document, machine, plan, tables
from runner.peers import LIBRARY, VCE_FIGURES, Mode
from runner.results import Results
from runner.run import LOADS, Figures, PeerFailedError, Stand
from runner.server import running_server

ROUNDS = 5
STARTS = 2
"""Per round."""


def alone(stand: Stand) -> Figures:
    """Measures the figures of libvce that have no peer."""
    said = stand.started(VCE_FIGURES, LOADS[Mode.CONCURRENT], 1)
    return {
        "client_rss_mb": said["client_rss_kb"] * 1024 / 1e6,
        "validate_type_ns": said["validate_type_ns"],
        "enqueue_us": said["enqueue_ns"] / 1e3,
        "object_mb": LIBRARY.stat().st_size / 1e6,
    }


def measure(stand: Stand, rounds: int) -> Results:
    """Measures in interleaved rounds. Each round runs every peer, so that other load on the machine
    affects all peers alike."""
    results = Results(
        datetime.datetime.now(datetime.timezone.utc).date(), machine.described(), machine.software()
    )
    tell("trying every peer once")
    events = plan.made(stand)
    for turn in range(rounds):
        tell(f"round {turn + 1} of {rounds}")
        for mode in plan.SECONDS:
            for peer in plan.rotated(plan.taking_part(mode), turn):
                results.add(mode, peer.name, stand.run(peer, mode, events[mode, peer.name]))
        for start in range(STARTS):
            for peer in plan.rotated(plan.taking_part(Mode.START), turn * STARTS + start):
                results.add(Mode.START, peer.name, stand.run(peer, Mode.START, 1))
        results.add_alone(alone(stand))
    return results


def tell(what: str) -> None:
    """Prints the progress."""
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    """Measures, prints and plots."""
    output, *record = map(Path, sys.argv[1:])
    rounds = int(os.environ.get("BENCH_ROUNDS", ROUNDS))
    try:
        with running_server(output / "server") as server:
            results = measure(Stand(server), rounds)
    except PeerFailedError as error:
        sys.exit(str(error))
    print(tables.text(results))
    (output / "results.json").write_text(results.json())
    compare_plot.draw(results, output / "benchmarks.svg")
    for folder in record:
        (folder / "benchmarks.json").write_text(results.json())
        compare_plot.draw(results, folder / "benchmarks.svg")
        document.update(folder / "benchmarks.md", tables.markdown(results))


if __name__ == "__main__":
    main()
