"""Why a call failed, and whether the event exists.

Every error has a :class:`Status` (why the call failed) and an :class:`Outcome`
(whether the event exists nevertheless).  Catch the class for the kind of failure;
read ``outcome`` before you create the event again.
"""

from __future__ import annotations

import builtins
import enum
from typing import Any


class Status(enum.IntEnum):
    """The C library's ``vce_status``: the numbers never change.

    A number that only a newer library knows is a Status too: its name is
    ``ERR_UNKNOWN``, and it is not among ``list(Status)``.
    """

    OK = 0
    END = 1
    ERR_ARGUMENT = 10
    ERR_CONFIG = 11
    ERR_CREDENTIALS = 12
    ERR_CLOSED = 13
    ERR_TYPE_PREFIX = 20
    ERR_TYPE_EMPTY = 21
    ERR_TYPE_TOO_LONG = 22
    ERR_TYPE_CHARACTER = 23
    ERR_BODY_JSON = 24
    ERR_BODY_NOT_OBJECT = 25
    ERR_BODY_TOO_LARGE = 26
    ERR_CONVERSATION_ID = 27
    ERR_MEMBER_ID = 28
    ERR_EVENT_ID = 29
    ERR_CONNECT = 40
    ERR_TLS = 41
    ERR_TIMEOUT = 42
    ERR_NETWORK = 43
    ERR_RESPONSE = 44
    ERR_BAD_REQUEST = 60
    ERR_UNAUTHORIZED = 61
    ERR_FORBIDDEN = 62
    ERR_NOT_FOUND = 63
    ERR_RATE_LIMITED = 64
    ERR_SERVER = 65
    ERR_QUEUE_FULL = 80
    ERR_STORAGE = 81
    ERR_INTERNAL = 99

    @classmethod
    def _missing_(cls, value: object) -> Status | None:
        if not isinstance(value, int):
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = "ERR_UNKNOWN"
        unknown._value_ = value
        return unknown

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        # Python 3.11.2 pickles a member by its name, and all unknown numbers have the same one.
        return Status, (int(self),)


class Outcome(enum.Enum):
    """Whether the event exists that a call should create.

    A number that only a newer library knows stands for MAYBE_CREATED.
    """

    NOT_CREATED = 0
    """It certainly does not exist."""
    CREATED = 1
    """It exists."""
    MAYBE_CREATED = 2
    """The request left, but no answer says whether the event exists: list the events first."""

    @classmethod
    def _missing_(cls, value: object) -> Outcome | None:
        return cls.MAYBE_CREATED if isinstance(value, int) else None


class VceError(Exception):
    """The base class of every error of this package."""

    status: Status
    """Why the call failed."""
    outcome: Outcome
    """Whether the event exists."""
    retryable: bool
    """Whether the same call may succeed later."""
    offset: int | None
    """The first wrong byte of an event type, an id, a body or an option."""
    http_status: int | None
    """The status of the server's answer; None if no answer came."""
    code: str | None
    """Vonage's code, such as ``conversation:error:not-found``."""
    title: str | None
    """The title in the server's problem details."""
    detail: str | None
    """The detail in the server's problem details."""
    trace_id: str | None
    """Vonage's id of the request; their support can look it up."""
    response: str | None
    """The answer's body as received, its first 64 KiB."""
    retry_after: float | None
    """Seconds that the server asked to wait."""

    def __init__(
        self,
        message: str,
        *,
        status: Status,
        outcome: Outcome = Outcome.NOT_CREATED,
        retryable: bool = False,
        offset: int | None = None,
        http_status: int | None = None,
        code: str | None = None,
        title: str | None = None,
        detail: str | None = None,
        trace_id: str | None = None,
        response: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.outcome = outcome
        self.retryable = retryable
        self.offset = offset
        self.http_status = http_status
        self.code = code
        self.title = title
        self.detail = detail
        self.trace_id = trace_id
        self.response = response
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle would call the class with the message alone.
        return _restore, (type(self), str(self), self.__dict__.copy())


def _restore(kind: type[VceError], message: str, state: dict[str, Any]) -> VceError:
    error = kind(message, status=state["status"])
    error.__dict__.update(state)
    return error


class ConfigError(VceError):
    """An option is unknown, or its value is invalid."""


class CredentialsError(VceError):
    """The private key or the token cannot be used."""


class InvalidEventError(VceError, ValueError):
    """An event type, a body, an id or a list's filter breaks a rule.  Nothing was sent."""


class ClosedError(VceError):
    """The client is closed, or the call was cancelled."""


class TransportError(VceError, ConnectionError):
    """The server was not reached, the connection broke, or the answer is invalid."""


class TimeoutError(VceError, builtins.TimeoutError):
    """The answer did not come within the option ``timeout``."""


class ApiError(VceError):
    """The server refused the request, and said why."""


class AuthenticationError(ApiError):
    """401: the server does not accept the token."""


class ForbiddenError(ApiError):
    """403: the token does not allow this."""


class NotFoundError(ApiError):
    """404 or 410: no such conversation, or no such event."""


class RateLimitedError(ApiError):
    """429: too many requests; see ``retry_after``."""


class ServerError(ApiError):
    """5xx: the server failed; see ``outcome``."""


class QueueFullError(VceError):
    """The queue has no room for the event."""


class LibraryLoadError(VceError, OSError):
    """The C library cannot be loaded; the message lists every path tried.

    Its ``status`` is ERR_INTERNAL, and nothing was sent.
    """

    def __init__(self, message: str, *, status: Status = Status.ERR_INTERNAL) -> None:
        super().__init__(message, status=status)


BY_STATUS: dict[Status, type[VceError]] = {
    Status.ERR_ARGUMENT: InvalidEventError,
    Status.ERR_CONFIG: ConfigError,
    Status.ERR_CREDENTIALS: CredentialsError,
    Status.ERR_CLOSED: ClosedError,
    Status.ERR_TYPE_PREFIX: InvalidEventError,
    Status.ERR_TYPE_EMPTY: InvalidEventError,
    Status.ERR_TYPE_TOO_LONG: InvalidEventError,
    Status.ERR_TYPE_CHARACTER: InvalidEventError,
    Status.ERR_BODY_JSON: InvalidEventError,
    Status.ERR_BODY_NOT_OBJECT: InvalidEventError,
    Status.ERR_BODY_TOO_LARGE: InvalidEventError,
    Status.ERR_CONVERSATION_ID: InvalidEventError,
    Status.ERR_MEMBER_ID: InvalidEventError,
    Status.ERR_EVENT_ID: InvalidEventError,
    Status.ERR_CONNECT: TransportError,
    Status.ERR_TLS: TransportError,
    Status.ERR_TIMEOUT: TimeoutError,
    Status.ERR_NETWORK: TransportError,
    Status.ERR_RESPONSE: TransportError,
    Status.ERR_BAD_REQUEST: ApiError,
    Status.ERR_UNAUTHORIZED: AuthenticationError,
    Status.ERR_FORBIDDEN: ForbiddenError,
    Status.ERR_NOT_FOUND: NotFoundError,
    Status.ERR_RATE_LIMITED: RateLimitedError,
    Status.ERR_SERVER: ServerError,
    Status.ERR_QUEUE_FULL: QueueFullError,
    Status.ERR_STORAGE: VceError,
    Status.ERR_INTERNAL: VceError,
}
"""The class for each status.

A status that is not here is one of a newer library: it becomes a plain VceError.
"""
