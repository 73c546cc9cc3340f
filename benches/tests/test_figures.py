"""The results of runs: medians, ratios, verdicts, tables."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from runner import document, plan, tables
from runner.goals import GOALS, Goal
from runner.peers import BASELINES, PEERS, Mode
from runner.results import Results, Spread
from runner.run import Figures, quantiles


def run(rate: float, start_ms: float = 10) -> Figures:
    return {
        "rate": rate,
        "cpu_s_per_1000": 1 / rate,
        "p50_us": 1,
        "p99_us": 2,
        "peak_rss_mb": 5,
        "start_ms": start_ms,
    }


def results(**rates: list[float]) -> Results:
    made = Results(datetime.date(2026, 1, 2), "a machine", "libcurl 8")
    for peer, figures in rates.items():
        for rate in figures:
            made.add(Mode.TOGETHER, peer, run(rate))
    return made


def test_a_ratio_is_taken_within_each_round() -> None:
    # The machine is twice as fast in the second round: the ratios stay the same.
    measured = results(libcurl_easy=[100, 200, 100], vce_sync=[150, 300, 160])
    ratio = measured.ratio(Mode.TOGETHER, "vce_sync", "rate")
    assert ratio == Spread(1.5, 1.5, 1.6)
    assert measured.spread(Mode.TOGETHER, "vce_sync", "rate") == Spread(160, 150, 300)


def test_quantiles_of_few_and_many() -> None:
    assert quantiles([7]) == {"p50_us": 7, "p99_us": 7}
    assert quantiles(list(range(101))) == {"p50_us": 50, "p99_us": 99}


@pytest.mark.parametrize(
    ("at_least", "measured", "verdict"),
    [
        (True, 0.9, "MISSED"),
        (True, 1.0, "met"),
        (True, 2.0, "met, stretch too"),
        (False, 3.0, "MISSED"),
        (False, 1.0, "met, stretch too"),
    ],
)
def test_a_goal_is_judged_by_the_median(at_least: bool, measured: float, verdict: str) -> None:
    goal = Goal("it", "×", 1, at_least, 1.0, 2.0, lambda _: Spread(measured, 0, 9))
    assert goal.verdict(results()) == verdict


def test_a_goal_without_a_stretch_is_just_met() -> None:
    goal = Goal("it", "×", 1, True, 1.0, None, lambda _: Spread(5, 5, 5))
    assert goal.verdict(results()) == "met"


def test_the_best_comes_first() -> None:
    measured = results(libcurl_easy=[100], vce_sync=[150], node_sdk=[2])
    rows = tables.comparison(measured, Mode.TOGETHER)
    assert [row[0] for row in rows] == [
        "",
        "libvce, C",
        "libcurl, easy handle",
        "Node, official SDK",
    ]
    assert rows[1][1:3] == ["150", "1.50 (1.50–1.50)"]


def test_every_mode_has_a_row_for_each_peer_and_every_goal_a_figure() -> None:
    measured = results()
    for peer in PEERS:
        for mode in peer.modes:
            measured.add(mode, peer.name, run(100))
    figures = ("client_rss_mb", "validate_type_ns", "enqueue_us", "object_mb")
    measured.add_alone(dict.fromkeys(figures, 1.0))
    assert len(tables.goals(measured)) == 1 + len(GOALS)
    for written in (tables.text(measured), tables.markdown(measured)):
        assert all(peer.label in written for peer in PEERS)
    assert json.loads(measured.json())["modes"]["slow"]["vce_background"]["rate"] == [100]


def test_every_baseline_takes_part() -> None:
    for mode, name in BASELINES.items():
        assert any(peer.name == name and mode in peer.modes for peer in PEERS)
    assert len({peer.name for peer in PEERS}) == len(PEERS)


def test_rounds_begin_with_another_peer() -> None:
    assert plan.rotated(PEERS, 1) == [*PEERS[1:], PEERS[0]]
    assert plan.rotated(PEERS, len(PEERS)) == PEERS


def test_only_the_figures_of_a_document_are_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{document.BEGIN}\nold\n{document.END}\nafter\n")
    document.update(page, "new")
    assert page.read_text() == f"before\n{document.BEGIN}\nnew\n{document.END}\nafter\n"
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no place"):
        document.update(page, "new")
