"""Create custom events in Vonage conversations.

::

    import vce

    with vce.Client(application_id=APP, private_key_path="private.key") as client:
        event = client.create_event("CON-…", "custom:order_paid", {"total": 12})
        print(event.id, event.timestamp)

Start with :class:`Client`, or :class:`AsyncClient` for asyncio.  The errors of
:mod:`vce.errors` say what went wrong, and whether the event exists.
"""

from ._native import library as _library
from ._options import Options
from ._version import __version__
from .aio import AsyncClient, DeliveryReport
from .client import Client
from .errors import (
    ApiError,
    AuthenticationError,
    ClosedError,
    ConfigError,
    CredentialsError,
    ForbiddenError,
    InvalidEventError,
    LibraryLoadError,
    NotFoundError,
    Outcome,
    QueueFullError,
    RateLimitedError,
    ServerError,
    Status,
    TimeoutError,
    TransportError,
    VceError,
)
from .event import Event
from .rules import is_valid_type, validate_body, validate_type
from .stats import EngineStats, Latency, Stats

__all__ = [
    "ApiError",
    "AsyncClient",
    "AuthenticationError",
    "Client",
    "ClosedError",
    "ConfigError",
    "CredentialsError",
    "DeliveryReport",
    "EngineStats",
    "Event",
    "ForbiddenError",
    "InvalidEventError",
    "Latency",
    "LibraryLoadError",
    "NotFoundError",
    "Options",
    "Outcome",
    "QueueFullError",
    "RateLimitedError",
    "ServerError",
    "Stats",
    "Status",
    "TimeoutError",
    "TransportError",
    "VceError",
    "__version__",
    "is_valid_type",
    "library_version",
    "validate_body",
    "validate_type",
]


def library_version() -> str:
    """The version of the C library that is loaded, such as ``"0.1.0"``."""
    version: str = _library().vce_version().decode()
    return version
