"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from . import _fork, _reports
from ._loops import Reports
from ._options import Options
from .client import Client
from .errors import ClosedError, Outcome, Status
from .event import Event
from .stats import Stats

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

_T = TypeVar("_T")
Self = TypeVar("Self", bound="AsyncClient")


class DeliveryReport(Awaitable[Event]):
    """The delivery report of an event that the queue has accepted.

    Awaiting it returns the Event, or raises the error.  Any number of tasks of
    its loop may await it, at any time.  Cancelling a task ends only its wait: the
    event is still sent, and the report still comes.
    """

    __slots__ = ("_future",)

    def __init__(self, future: asyncio.Future[Event]) -> None:
        self._future = future

    def __await__(self) -> Generator[Any, None, Event]:
        return asyncio.shield(self._future).__await__()

    def done(self) -> bool:
        """Whether the event is finished."""
        return self._future.done()


class AsyncClient:
    """The methods of :class:`vce.Client`, to be awaited.

    **Creating** events takes no thread: they go through the library's queue,
    and the running loop watches for their reports.  A full queue makes the
    caller wait for room.  The events of a conversation are sent one after the
    other.  ``timeout`` limits each request, ``delivery_timeout`` the time from
    the queue to the report.

    **Reading and deleting** use up to `threads` threads.  These start when they
    are needed, and end when the client is closed.  Further calls wait for a free
    thread; their ``timeout`` begins when they have one.

    **Cancelling** a task ends its wait; an accepted event is still sent.  The
    CancelledError's ``__cause__`` is a ClosedError, whose ``outcome`` says what is
    known: NOT_CREATED if the queue had no room yet, MAYBE_CREATED if the event is
    on its way.  If you need to know in any case whether the event exists, use
    :meth:`enqueue_event`, whose report can be awaited again, or
    ``asyncio.shield``.

    **The end** is as with :class:`vce.Client`: leaving ``async with`` delivers
    the accepted events.  One client may serve several loops, one after the other
    or in several threads; each loop awaits its own reports.
    """

    def __init__(self, *, threads: int = 16, **options: Unpack[Options]) -> None:
        """Make a client; nothing is sent yet.

        Raises ConfigError or CredentialsError.
        """
        self._own(Client(**options), threads)

    @classmethod
    def from_env(cls: type[Self], *, threads: int = 16, **overrides: Unpack[Options]) -> Self:
        """Make a client from the environment; see :meth:`vce.Client.from_env`."""
        client = cls.__new__(cls)
        client._own(Client.from_env(**overrides), threads)
        return client

    def _own(self, client: Client, threads: int) -> None:
        self._client = client
        self._reports = Reports(client._handle)
        self._threads = threads
        self._closed = False
        self.start_anew()
        _fork.survive_forks(self)

    def start_anew(self) -> None:
        """Forget the parent's threads; only a forked child calls this."""
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="vce")

    def _submit(self, function: Callable[..., _T], *arguments: Any) -> Future[_T]:
        if self._closed:
            raise ClosedError("the client is closed", status=Status.ERR_CLOSED)
        return self._executor.submit(function, *arguments)

    async def create_event(
        self,
        conversation_id: str,
        type: str,
        body: Mapping[str, Any] | str | bytes,
        *,
        from_: str | None = None,
    ) -> Event:
        """Create one custom event and return it; see :meth:`vce.Client.create_event`."""
        report = await self.enqueue_event(conversation_id, type, body, from_=from_)
        try:
            return await report
        except asyncio.CancelledError as cancelled:
            raise cancelled from _cause(report._future)

    async def enqueue_event(
        self,
        conversation_id: str,
        type: str,
        body: Mapping[str, Any] | str | bytes,
        *,
        from_: str | None = None,
    ) -> DeliveryReport:
        """Create one custom event in the background.

        Waits until the queue has room, and then returns the event's report.
        Raises QueueFullError only if the event is larger than the whole queue.
        If nobody awaits a report that holds an error, asyncio logs the error, as
        it does for any future.
        """
        event = _reports.encode_event(conversation_id, type, body, from_)
        try:
            return DeliveryReport(await self._reports.enqueue(event))
        except asyncio.CancelledError as cancelled:
            raise cancelled from ClosedError(
                "cancelled before the queue had room: nothing was accepted",
                status=Status.ERR_CLOSED,
            )

    async def get_event(self, conversation_id: str, event_id: str) -> Event:
        """Fetch one event; see :meth:`vce.Client.get_event`."""
        return await asyncio.wrap_future(
            self._submit(self._client.get_event, conversation_id, event_id)
        )

    async def delete_event(self, conversation_id: str, event_id: str) -> None:
        """Delete one event; see :meth:`vce.Client.delete_event`."""
        await asyncio.wrap_future(
            self._submit(self._client.delete_event, conversation_id, event_id)
        )

    def list_events(
        self,
        conversation_id: str,
        *,
        type: str | None = None,
        order: str | None = None,
        page_size: int | None = None,
        start_id: str | None = None,
        end_id: str | None = None,
        exclude_deleted: bool | None = None,
    ) -> AsyncIterator[Event]:
        """Iterate over a conversation's events; see :meth:`vce.Client.list_events`."""
        events = self._client.list_events(
            conversation_id,
            type=type,
            order=order,
            page_size=page_size,
            start_id=start_id,
            end_id=end_id,
            exclude_deleted=exclude_deleted,
        )

        return _AsyncEventIterator(lambda: self._submit(next, events, None))

    async def flush(self, timeout: float | None = None) -> int:
        """Wait until every accepted event is finished; see :meth:`vce.Client.flush`."""
        return await self._reports.flush(timeout)

    def stats(self) -> Stats:
        """Counters of the events so far; see :meth:`vce.Client.stats`."""
        return self._client.stats()

    async def close(self, timeout: float | None = None) -> bool:
        """Close the client and end its threads; see :meth:`vce.Client.close`.

        If this call is cancelled, it cancels what is still under way.
        """
        self._closed = self._reports.refusing = True
        try:
            # In a thread of its own: the threads for calls may all be busy.
            with ThreadPoolExecutor(1, thread_name_prefix="vce-close") as closer:
                try:
                    closing = closer.submit(self._client.close, timeout)
                except RuntimeError:
                    # The interpreter is exiting, and starts no more threads.
                    return self._client.close(timeout)
                try:
                    return await asyncio.wrap_future(closing)
                except BaseException:
                    self._client.close(0)
                    raise
        finally:
            try:
                self._reports.finish()
            finally:
                self._executor.shutdown()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a vce.AsyncClient holds connections and a key: it cannot be copied or pickled"
        )


class _AsyncEventIterator(AsyncIterator[Event]):
    def __init__(self, fetch: Callable[[], Future[Event | None]]) -> None:
        self._fetch = fetch
        # Fetches that go on after their tasks were cancelled: their events come next.
        self._unread: deque[Future[Event | None]] = deque()

    async def __anext__(self) -> Event:
        future = self._unread.popleft() if self._unread else self._fetch()
        try:
            event = await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if not future.cancel():
                self._unread.append(future)
            raise
        if event is None:
            raise StopAsyncIteration
        return event


def _cause(future: asyncio.Future[Event]) -> BaseException:
    if not future.done():
        # The caller gets a CancelledError, so asyncio should not log the event's error.
        future.add_done_callback(asyncio.Future.exception)
        outcome, message = Outcome.MAYBE_CREATED, "cancelled while the event was on its way"
    else:
        error = future.exception()
        if error is not None:
            return error
        outcome, message = Outcome.CREATED, "cancelled when the event had just been created"
    return ClosedError(message, status=Status.ERR_CLOSED, outcome=outcome)
