"""The order in which peers run, and how many events they create."""

from __future__ import annotations

import math

from runner.peers import PEERS, Mode, Peer
from runner.run import LOADS, Stand

SECONDS = {Mode.TOGETHER: 1.0, Mode.APART: 1.0, Mode.CONCURRENT: 1.5, Mode.SLOW: 5.0}
"""How long a run should take. A run with the slow server takes longer, because it includes opening
128 connections, which is not what is measured."""

Plan = dict[tuple[Mode, str], int]
"""How many events a peer creates in a mode."""


def taking_part(mode: Mode) -> list[Peer]:
    """Returns the peers that take part in a mode."""
    return [peer for peer in PEERS if mode in peer.modes]


def rotated(peers: list[Peer], turns: int) -> list[Peer]:
    """Returns the peers in rotated order, so that none is always the first."""
    turns %= len(peers)
    return peers[turns:] + peers[:turns]


def events_for(stand: Stand, peer: Peer, mode: Mode) -> int:
    """Returns the number of events that take the time of the mode. Tries more and more events."""
    target = SECONDS[mode]
    # With fewer events for each connection, opening it would count too much.
    events = 8 * LOADS[mode].in_flight
    while True:
        rate = stand.run(peer, mode, events)["rate"]
        if events / rate > target / 8:
            return max(events, math.ceil(rate * target))
        events *= 4


def made(stand: Stand) -> Plan:
    """Tries every peer, which also fills the caches of the system."""
    return {
        (mode, peer.name): events_for(stand, peer, mode)
        for mode in SECONDS
        for peer in taking_part(mode)
    }
