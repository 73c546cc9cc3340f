"""Calling the library: errors become exceptions, and what it hands over is freed."""

from __future__ import annotations

from ctypes import byref
from typing import Any

from ._native import ErrorPointer, library
from .errors import BY_STATUS, Outcome, Status, VceError


class Handle:
    """Owns one object of the library, and frees it with its last reference.

    Only then can no thread be inside a call that uses the object: the call
    holds a reference as well.
    """

    __slots__ = ("_free", "pointer")

    def __init__(self, pointer: Any, free: Any) -> None:
        self.pointer = pointer
        self._free = free

    def __del__(self) -> None:
        self._free(self.pointer)


def call(function: Any, *arguments: Any) -> Status:
    """Call a function whose last parameter is the error; raise what it reports."""
    error = ErrorPointer()
    status = function(*arguments, byref(error))
    if status in (Status.OK, Status.END):
        return Status(status)
    try:
        raise copy_error(error)
    finally:
        library().vce_error_free(error)


def copy_error(error: Any) -> VceError:
    """What a ``vce_error`` reports, as the exception for it."""
    lib = library()
    status = Status(lib.vce_error_status(error))
    offset = lib.vce_error_offset(error)
    retry_after_ms = lib.vce_error_retry_after_ms(error)
    return BY_STATUS[status](
        decode(lib.vce_error_message(error)) or status.name,
        status=status,
        outcome=Outcome(lib.vce_error_outcome(error)),
        retryable=lib.vce_error_is_retryable(error),
        offset=None if offset < 0 else offset,
        http_status=lib.vce_error_http_status(error) or None,
        code=decode(lib.vce_error_code(error)),
        title=decode(lib.vce_error_title(error)),
        detail=decode(lib.vce_error_detail(error)),
        trace_id=decode(lib.vce_error_trace_id(error)),
        response=decode(lib.vce_error_response(error)),
        retry_after=None if retry_after_ms < 0 else retry_after_ms / 1000,
    )


def decode(text: bytes | None) -> str | None:
    """Text of the library; a server's answer may be cut within a character."""
    return None if text is None else text.decode(errors="replace")
