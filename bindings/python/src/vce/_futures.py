"""Futures for events in the background, and the thread that resolves them."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from concurrent.futures import Future, InvalidStateError, wait
from queue import SimpleQueue

from . import _exit, _fork, _reports
from ._call import Handle
from .errors import ClosedError, Status, VceError
from .event import Event

# How soon the thread notices that an event was refused after all.
_SLICE_MS = 1000


class Futures(_exit.Sender):
    """A client's futures.

    The thread holds this object and the library's client, but not the Python
    client: when that is dropped, what was accepted is still delivered.
    """

    def __init__(self, handle: Handle) -> None:
        super().__init__(handle)
        self.start_anew()
        _fork.survive_forks(self)

    def start_anew(self) -> None:
        self._tags = itertools.count()
        self._waiting: dict[int, Future[Event]] = {}
        # True for an accepted event, False to end the thread.  Unlike a condition's lock, it may
        # be used while garbage is collected.
        self._wake: SimpleQueue[bool] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._is_over = False

    def enqueue(self, event: _reports.Encoded) -> Future[Event]:
        """Hand an event over, and promise its report."""
        if self.refusing:
            raise ClosedError("the client is closed", status=Status.ERR_CLOSED)
        if self._thread is None:
            self._start()
        future: Future[Event] = Future()
        # What was accepted cannot be taken back, so cancel() must not say that it was.
        future.set_running_or_notify_cancel()
        tag = next(self._tags)
        # Before the event is handed over: its report may come sooner than the call returns.
        self._waiting[tag] = future
        try:
            _reports.enqueue(self.handle, tag, event)
        except BaseException:
            del self._waiting[tag]
            raise
        self._wake.put(True)
        return future

    def flush(self, timeout: float | None) -> int:
        """Wait until every event has come to its end and its future is resolved."""
        deadline = time.monotonic() + _reports.seconds(timeout)
        remaining = _reports.flush(self.handle, timeout)
        if remaining or threading.current_thread() is self._thread:
            return remaining
        left = max(deadline - time.monotonic(), 0)
        return len(wait(list(self._waiting.values()), left).not_done)

    def abandon(self) -> None:
        """End the thread as soon as it has resolved every future."""
        self._wake.put(False)

    def finish(self) -> None:
        """Resolve what is left, and wait for the thread's end."""
        self._is_over = True
        self.abandon()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._resolve, name="vce-reports", daemon=True)
                _exit.deliver_before_exit(self)
                thread.start()
                self._thread = thread

    def _resolve(self) -> None:
        """The thread's work."""
        while self._wake.get():
            self._resolve_waiting()
        # An event may have been accepted just before the end.
        self._resolve_waiting()

    def _resolve_waiting(self) -> None:
        while self._waiting:
            taken = _reports.take_report(self.handle, _SLICE_MS)
            if taken is not None:
                self._settle(*taken)
            elif self._is_over:
                break

    def _settle(self, tag: int, result: _reports.Result) -> None:
        future = self._waiting.get(tag)
        if future is None:
            return  # Ctrl-C came when the event had just been accepted.
        # Whoever holds the future may have resolved it, absurd as that is.
        with contextlib.suppress(InvalidStateError):
            if isinstance(result, VceError):
                future.set_exception(result)
            else:
                future.set_result(result)
        # Last: flush waits for what is here.
        del self._waiting[tag]
