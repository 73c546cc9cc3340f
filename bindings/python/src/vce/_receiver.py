"""The events that a client has accepted, until their delivery reports have been taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Generic, TypeVar

from . import _exit, _fork, _reports
from ._call import Handle
from .errors import Outcome, Status, VceError

_Future = TypeVar("_Future")

# After so many errors in a row, the reports that are missing will not come.
PATIENCE = 10


class Receiver(_exit.Sender, Generic[_Future]):
    """A client's futures, by the tags of their events.

    An error, such as a lack of memory or Ctrl-C, may come just when a report has
    been taken.  The report is lost then, and nobody knows whose it was: every
    event that waits is in doubt.  If the library has no more reports, the events
    that are still in doubt end with the outcome MAYBE_CREATED.
    """

    def __init__(self, handle: Handle) -> None:
        super().__init__(handle)
        self.start_anew()
        _fork.survive_forks(self)

    def start_anew(self) -> None:
        """Begin without futures: in a forked child, they belong to the parent."""
        self._tags = itertools.count()
        self._waiting: dict[int, _Future] = {}
        self._doubtful: set[int] = set()
        self._failures = 0

    def _settle(self, tag: int, result: _reports.Result) -> None:
        """Resolve the future of `tag`, if there is one, and then stop waiting for it."""
        raise NotImplementedError

    def _take(self, timeout_ms: int) -> bool:
        """Take a report and resolve its future; return whether one came within `timeout_ms`."""
        has_ended = False
        try:
            # Asked first: if an event finishes later, its report is still in the library.
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
        """Resolve the futures of events whose reports will not come."""
        for tag in list(tags):
            self._settle(
                tag,
                VceError(
                    "the event's delivery report was lost by an error while it was taken",
                    status=Status.ERR_INTERNAL,
                    outcome=Outcome.MAYBE_CREATED,
                ),
            )
        self._doubtful.clear()
