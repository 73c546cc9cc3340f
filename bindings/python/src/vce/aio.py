"""The client for asyncio."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ._options import Options
from .client import Client
from .errors import ClosedError, Outcome, Status
from .event import Event

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

_T = TypeVar("_T")
Self = TypeVar("Self", bound="AsyncClient")


class AsyncClient:
    """The methods of :class:`vce.Client`, to be awaited.

    Calls run in `threads` threads of the client's own, which end when it is
    closed; further calls wait for a free one, and their ``timeout`` begins when
    they have it.

    **Cancelling** a task that awaits :meth:`create_event` ends the waiting, not
    a request that has left.  The CancelledError is raised from a ClosedError,
    as its ``__cause__``, whose ``outcome`` tells what is known by then:
    NOT_CREATED if the call had not begun, and now never will; MAYBE_CREATED if
    it was under way, and runs to its end.  Who must know what became of the
    event awaits ``asyncio.shield(client.create_event(...))`` instead.
    """

    def __init__(self, *, threads: int = 16, **options: Unpack[Options]) -> None:
        """Make a client; nothing is sent yet.

        Raises ConfigError or CredentialsError.
        """
        self._start(Client(**options), threads)

    @classmethod
    def from_env(cls: type[Self], *, threads: int = 16, **overrides: Unpack[Options]) -> Self:
        """Make a client from the environment; see :meth:`vce.Client.from_env`."""
        client = cls.__new__(cls)
        client._start(Client.from_env(**overrides), threads)
        return client

    def _start(self, client: Client, threads: int) -> None:
        self._client = client
        self._threads = threads
        self._closed = False
        self._start_threads()

    def _start_threads(self) -> None:
        self._process = os.getpid()
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="vce")

    def _submit(self, function: Callable[..., _T], *arguments: Any, **keywords: Any) -> Future[_T]:
        if self._closed:
            raise ClosedError("the client is closed", status=Status.ERR_CLOSED)
        if self._process != os.getpid():
            # The parent's threads did not come along when it forked.
            self._start_threads()
        return self._executor.submit(function, *arguments, **keywords)

    async def create_event(
        self,
        conversation_id: str,
        type: str,
        body: Mapping[str, Any] | str | bytes,
        *,
        from_: str | None = None,
    ) -> Event:
        """Create one custom event; see :meth:`vce.Client.create_event`."""
        future = self._submit(self._client.create_event, conversation_id, type, body, from_=from_)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError as cancelled:
            raise cancelled from _what_became_of(future)

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

    async def close(self, timeout: float | None = None) -> bool:
        """Close the client and end its threads; see :meth:`vce.Client.close`."""
        self._closed = True
        # A thread of its own: those of the calls may all be taken.
        closing = ThreadPoolExecutor(1, thread_name_prefix="vce-close")
        closed = closing.submit(self._close, timeout)
        try:
            return await asyncio.wrap_future(closed)
        finally:
            # Who cancels the closing does not wait for its end.
            closing.shutdown(wait=closed.done())

    def _close(self, timeout: float | None) -> bool:
        complete = self._client.close(timeout)
        if self._process == os.getpid():
            self._executor.shutdown()
        return complete

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
        # Fetches whose tasks were cancelled when they were under way: no event is lost.
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


def _what_became_of(future: Future[Event]) -> BaseException:
    if future.cancel():
        outcome, message = Outcome.NOT_CREATED, "cancelled before the call began: nothing was sent"
    elif not future.done():
        outcome, message = Outcome.MAYBE_CREATED, "cancelled while the request was under way"
    else:
        error = future.exception()
        if error is not None:
            return error
        outcome, message = Outcome.CREATED, "cancelled when the event had just been created"
    return ClosedError(message, status=Status.ERR_CLOSED, outcome=outcome)
