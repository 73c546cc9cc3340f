"""The rules for custom events, checked offline: no client, no credentials, no network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._call import call
from ._encode import encode_body, encode_text
from ._native import library
from .errors import InvalidEventError


def validate_type(type: str) -> None:
    """Raise InvalidEventError, with ``status`` and ``offset``, unless `type` may be sent."""
    call(library().vce_validate_type, encode_text("type", type))


def is_valid_type(type: str) -> bool:
    """Whether `type` may be sent."""
    try:
        validate_type(type)
    except InvalidEventError:
        return False
    return True


def validate_body(body: Mapping[str, Any] | str | bytes) -> None:
    """Raise InvalidEventError unless `body`, a mapping or JSON text, may be sent."""
    call(library().vce_validate_body, encode_body(body))
