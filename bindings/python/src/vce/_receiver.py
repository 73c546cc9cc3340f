"""The events that a client has accepted, until their delivery reports have been taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Generic, TypeVar

from . import _exit, _fork, _reports
from ._call import Handle
from .errors import Outcome, Status, VceError

_Future = TypeVar("_Future")

# After so many errors in a row there is no hope for the reports that wait.
PATIENCE = 10


class Receiver(_exit.Sender, Generic[_Future]):
    """A client's futures, by the tags of their events.

    An error may come while a report is in hand: too little memory, Ctrl-C.  Then
    nobody knows whose report that was.  Every event that waited is in doubt, and
    those whose reports don't come although the library has no more of them end
    as "perhaps created".
    """

    def __init__(self, handle: Handle) -> None:
        super().__init__(handle)
        self.start_anew()
        _fork.survive_forks(self)

    def start_anew(self) -> None:
        """Forget what waits for the parent's reports."""
        self._tags = itertools.count()
        self._waiting: dict[int, _Future] = {}
        self._doubtful: set[int] = set()
        self._failures = 0

    def _settle(self, tag: int, result: _reports.Result) -> None:
        """Resolve the future of `tag`, if it waits; it does so no longer, but only at the end."""
        raise NotImplementedError

    def _take(self, timeout_ms: int) -> bool:
        """Settle the event of the next report; whether one came within `timeout_ms`."""
        has_ended = False
        try:
            # Asked first: an event that ends later still has its report in the library.
            has_ended = bool(self._doubtful) and not _reports.flush(self.handle, 0)
            taken = _reports.take_report(self.handle, timeout_ms)
            if taken is not None:
                self._settle(*taken)
        except BaseException:
            self._failures += 1
            self._doubtful.update(list(self._waiting))
            if has_ended and self._failures > PATIENCE:
                self._give_up(self._doubtful)
            raise
        self._failures = 0
        if taken is None and has_ended:
            self._give_up(self._doubtful)
        return taken is not None

    def _give_up(self, tags: Iterable[int]) -> None:
        """Settle events whose reports will not come any more."""
        for tag in list(tags):
            self._settle(
                tag,
                VceError(
                    "an error struck while the event's delivery report was taken",
                    status=Status.ERR_INTERNAL,
                    outcome=Outcome.MAYBE_CREATED,
                ),
            )
        self._doubtful.clear()
