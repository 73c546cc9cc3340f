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

# How soon the thread notices that an event was refused after all.
_SLICE_MS = 1000
# Seconds between an error and the next try.
_PAUSE = 0.1


class _Thread(threading.Thread):
    """A thread that resolves futures."""


class _EventFuture(Future[Event]):
    """A future each of whose callbacks is called, whatever another one raises."""

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
        # SystemExit and the like would pass through Future, which logs only an Exception.
        raise RuntimeError(f"a callback raised {type(error).__name__}") from error


class Futures(Receiver["Future[Event]"]):
    """A client's futures.

    The thread holds this object and the library's client, but not the Python
    client: when that is dropped, what was accepted is still delivered.
    """

    def start_anew(self) -> None:
        super().start_anew()
        # The thread sleeps until it can acquire this, and whoever has work for it releases it.
        # Unlike a condition's lock, it may be released while garbage is collected.
        self._wake = threading.Lock()
        self._thread: _Thread | None = None
        # Garbage collection may call an enqueue within another one.
        self._starting = threading.RLock()
        self._is_abandoned = False
        self._is_over = False

    def enqueue(self, event: _reports.Encoded) -> Future[Event]:
        """Hand an event over, and promise its report."""
        if self.refusing:
            raise ClosedError("the client is closed", status=Status.ERR_CLOSED)
        if self._thread is None:
            self._start()
        future = _EventFuture()
        # What was accepted cannot be taken back, so cancel() must not say that it was.
        future.set_running_or_notify_cancel()
        tag = next(self._tags)
        try:
            # Before the event is handed over: its report may come sooner than the call returns.
            self._waiting[tag] = future
            _reports.enqueue(self.handle, tag, event)
            self._wake_up()
        except BaseException:
            self._waiting.pop(tag, None)
            raise
        return future

    def flush(self, timeout: float | None) -> int:
        """Wait until every event has come to its end and its future is resolved."""
        left = timeout
        if _reports.threads_are_greenlets():
            left = self.wait(timeout)
        deadline = time.monotonic() + _reports.seconds(left)
        remaining = _reports.flush(self.handle, left)
        if remaining or threading.current_thread() is self._thread:
            return remaining
        return len(self._pending(max(deadline - time.monotonic(), 0)))

    def wait(self, timeout: float | None) -> float:
        """Wait until every future is resolved, without a call of C; how many seconds are left."""
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
        """Resolve what is left, and wait for the thread's end."""
        self._is_over = True
        self.abandon()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _wake_up(self) -> None:
        # A lock that is free has woken the thread already, as has another thread that comes first.
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
                        " create_event and vce.AsyncClient do without",
                        status=Status.ERR_INTERNAL,
                    ) from error
                self._thread = thread

    def _resolve(self) -> None:
        """The thread's work: no error ends it while a future waits."""
        while self._waiting or not self._is_abandoned:
            try:
                if self._waiting:
                    self._take_next()
                else:
                    self._wake.acquire()
            except BaseException:  # Whatever it is, there is nobody here to tell.
                time.sleep(_PAUSE)
        self._wake_up()

    def _take_next(self) -> None:
        is_over = self._is_over
        if not self._take(_SLICE_MS) and is_over:
            # These are being refused just now.
            self._give_up(self._waiting)

    def _settle(self, tag: int, result: _reports.Result) -> None:
        future = self._waiting.get(tag)
        if future is None:
            return  # Ctrl-C came when the event had just been accepted.
        while not future.done():
            with contextlib.suppress(BaseException):
                if isinstance(result, VceError):
                    future.set_exception(result)
                else:
                    future.set_result(result)
        # Last: flush waits for what is here.
        self._waiting.pop(tag, None)
