"""Runs each libvce peer once with a few events, to show that make bench can measure it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from runner.peers import PEERS, VCE_FIGURES, Mode, Peer, Role
from runner.run import LOADS, PeerFailedError, Stand
from runner.server import running_server

EVENTS = 20
OWN = [(peer, mode) for peer in PEERS if peer.role is Role.OWN for mode in peer.modes]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with running_server(tmp_path_factory.mktemp("bench") / "server") as server:
        yield Stand(server)


@pytest.mark.parametrize(
    ("peer", "mode"), OWN, ids=[f"{peer.name}-{mode.value}" for peer, mode in OWN]
)
def test_own_peer_creates_what_the_server_sees(stand: Stand, peer: Peer, mode: Mode) -> None:
    figures = stand.run(peer, mode, EVENTS)
    assert figures["rate"] > 0
    assert figures["p99_us"] >= figures["p50_us"] > 0


def test_figures_without_a_peer(stand: Stand) -> None:
    said = stand.started(VCE_FIGURES, LOADS[Mode.CONCURRENT], 1)
    assert min(said["client_rss_kb"], said["validate_type_ns"], said["enqueue_ns"]) > 0


def test_a_peer_that_fails_is_told(stand: Stand) -> None:
    absent = Peer("absent", "", ("build/bench/bin/absent",), frozenset())
    with pytest.raises(PeerFailedError, match="absent"):
        stand.run(absent, Mode.TOGETHER, EVENTS)


def test_a_wrong_count_is_told(stand: Stand, tmp_path: Path) -> None:
    liar = tmp_path / "liar"
    liar.write_text('#!/bin/sh\necho \'{"created": 20, "first_ns": 1}\'\n')
    liar.chmod(0o700)
    with pytest.raises(PeerFailedError, match="the server saw 0 requests"):
        stand.run(Peer("liar", "", (str(liar),), frozenset()), Mode.TOGETHER, EVENTS)
