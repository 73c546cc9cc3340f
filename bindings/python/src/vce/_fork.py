"""What a forked child must not share with its parent."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """Something whose threads and waiting events stay with the parent."""

    def start_anew(self) -> None:
        """Forget them: the child begins with none."""


_forkables: WeakSet[Forkable] = WeakSet()


def survive_forks(forkable: Forkable) -> None:
    """Have `forkable` start anew in every child, for as long as it lives."""
    _forkables.add(forkable)


def _start_anew() -> None:
    for forkable in list(_forkables):
        forkable.start_anew()


os.register_at_fork(after_in_child=_start_anew)
