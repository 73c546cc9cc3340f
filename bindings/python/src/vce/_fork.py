"""Resets in a forked child what it must not share with its parent."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """Something whose threads and waiting events belong to the parent alone."""

    def start_anew(self) -> None:
        """Forget them: the child begins without."""


_forkables: WeakSet[Forkable] = WeakSet()


def survive_forks(forkable: Forkable) -> None:
    """Call `forkable.start_anew` in every forked child, as long as `forkable` exists."""
    _forkables.add(forkable)


def _start_anew() -> None:
    for forkable in list(_forkables):
        forkable.start_anew()


os.register_at_fork(after_in_child=_start_anew)
