"""The client for threads: it waits for each answer, or sends in the background."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from ctypes import byref
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from . import _reports
from ._call import Handle, call
from ._encode import encode_optional, encode_text
from ._futures import Futures
from ._native import EventListPointer, EventPointer, library
from ._options import Options, open_client
from .errors import Outcome, Status
from .event import Event, take_event
from .stats import Stats, read_stats

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

Self = TypeVar("Self", bound="Client")


class Client:
    """Creates custom events in Vonage conversations, and reads them back.

    Any number of threads may use one client.  Calls that talk to the server
    block for at most the option ``timeout``, without holding the interpreter's
    lock; as with any blocking C call, Ctrl-C is noticed when they return.

    :meth:`enqueue_event` does not wait: the library sends in the background,
    the events of a conversation one after the other.

    **The end.**  Leaving a ``with`` block closes the client, also after an
    exception: it waits until all accepted events are finished, each within
    ``delivery_timeout``.  Ctrl-C ends the wait early; events that are still
    queued then are not created, and their futures say so.  When the interpreter
    exits, the same happens to clients that nobody closed.  A client that is only
    dropped still delivers its accepted events.  A process that is ended by a
    signal or ``os._exit`` delivers nothing more.

    **Fork.**  A child may use a client that it inherits.  Its queue is empty in
    the child, and the parent's futures are resolved only in the parent.

    Methods raise a :class:`vce.VceError`; once the client is closed, a
    :class:`vce.ClosedError`.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        """Make a client; nothing is sent yet.

        Raises ConfigError or CredentialsError.
        """
        self._own(open_client(options, environment=False))

    @classmethod
    def from_env(cls: type[Self], **overrides: Unpack[Options]) -> Self:
        """Make a client from the environment; `overrides` win over it.

        Reads ``VONAGE_APPLICATION_ID``, ``VONAGE_APPLICATION_PRIVATE_KEY_PATH``
        or ``VONAGE_PRIVATE_KEY``, and ``VCE_`` plus any option's name in capitals.
        """
        client = cls.__new__(cls)
        client._own(open_client(overrides, environment=True))
        return client

    def _own(self, handle: Handle) -> None:
        self._handle = handle
        self._futures = Futures(handle)
        # Ends the thread after the last reference is gone: no __del__ uses the client then.
        self._presence = Handle(self._futures, Futures.abandon)

    def create_event(
        self,
        conversation_id: str,
        type: str,
        body: Mapping[str, Any] | str | bytes,
        *,
        from_: str | None = None,
    ) -> Event:
        """Create one custom event and return it as the server described it.

        `body` is a mapping, or JSON text whose values are sent as written.
        `from_` is a member id, required only if the token has a subject.

        When this raises, ``error.outcome`` says whether the event exists.
        """
        event = EventPointer()
        call(
            library().vce_create_event,
            self._handle.pointer,
            *_reports.encode_event(conversation_id, type, body, from_),
            byref(event),
        )
        return take_event(event, Outcome.CREATED)

    def enqueue_event(
        self,
        conversation_id: str,
        type: str,
        body: Mapping[str, Any] | str | bytes,
        *,
        from_: str | None = None,
    ) -> Future[Event]:
        """Create one custom event in the background, and return its future.

        The arguments are those of :meth:`create_event`.  If the event is not
        accepted, this raises at once: InvalidEventError, QueueFullError or
        ClosedError.  Otherwise the future gets the Event, or an error whose
        ``outcome`` says whether the event exists, within the option
        ``delivery_timeout``.

        The future cannot be cancelled: ``cancel()`` returns False.  Its
        callbacks run in a thread of the client, one after the other.
        """
        return self._futures.enqueue(_reports.encode_event(conversation_id, type, body, from_))

    def flush(self, timeout: float | None = None) -> int:
        """Wait until every accepted event is finished and its future is done.

        Returns how many events are not finished after `timeout` seconds.  Without
        a timeout, each event has its ``delivery_timeout``.  Ctrl-C ends only the
        wait.
        """
        return self._futures.flush(timeout)

    def stats(self) -> Stats:
        """Counters of the events in the background, and of the queue."""
        return read_stats(self._handle)

    def get_event(self, conversation_id: str, event_id: str) -> Event:
        """Fetch one event; NotFoundError if there is none."""
        event = EventPointer()
        call(
            library().vce_get_event,
            self._handle.pointer,
            encode_text("conversation_id", conversation_id),
            encode_text("event_id", event_id),
            byref(event),
        )
        return take_event(event)

    def delete_event(self, conversation_id: str, event_id: str) -> None:
        """Delete one event; NotFoundError if there is none."""
        call(
            library().vce_delete_event,
            self._handle.pointer,
            encode_text("conversation_id", conversation_id),
            encode_text("event_id", event_id),
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
    ) -> Iterator[Event]:
        """Iterate over a conversation's events, fetching pages as they are needed.

        `order` is ``"asc"`` or ``"desc"``.  The arguments are checked at once,
        the first request is sent by the first ``next()``.  Threads may share the
        iterator.  After an error, ``next()`` can be called again and skips no event.
        """
        filters = {
            "type": type,
            "order": order,
            "page_size": None if page_size is None else str(page_size),
            "start_id": start_id,
            "end_id": end_id,
            "exclude_deleted": None if exclude_deleted is None else str(exclude_deleted).lower(),
        }
        return _EventIterator(self, self._handle, conversation_id, filters)

    def close(self, timeout: float | None = None) -> bool:
        """Refuse new calls and events; wait up to `timeout` seconds for those under way.

        Without a timeout, the time limits of the options hold.  What is not
        finished in time is cancelled and ends with ClosedError; then this returns
        False.  Ctrl-C cancels at once.  Afterwards all futures are done.  Closing
        again does nothing.
        """
        self._futures.refusing = True
        try:
            if _reports.threads_are_greenlets():
                return self._close_among_greenlets(timeout)
            return _close(self._handle, timeout)
        finally:
            self._futures.finish()

    def _close_among_greenlets(self, timeout: float | None) -> bool:
        left: float | None = 0
        try:
            left = self._futures.wait(timeout)
        finally:
            complete = _reports.close(self._handle, left)
        return complete

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a vce.Client holds connections and a key: it cannot be copied or pickled")


def _close(handle: Handle, timeout: float | None) -> bool:
    waits = (timeout is None or timeout > 0) and threading.active_count() > 1
    if not waits or threading.current_thread() is not threading.main_thread():
        # Only the main thread is interrupted by Ctrl-C.
        return _reports.close(handle, timeout)
    with ThreadPoolExecutor(1, thread_name_prefix="vce-close") as closer:
        try:
            closing = closer.submit(_reports.close, handle, timeout)
        except RuntimeError:
            # The interpreter is exiting, and starts no more threads.
            return _reports.close(handle, timeout)
        try:
            return closing.result()
        except BaseException:
            _reports.close(handle, 0)
            raise


class _EventIterator(Iterator[Event]):
    def __init__(
        self, client: Client, handle: Handle, conversation_id: str, filters: dict[str, str | None]
    ) -> None:
        lib = library()
        events = EventListPointer()
        call(
            lib.vce_list_events,
            handle.pointer,
            encode_text("conversation_id", conversation_id),
            byref(events),
        )
        self._events = Handle(events, lib.vce_event_list_free)
        for name, value in filters.items():
            text = encode_optional(name, value)
            call(lib.vce_event_list_set, events, name.encode(), text)
        # Without its client, a list could not fetch any more.
        self._client = client
        # Only one thread at a time may use a list.
        self._lock = threading.Lock()

    def __next__(self) -> Event:
        event = EventPointer()
        with self._lock:
            status = call(library().vce_event_list_next, self._events.pointer, byref(event))
        if status is Status.END:
            raise StopIteration
        return take_event(event)
