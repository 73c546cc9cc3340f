"""Delivery reports for asyncio: loops watch the library's descriptor, so no thread waits."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from typing import Any

from . import _exit, _reports
from ._receiver import PATIENCE, Receiver
from .errors import ClosedError, QueueFullError, Status, VceError
from .event import Event

# How many reports are taken before the loop's other callbacks run.
_BATCH = 100
# After closing, every report is there or comes very soon.
_LAST_MS = 1000
# Seconds between an error and the next try.
_PAUSE = 0.1


class Reports(Receiver["asyncio.Future[Event]"]):
    """The events of one client, and the loops that wait for their reports.

    A loop watches the descriptor only while it waits for something.  Any loop
    takes any report, because the descriptor does not say whose event it is.
    """

    def start_anew(self) -> None:
        super().start_anew()
        # The futures of tasks that wait until some report has been taken.
        self._wakeups: set[asyncio.Future[None]] = set()
        # What each loop waits for: it watches the descriptor until it waits for nothing more.
        self._watchers: dict[AbstractEventLoop, set[asyncio.Future[Any]]] = {}
        self._turns: dict[AbstractEventLoop, asyncio.Lock] = {}
        # Loops that will look for reports after a pause, whether or not the descriptor calls them.
        self._retrying: set[AbstractEventLoop] = set()
        # Held while a report is taken and its future is resolved.
        self._taking = threading.RLock()

    async def enqueue(self, event: _reports.Encoded) -> asyncio.Future[Event]:
        """Hand an event to the library once the queue has room; return its report's future."""
        loop = asyncio.get_running_loop()
        turn = self._turns.setdefault(loop, asyncio.Lock())
        # First come, first served; otherwise a large event might wait for ever.
        async with turn:
            try:
                return self._enqueue(loop, event)
            except QueueFullError:
                pass
            with self._wakeup(loop) as wakeup:
                while True:
                    try:
                        return self._enqueue(loop, event)
                    except QueueFullError:
                        if not self._waiting:
                            raise  # The event is larger than the whole queue.
                    await wakeup()

    async def flush(self, timeout: float | None) -> int:
        """Wait until every report has been taken; return how many have not."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _reports.seconds(timeout)
        with self._wakeup(loop) as wakeup:
            while self._waiting and (left := deadline - loop.time()) > 0:
                await wakeup(left)
        return len(self._waiting)

    def finish(self) -> None:
        with self._taking:
            try:
                while self._failures <= PATIENCE:
                    with contextlib.suppress(Exception):
                        if not self._take(_LAST_MS):
                            break
            finally:
                self._give_up(self._waiting)
                self._wake()

    def __del__(self) -> None:
        if self._waiting and not self.refusing:
            # The loop that watched the descriptor was closed.
            _exit.deliver_orphans(self.handle)

    def _enqueue(self, loop: AbstractEventLoop, event: _reports.Encoded) -> asyncio.Future[Event]:
        if self.refusing:
            raise ClosedError("the client is closed", status=Status.ERR_CLOSED)
        future: asyncio.Future[Event] = loop.create_future()
        tag = next(self._tags)
        self._watch(future)
        try:
            self._waiting[tag] = future
            _reports.enqueue(self.handle, tag, event)
        except BaseException:
            self._waiting.pop(tag, None)
            self._unwatch(future)
            raise
        return future

    def _watch(self, waiter: asyncio.Future[Any]) -> None:
        loop = waiter.get_loop()
        if loop not in self._watchers:
            _exit.deliver_before_exit(self)
            self._forget_closed_loops()
            loop.add_reader(_reports.descriptor(self.handle), self._take_some)
            self._watchers[loop] = set()
            if self._doubtful:
                self._retry_in(loop)
        self._watchers[loop].add(waiter)

    def _forget_closed_loops(self) -> None:
        for loop in {*list(self._watchers), *list(self._turns), *list(self._retrying)}:
            if loop.is_closed():
                self._watchers.pop(loop, None)
                self._turns.pop(loop, None)
                self._retrying.discard(loop)

    def _unwatch(self, waiter: asyncio.Future[Any]) -> None:
        loop = waiter.get_loop()
        watchers = self._watchers.get(loop)
        if watchers is None or loop.is_closed():
            return
        watchers.discard(waiter)
        if not watchers:
            del self._watchers[loop]
            loop.remove_reader(_reports.descriptor(self.handle))

    def _take_some(self) -> None:
        try:
            with self._taking:
                for _ in range(_BATCH):
                    if not self._take(0):
                        break
        except BaseException:
            self._retry_in(asyncio.get_running_loop())
            raise
        finally:
            self._wake()

    def _retry_in(self, loop: AbstractEventLoop) -> None:
        if loop not in self._retrying:
            self._retrying.add(loop)
            loop.call_later(_PAUSE, self._retry, loop)

    def _retry(self, loop: AbstractEventLoop) -> None:
        self._retrying.discard(loop)
        self._take_some()
        if self._doubtful:
            self._retry_in(loop)

    def _settle(self, tag: int, result: _reports.Result) -> None:
        future = self._waiting.get(tag)
        if future is not None:
            _in_its_loop(future, self._resolve, future, result)
            self._waiting.pop(tag, None)

    def _resolve(self, future: asyncio.Future[Event], result: _reports.Result) -> None:
        try:
            if future.done():
                return
            if isinstance(result, VceError):
                future.set_exception(result)
            else:
                future.set_result(result)
        finally:
            self._unwatch(future)

    @contextlib.contextmanager
    def _wakeup(self, loop: AbstractEventLoop) -> Iterator[Callable[..., Any]]:
        """A function to await: it returns when a report was taken since its last call."""
        taken: asyncio.Future[None] = loop.create_future()
        watched = taken
        self._watch(watched)
        self._wakeups.add(taken)

        async def wakeup(timeout: float | None = None) -> None:
            nonlocal taken
            await asyncio.wait({taken}, timeout=timeout)
            self._wakeups.discard(taken)
            taken = loop.create_future()
            self._wakeups.add(taken)

        try:
            yield wakeup
        finally:
            self._wakeups.discard(taken)
            self._unwatch(watched)

    def _wake(self) -> None:
        for taken in list(self._wakeups):
            _in_its_loop(taken, _mark, taken)


def _mark(taken: asyncio.Future[None]) -> None:
    if not taken.done():
        taken.set_result(None)


def _in_its_loop(future: asyncio.Future[Any], callback: Callable[..., None], *args: Any) -> None:
    loop = future.get_loop()
    if loop is _running_loop():
        callback(*args)
    else:
        # Nobody waits in a closed loop.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(callback, *args)


def _running_loop() -> AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
