"""A client's options: converts Python values to the text that the library reads."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from ctypes import byref
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Union

from ._call import Handle, call
from ._encode import encode_json, encode_optional, encode_text
from ._native import ClientPointer, library
from .errors import ConfigError, Status

if TYPE_CHECKING:
    Duration = Union[float, timedelta, str, None]
    Size = Union[int, str, None]
    PathName = Union[str, os.PathLike[str], None]


class Options(TypedDict, total=False):
    """The options of a client; each is explained in libvce's own documentation.

    A duration is a number of seconds, a timedelta, or text such as ``"250ms"``;
    a size is a number of bytes, or text such as ``"64KiB"``.  None stands for
    the default.

    ``reports`` can only be ``"all"``: an event's future is its delivery report,
    so all reports are kept, whatever the environment says.
    """

    application_id: str | None
    private_key: str | None
    private_key_path: PathName
    token: str | None
    subject: str | None
    acl: Mapping[str, Any] | str | None
    token_ttl: Duration
    base_url: str | None
    allow_plain_http: bool | None
    api_version: str | None
    type_rules: str | None
    connect_timeout: Duration
    timeout: Duration
    max_retries: int | None
    retry_backoff: Duration
    retry_backoff_max: Duration
    delivery: str | None
    event_key: str | None
    lookup_delay: Duration
    rate_limit: str | None
    proxy: str | None
    ca_file: PathName
    tls_roots: str | None
    connections: int | None
    queue_max_events: int | None
    queue_max_bytes: Size
    delivery_timeout: Duration
    reports: Literal["all"] | None
    engine: str | None
    app_name: str | None


_LANGUAGE = "python/{}.{}.{}".format(*sys.version_info)

# The options that are declared as a Duration: a number means seconds there.
DURATIONS = frozenset(
    name for name, kind in Options.__annotations__.items() if "Duration" in str(kind)
)


def open_client(options: Mapping[str, object], *, environment: bool) -> Handle:
    """Make a ``vce_client``.  `options` win over the environment, which is read if wanted."""
    lib = library()
    config = Handle(lib.vce_config_new(), lib.vce_config_free)
    if environment:
        call(lib.vce_config_load_env, config.pointer)
    for name, value in {"language": _LANGUAGE, **options}.items():
        _set(config, name, value)
    if options.get("reports") not in (None, "all"):
        # The library took it, but futures would wait for ever.
        raise ConfigError(
            "option reports: in Python an event's future is its delivery report, so all are kept;"
            " drop the future instead",
            status=Status.ERR_CONFIG,
        )
    # Whatever the environment says.
    _set(config, "reports", "all")
    client = ClientPointer()
    call(lib.vce_client_new, config.pointer, byref(client))
    return Handle(client, lib.vce_client_free)


def _set(config: Handle, name: str, value: object) -> None:
    call(
        library().vce_config_set,
        config.pointer,
        encode_text("the option's name", name, ConfigError),
        encode_optional(f"option {name}", option_text(name, value), ConfigError),
    )


def option_text(name: str, value: object) -> str | None:
    """The library's text for one option's value."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return _milliseconds(value.total_seconds())
    if isinstance(value, (int, float)):
        return _milliseconds(value) if name in DURATIONS else str(value)
    if isinstance(value, Mapping):
        return encode_json(f"option {name}", value, ConfigError, Status.ERR_CONFIG).decode()
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    raise TypeError(f"option {name} cannot be a {type(value).__name__}")


def _milliseconds(seconds: float) -> str:
    # NaN and infinity are passed on: the library refuses them, and names the option.
    return f"{round(seconds * 1000)}ms" if math.isfinite(seconds) else str(seconds)
