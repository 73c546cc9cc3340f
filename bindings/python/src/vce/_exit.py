"""The interpreter's end: what clients that nobody closed have queued is delivered first."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from typing import Any
from weakref import WeakSet

from . import _reports
from ._call import Handle
from .errors import ClosedError, Status


class Sender:
    """A client's events on their way."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self.refusing = False
        """Whether new events are refused, though the library might take them."""

    def finish(self) -> None:
        """Hand out the last reports: the library's client has been closed."""


_senders: WeakSet[Sender] = WeakSet()
# Events whose client is gone, and the loop that waited for their reports as well.
_orphans: list[Sender] = []
# Whether this process sends, and whether it has delivered for the last time.  Its id would not
# tell it from its parent: ids are used again, and each PID namespace has its own.
_sends = False
_has_ended = False


def deliver_before_exit(sender: Sender) -> None:
    """Have the interpreter wait at its end for what `sender` has queued."""
    global _sends
    if _has_ended:
        raise ClosedError("the interpreter is ending", status=Status.ERR_CLOSED)
    if not _sends:
        _sends = True
        _arm()
    _senders.add(sender)


def deliver_orphans(handle: Handle) -> None:
    """Keep a client until its events have come to their end, though nobody asks any more."""
    _orphans.append(Sender(handle))
    for orphan in list(_orphans):
        if not _reports.flush(orphan.handle, 0):
            # Another thread, or garbage collection meanwhile, may have come first.
            with contextlib.suppress(ValueError):
                _orphans.remove(orphan)


def _start_anew() -> None:
    global _sends, _has_ended
    _sends = _has_ended = False


os.register_at_fork(after_in_child=_start_anew)


def _arm() -> None:
    multiprocessing: Any = sys.modules.get("multiprocessing.util")
    if multiprocessing and sys.modules["multiprocessing"].parent_process():
        # multiprocessing ends its children without what atexit registered.
        multiprocessing.Finalize(None, _deliver, exitpriority=-1)


@atexit.register
def _deliver() -> None:
    """Each event ends within its delivery_timeout, and so does this wait; Ctrl-C cuts it short."""
    global _has_ended
    _has_ended = True
    if not _sends:
        return
    senders = [*_senders, *_orphans]
    for sender in senders:
        sender.refusing = True
    # If one of them raises, the others are still closed and finished.
    with contextlib.ExitStack() as ends:
        for sender in senders:
            ends.callback(sender.finish)
            ends.callback(_reports.close, sender.handle, 0)
        for sender in senders:
            _reports.flush(sender.handle, None)
