"""Converts arguments to what the C library takes: UTF-8 without NUL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .errors import InvalidEventError, Status, VceError


def encode_text(name: str, value: str, kind: type[VceError] = InvalidEventError) -> bytes:
    """Encode one argument; text that C cannot hold raises an error of `kind`."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    try:
        encoded = value.encode()
    except UnicodeEncodeError as error:
        offset = len(value[: error.start].encode())
    else:
        return without_nul(name, encoded, kind)
    # Not raised in the except block: the chained UnicodeEncodeError would hold the whole text, and
    # that may be a key.
    raise kind(
        f"{name} contains a lone surrogate at byte {offset}",
        status=Status.ERR_ARGUMENT,
        offset=offset,
    )


def without_nul(name: str, encoded: bytes, kind: type[VceError] = InvalidEventError) -> bytes:
    """Return `encoded`, but refuse a NUL: C would take it for the end of the text."""
    offset = encoded.find(b"\0")
    if offset < 0:
        return encoded
    raise kind(f"{name} contains a NUL at byte {offset}", status=Status.ERR_ARGUMENT, offset=offset)


def encode_optional(
    name: str, value: str | None, kind: type[VceError] = InvalidEventError
) -> bytes | None:
    """Encode an argument that may be left out."""
    return None if value is None else encode_text(name, value, kind)


def encode_body(body: Mapping[str, Any] | str | bytes) -> bytes:
    """A body as JSON text.  Text stays as it was written, a mapping is encoded compactly."""
    if isinstance(body, str):
        return encode_text("body", body)
    if isinstance(body, bytes):
        return without_nul("body", body)
    return encode_json("body", body, InvalidEventError, Status.ERR_BODY_JSON)


def encode_json(name: str, value: object, kind: type[VceError], status: Status) -> bytes:
    """Encode one argument as JSON; a value without a JSON form raises an error of `kind`."""
    try:
        return _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise kind(f"{name} cannot be written as JSON: {error}", status=status) from error


def _other_mapping(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_other_mapping
)
