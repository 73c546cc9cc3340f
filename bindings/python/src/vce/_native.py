"""Finds the C library, and declares every function of ``vce.h``."""

from __future__ import annotations

import ctypes
import functools
import os
from ctypes import POINTER, Structure, c_bool, c_char_p, c_int, c_int32, c_int64, c_uint64, c_void_p
from pathlib import Path
from typing import Any

from ._version import __version__
from .errors import LibraryLoadError

FILE_NAME = "libvce.so.0"


class Config(Structure):
    """``vce_config``, opaque."""


class Client(Structure):
    """``vce_client``, opaque."""


class Event(Structure):
    """``vce_event``, opaque."""


class EventList(Structure):
    """``vce_event_list``, opaque."""


class Error(Structure):
    """``vce_error``, opaque."""


class Report(Structure):
    """``vce_report``, opaque."""


ConfigPointer = POINTER(Config)
ClientPointer = POINTER(Client)
EventPointer = POINTER(Event)
EventListPointer = POINTER(EventList)
ErrorPointer = POINTER(Error)
ReportPointer = POINTER(Report)

_text = c_char_p
_status = c_int
_outcome = c_int
_error_out = POINTER(ErrorPointer)

FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    # name: (result, arguments).  Text that the caller must free is c_void_p:
    # ctypes would copy a c_char_p, and lose the address.
    "vce_version": (_text, ()),
    "vce_status_name": (_text, (c_int32,)),
    "vce_string_free": (None, (c_void_p,)),
    "vce_validate_type": (_status, (_text, _error_out)),
    "vce_validate_body": (_status, (_text, _error_out)),
    "vce_config_new": (ConfigPointer, ()),
    "vce_config_set": (_status, (ConfigPointer, _text, _text, _error_out)),
    "vce_config_load_env": (_status, (ConfigPointer, _error_out)),
    "vce_config_free": (None, (ConfigPointer,)),
    "vce_client_new": (_status, (ConfigPointer, POINTER(ClientPointer), _error_out)),
    "vce_client_close": (_status, (ClientPointer, c_uint64, _error_out)),
    "vce_client_free": (None, (ClientPointer,)),
    "vce_create_event": (
        _status,
        (ClientPointer, _text, _text, _text, _text, POINTER(EventPointer), _error_out),
    ),
    "vce_get_event": (_status, (ClientPointer, _text, _text, POINTER(EventPointer), _error_out)),
    "vce_delete_event": (_status, (ClientPointer, _text, _text, _error_out)),
    "vce_list_events": (_status, (ClientPointer, _text, POINTER(EventListPointer), _error_out)),
    "vce_event_list_set": (_status, (EventListPointer, _text, _text, _error_out)),
    "vce_event_list_next": (_status, (EventListPointer, POINTER(EventPointer), _error_out)),
    "vce_event_list_free": (None, (EventListPointer,)),
    "vce_event_id": (_text, (EventPointer,)),
    "vce_event_type": (_text, (EventPointer,)),
    "vce_event_from": (_text, (EventPointer,)),
    "vce_event_timestamp": (_text, (EventPointer,)),
    "vce_event_body": (_text, (EventPointer,)),
    "vce_event_json": (_text, (EventPointer,)),
    "vce_event_free": (None, (EventPointer,)),
    "vce_error_status": (_status, (ErrorPointer,)),
    "vce_error_message": (_text, (ErrorPointer,)),
    "vce_error_outcome": (_outcome, (ErrorPointer,)),
    "vce_error_is_retryable": (c_bool, (ErrorPointer,)),
    "vce_error_retry_after_ms": (c_int64, (ErrorPointer,)),
    "vce_error_offset": (c_int64, (ErrorPointer,)),
    "vce_error_http_status": (c_int32, (ErrorPointer,)),
    "vce_error_code": (_text, (ErrorPointer,)),
    "vce_error_title": (_text, (ErrorPointer,)),
    "vce_error_detail": (_text, (ErrorPointer,)),
    "vce_error_trace_id": (_text, (ErrorPointer,)),
    "vce_error_response": (_text, (ErrorPointer,)),
    "vce_error_free": (None, (ErrorPointer,)),
    "vce_enqueue_event": (
        _status,
        (ClientPointer, _text, _text, _text, _text, c_uint64, _error_out),
    ),
    "vce_poll": (ReportPointer, (ClientPointer, c_uint64)),
    "vce_flush": (_status, (ClientPointer, c_uint64, POINTER(c_uint64), _error_out)),
    "vce_report_fd": (c_int, (ClientPointer,)),
    "vce_client_stats": (c_void_p, (ClientPointer,)),
    "vce_report_tag": (c_uint64, (ReportPointer,)),
    "vce_report_outcome": (_outcome, (ReportPointer,)),
    "vce_report_event": (EventPointer, (ReportPointer,)),
    "vce_report_error": (ErrorPointer, (ReportPointer,)),
    "vce_report_free": (None, (ReportPointer,)),
}


_REMEDY = (
    "reinstall the package, which contains its library,"
    " or name another file in the environment variable VCE_LIBRARY_PATH"
)


def candidates() -> list[str]:
    """The paths to try, in order."""
    override = os.environ.get("VCE_LIBRARY_PATH")
    if override:
        # A fallback to another library would hide a mistake in the path.
        return [override]
    return [str(Path(__file__).with_name(FILE_NAME)), FILE_NAME]


@functools.cache
def library() -> ctypes.CDLL:
    """The library, loaded at the first call.

    Raises LibraryLoadError if no path can be loaded, or if the library has
    another version than this package.
    """
    tried = []
    for path in candidates():
        try:
            loaded = ctypes.CDLL(path)
        except OSError as error:
            tried.append(f"  {path}: {error}")
            continue
        return _declare(loaded, path)
    raise LibraryLoadError(
        f"the native library of vce was not found; {_REMEDY}.  Tried:\n" + "\n".join(tried)
    )


def _declare(loaded: ctypes.CDLL, path: str) -> ctypes.CDLL:
    for name, (result, arguments) in FUNCTIONS.items():
        try:
            function = getattr(loaded, name)
        except AttributeError:
            raise LibraryLoadError(
                f"{path} has no function {name}, so it is not libvce {__version__}; {_REMEDY}"
            ) from None
        function.restype = result
        function.argtypes = arguments
    version: str = loaded.vce_version().decode()
    if _series(version) != _series(__version__):
        raise LibraryLoadError(
            f"{path} is libvce {version}, but this package needs {__version__}; {_REMEDY}"
        )
    return loaded


def _series(version: str) -> list[str]:
    """Major and minor: patch releases keep the C ABI."""
    return version.split(".")[:2]
