"""Who runs when, and with how many events."""

from __future__ import annotations

import math

from runner.peers import PEERS, Mode, Peer
from runner.run import LOADS, Stand

SECONDS = {Mode.TOGETHER: 1.0, Mode.APART: 1.0, Mode.CONCURRENT: 1.5, Mode.SLOW: 5.0}
"""How long a run is to take. With the slow server longer: opening 128 connections is part of
it, and not what is asked about."""

Plan = dict[tuple[Mode, str], int]
"""How many events a peer creates in a mode."""


def taking_part(mode: Mode) -> list[Peer]:
    """The peers of a mode."""
    return [peer for peer in PEERS if mode in peer.modes]


def rotated(peers: list[Peer], turns: int) -> list[Peer]:
    """The same peers, starting with another one: none is always the first."""
    turns %= len(peers)
    return peers[turns:] + peers[:turns]


def events_for(stand: Stand, peer: Peer, mode: Mode) -> int:
    """As many events as take the mode's time, found by trying with more and more of them."""
    target = SECONDS[mode]
    # Fewer for each connection would measure how it is opened.
    events = 8 * LOADS[mode].in_flight
    while True:
        rate = stand.run(peer, mode, events)["rate"]
        if events / rate > target / 8:
            return max(events, math.ceil(rate * target))
        events *= 4


def made(stand: Stand) -> Plan:
    """Tries every peer, which also warms what the system caches."""
    return {
        (mode, peer.name): events_for(stand, peer, mode)
        for mode in SECONDS
        for peer in taking_part(mode)
    }
