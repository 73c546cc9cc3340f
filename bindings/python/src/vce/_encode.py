"""Arguments as the C library wants them: UTF-8 without NUL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .errors import BY_STATUS, Status


def encode_text(name: str, value: str, status: Status) -> bytes:
    """Encode one argument; what C's text cannot carry is refused with `status`."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    try:
        encoded = value.encode()
    except UnicodeEncodeError as error:
        offset, offence = len(value[: error.start].encode()), "a lone surrogate"
    else:
        if b"\0" not in encoded:
            return encoded
        offset, offence = encoded.index(0), "a NUL character"
    # Raised out here: a chained UnicodeEncodeError would carry the whole text, which may be a key.
    raise BY_STATUS[status](
        f"{name} holds {offence} at byte {offset}", status=status, offset=offset
    )


def encode_optional(name: str, value: str | None, status: Status) -> bytes | None:
    """Encode an argument that may be left out."""
    return None if value is None else encode_text(name, value, status)


def encode_body(body: Mapping[str, Any] | str | bytes) -> bytes:
    """A body as JSON text: text as it was written, anything else encoded compactly."""
    status = Status.ERR_BODY_JSON
    if isinstance(body, bytes):
        if b"\0" in body:
            offset = body.index(0)
            raise BY_STATUS[status](
                f"body holds a NUL at byte {offset}", status=status, offset=offset
            )
        return body
    return encode_text("body", body if isinstance(body, str) else _to_json(body), status)


def _to_json(value: object) -> str:
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        status = Status.ERR_BODY_JSON
        raise BY_STATUS[status](
            f"body cannot be written as JSON: {error}", status=status
        ) from error


def _other_mapping(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_other_mapping
)
