"""An event as the server described it."""

from __future__ import annotations

import json as _json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ._call import decode, unreadable
from ._native import library
from .errors import Outcome


@dataclass(frozen=True)
class Event:
    """One event of a conversation; a field that the server left out is None."""

    id: str | None
    """The event's id as text, whether the server sent a number or a string."""
    type: str | None
    """The event type, such as ``custom:order_paid``."""
    from_: str | None
    """The id of the member that the event came from."""
    timestamp: str | None
    """When the server accepted the event, as the server wrote it."""
    body_json: str | None
    """The body's JSON text, exactly as the server sent it."""
    json: str
    """The JSON text of the whole event, with every field that the server sent."""

    @cached_property
    def body(self) -> Any:
        """The body, decoded on first use; numbers are converted as :mod:`json` does."""
        return None if self.body_json is None else _json.loads(self.body_json)


def copy_event(pointer: Any) -> Event:
    """Copy a ``vce_event`` that something else owns."""
    lib = library()
    return Event(
        id=decode(lib.vce_event_id(pointer)),
        type=decode(lib.vce_event_type(pointer)),
        from_=decode(lib.vce_event_from(pointer)),
        timestamp=decode(lib.vce_event_timestamp(pointer)),
        body_json=decode(lib.vce_event_body(pointer)),
        json=decode(lib.vce_event_json(pointer)) or "",
    )


def take_event(pointer: Any, outcome: Outcome = Outcome.NOT_CREATED) -> Event:
    """Copy a ``vce_event`` and free it; if that fails, the error has this `outcome`."""
    try:
        return copy_event(pointer)
    except Exception as cause:
        raise unreadable("the event", outcome, cause) from cause
    finally:
        library().vce_event_free(pointer)
