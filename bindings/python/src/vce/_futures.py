"""Futures for events in the background, and the thread that resolves them."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait

from . import _exit, _reports
from ._receiver import Receiver
from .errors import ClosedError, Status, VceError
from .event import Event

# How long the thread waits for one report.  If the library refuses the only event that waits, the
# thread notices it after this time.
_SLICE_MS = 1000
# Seconds between an error and the next try.
_PAUSE = 0.1


class _Thread(threading.Thread):
    """A thread that resolves futures."""


class _EventFuture(Future[Event]):
    """A future that calls all its callbacks, even if one of them raises."""

    def add_done_callback(self, fn: Callable[[Future[Event]], object]) -> None:
        super().add_done_callback(functools.partial(_call_back, fn))


def _call_back(callback: Callable[[Future[Event]], object], future: Future[Event]) -> None:
    try:
        callback(future)
    except Exception:
        raise
    except BaseException as error:
        if not isinstance(threading.current_thread(), _Thread):
            raise
        # Future logs only an Exception: SystemExit and the like would end the thread.
        raise RuntimeError(f"a callback raised {type(error).__name__}") from error


class Futures(Receiver["Future[Event]"]):
    """A client's futures.

    The thread refers to this object and the library's client, but not to the
    Python client: when that is dropped, its accepted events are still delivered.
    """

    def start_anew(self) -> None:
        super().start_anew()
        # The thread sleeps until it can acquire this lock; whoever has work for it releases the
        # lock.  Unlike a Condition, it can be used safely during garbage collection.
        self._wake = threading.Lock()
        self._thread: _Thread | None = None
        # Reentrant: garbage collection within one enqueue may call another.
        self._starting = threading.RLock()
        self._is_abandoned = False
        self._is_over = False

    def enqueue(self, event: _reports.Encoded) -> Future[Event]:
        """Hand an event to the library, and return the future for its report."""
        if self.refusing:
            raise ClosedError("the client is closed", status=Status.ERR_CLOSED)
        if self._thread is None:
            self._start()
        future = _EventFuture()
        # An accepted event cannot be taken back, so cancel() must answer False.
        future.set_running_or_notify_cancel()
        tag = next(self._tags)
        try:
            # First, because the report may come before the call returns.
            self._waiting[tag] = future
            _reports.enqueue(self.handle, tag, event)
            self._wake_up()
        except BaseException:
            self._waiting.pop(tag, None)
            raise
        return future

    def flush(self, timeout: float | None) -> int:
        """Wait until every event is finished and its future is resolved."""
        left = timeout
        if _reports.threads_are_greenlets():
            left = self.wait(timeout)
        deadline = time.monotonic() + _reports.seconds(left)
        remaining = _reports.flush(self.handle, left)
        if remaining or threading.current_thread() is self._thread:
            return remaining
        return len(self._pending(max(deadline - time.monotonic(), 0)))

    def wait(self, timeout: float | None) -> float:
        """Wait for all futures without calling C; return how many seconds are left."""
        deadline = time.monotonic() + _reports.seconds(timeout)
        if threading.current_thread() is not self._thread:
            while (left := deadline - time.monotonic()) > 0 and self._pending(0):
                self._pending(left)
        return max(deadline - time.monotonic(), 0)

    def _pending(self, timeout: float) -> set[Future[Event]]:
        return wait(list(self._waiting.values()), timeout).not_done

    def abandon(self) -> None:
        """End the thread as soon as it has resolved every future."""
        self._is_abandoned = True
        self._wake_up()

    def finish(self) -> None:
        """Resolve the remaining futures, and wait until the thread has ended."""
        self._is_over = True
        self.abandon()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _wake_up(self) -> None:
        # If the lock is free, or another thread frees it first, the thread wakes up anyway.
        if self._wake.locked():
            with contextlib.suppress(RuntimeError):
                self._wake.release()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                _exit.deliver_before_exit(self)
                try:
                    thread = _Thread(target=self._resolve, name="vce-reports", daemon=True)
                    thread.start()
                except RuntimeError as error:
                    raise VceError(
                        f"enqueue_event needs a thread, which cannot be started: {error};"
                        " use create_event or vce.AsyncClient, which need none",
                        status=Status.ERR_INTERNAL,
                    ) from error
                self._thread = thread

    def _resolve(self) -> None:
        """The thread's work.  No error ends it while a future waits."""
        while self._waiting or not self._is_abandoned:
            try:
                if self._waiting:
                    self._take_next()
                else:
                    self._wake.acquire()
            except BaseException:  # Nobody could catch it.
                time.sleep(_PAUSE)
        self._wake_up()

    def _take_next(self) -> None:
        is_over = self._is_over
        if not self._take(_SLICE_MS) and is_over:
            # The client is closed, so the library is refusing these events right now.
            self._give_up(self._waiting)

    def _settle(self, tag: int, result: _reports.Result) -> None:
        future = self._waiting.get(tag)
        if future is None:
            return  # Ctrl-C came just after the event was accepted.
        while not future.done():
            with contextlib.suppress(BaseException):
                if isinstance(result, VceError):
                    future.set_exception(result)
                else:
                    future.set_result(result)
        # Last, because flush waits until it is gone.
        self._waiting.pop(tag, None)
