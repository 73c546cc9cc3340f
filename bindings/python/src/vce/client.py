"""The client that waits for each answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from ctypes import byref
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ._call import Handle, call
from ._encode import encode_body, encode_optional, encode_text
from ._native import EventListPointer, EventPointer, library
from ._options import Options, open_client
from .errors import Status, TimeoutError
from .event import Event, take_event

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

# Thirty years, in seconds: far within what the library's milliseconds hold.
_FOREVER = 1e9

Self = TypeVar("Self", bound="Client")


class Client:
    """Creates custom events in Vonage conversations, and reads them back.

    Any number of threads may use one client.  Each call blocks for at most the
    option ``timeout``, without holding the interpreter's lock; as with any
    blocking C call, Ctrl-C is noticed when it returns.

    Every method raises a :class:`vce.VceError`, :class:`vce.ClosedError` once
    the client is closed.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        """Make a client; nothing is sent yet.

        Raises ConfigError or CredentialsError.
        """
        self._handle = open_client(options, environment=False)

    @classmethod
    def from_env(cls: type[Self], **overrides: Unpack[Options]) -> Self:
        """Make a client from the environment, with `overrides` laid over it.

        Reads ``VONAGE_APPLICATION_ID``, ``VONAGE_APPLICATION_PRIVATE_KEY_PATH``
        or ``VONAGE_PRIVATE_KEY``, and ``VCE_`` plus any option's name in capitals.
        """
        client = cls.__new__(cls)
        client._handle = open_client(overrides, environment=True)
        return client

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

        When this raises, ``error.outcome`` tells whether the event exists.
        """
        event = EventPointer()
        call(
            library().vce_create_event,
            self._handle.pointer,
            encode_text("conversation_id", conversation_id),
            encode_text("type", type),
            encode_optional("from_", from_),
            encode_body(body),
            byref(event),
        )
        return take_event(event)

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
        the first request leaves with the first ``next()``.  Threads may share
        the iterator; after an error it can be asked again, and passes no event over.
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
        """Refuse new calls, and wait `timeout` seconds for those that are under way.

        Without a timeout each of them has the time that its own options give it.
        Calls that are not done by then end with ClosedError; False means that
        there were such calls.  Closing again does nothing.
        """
        seconds = _FOREVER if timeout is None else min(max(timeout, 0), _FOREVER)
        try:
            call(library().vce_client_close, self._handle.pointer, round(seconds * 1000))
        except TimeoutError:
            return False
        return True

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
        # A list outlives its client, but fetches nothing any more.
        self._client = client
        # A list serves one thread at a time.
        self._lock = threading.Lock()

    def __next__(self) -> Event:
        event = EventPointer()
        with self._lock:
            status = call(library().vce_event_list_next, self._events.pointer, byref(event))
        if status is Status.END:
            raise StopIteration
        return take_event(event)
