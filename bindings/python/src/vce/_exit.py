"""Before the interpreter exits, the queued events of clients that nobody closed are delivered."""

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
    """A client whose queued events the interpreter delivers before it exits."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self.refusing = False
        """Whether new events are refused, even if the library would accept them."""

    def finish(self) -> None:
        """Hand out the last reports, after the library's client was closed."""


_senders: WeakSet[Sender] = WeakSet()
# Clients that still have events, but no Python client and no loop that waits for the reports.
_orphans: list[Sender] = []
# Whether this process sends, and whether it has delivered for the last time.  A fork handler
# resets both.  Process ids could not tell a child from its parent: ids are reused, and each PID
# namespace has its own.
_sends = False
_has_ended = False


def deliver_before_exit(sender: Sender) -> None:
    """Make the interpreter deliver the queued events of `sender` before it exits."""
    global _sends
    if _has_ended:
        raise ClosedError("the interpreter is exiting", status=Status.ERR_CLOSED)
    if not _sends:
        _sends = True
        _arm()
    _senders.add(sender)


def deliver_orphans(handle: Handle) -> None:
    """Keep a client until its events are finished, although nothing else refers to it."""
    _orphans.append(Sender(handle))
    for orphan in list(_orphans):
        if not _reports.flush(orphan.handle, 0):
            # Another thread, or garbage collection in between, may have removed it.
            with contextlib.suppress(ValueError):
                _orphans.remove(orphan)


def _start_anew() -> None:
    global _sends, _has_ended
    _sends = _has_ended = False


os.register_at_fork(after_in_child=_start_anew)


def _arm() -> None:
    multiprocessing: Any = sys.modules.get("multiprocessing.util")
    if multiprocessing and sys.modules["multiprocessing"].parent_process():
        # multiprocessing ends its children without calling the functions of atexit.
        multiprocessing.Finalize(None, _deliver, exitpriority=-1)


@atexit.register
def _deliver() -> None:
    """Wait for every event, each at most its delivery_timeout.  Ctrl-C ends the wait early."""
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
