"""The rules, by the vectors that every language runs."""

from __future__ import annotations

import json
from collections import UserDict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import vce

VECTORS = Path(__file__).parents[1] / "vectors"


def cases(file: str) -> list[Any]:
    return [
        pytest.param(case, id=case["name"])
        for case in json.loads((VECTORS / file).read_text("utf-8"))
    ]


def status_of(case: dict[str, Any]) -> vce.Status:
    return vce.Status[case["status"].removeprefix("VCE_")]


def offset_of(case: dict[str, Any]) -> int | None:
    offset: int = case["offset"]
    return None if offset < 0 else offset


@pytest.mark.parametrize("case", cases("types.json"))
def test_event_types(case: dict[str, Any]) -> None:
    if case["status"] == "VCE_OK":
        vce.validate_type(case["type"])
        assert vce.is_valid_type(case["type"])
        return
    with pytest.raises(vce.InvalidEventError) as caught:
        vce.validate_type(case["type"])
    assert (caught.value.status, caught.value.offset) == (status_of(case), offset_of(case))
    assert caught.value.outcome is vce.Outcome.NOT_CREATED
    assert not vce.is_valid_type(case["type"])


def test_a_lone_surrogate_is_no_unicode_error() -> None:
    with pytest.raises(vce.InvalidEventError) as caught:
        vce.validate_type("custom:ü\udc80")
    assert caught.value.offset == 9
    assert caught.value.__context__ is None


@pytest.mark.parametrize("value", [None, 5, b"custom:a"])
def test_a_type_is_text(value: Any) -> None:
    with pytest.raises(TypeError, match="type must be a str"):
        vce.validate_type(value)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"a": [1, 2.5, None, True, "ü\0😀\u2028"]},
        MappingProxyType({"a": UserDict({"b": 1})}),
        {1: "keys become text"},
        '{"a": 1e400}',
        b'{"a": 1}',
    ],
)
def test_good_bodies(body: Any) -> None:
    vce.validate_body(body)


def cycle() -> dict[str, Any]:
    body: dict[str, Any] = {}
    body["self"] = body
    return body


def tower(height: int) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for _ in range(height):
        body = {"b": body}
    return body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"a": float("nan")}, vce.Status.ERR_BODY_JSON),
        ({"a": float("-inf")}, vce.Status.ERR_BODY_JSON),
        ({"a": {1, 2}}, vce.Status.ERR_BODY_JSON),
        ({(1, 2): "a"}, vce.Status.ERR_BODY_JSON),
        ({"a": "\ud800"}, vce.Status.ERR_BODY_JSON),
        ({"\ud800": 1}, vce.Status.ERR_BODY_JSON),
        ('{"a":"\ud800"}', vce.Status.ERR_BODY_JSON),
        ('{"a":1}\0', vce.Status.ERR_BODY_JSON),
        (b'{"a":1}\0', vce.Status.ERR_BODY_JSON),
        (cycle(), vce.Status.ERR_BODY_JSON),
        (tower(129), vce.Status.ERR_BODY_JSON),
        (tower(100_000), vce.Status.ERR_BODY_JSON),
        ([{"a": 1}], vce.Status.ERR_BODY_NOT_OBJECT),
        (None, vce.Status.ERR_BODY_NOT_OBJECT),
        ({"a": "x" * 4096}, vce.Status.ERR_BODY_TOO_LARGE),
    ],
    ids=lambda value: value.name if isinstance(value, vce.Status) else "",
)
def test_bad_bodies(body: Any, status: vce.Status) -> None:
    with pytest.raises(vce.InvalidEventError) as caught:
        vce.validate_body(body)
    assert caught.value.status is status
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("body", "offset"), [('{"ü":"\0"}', 7), ('{"ü":"\udfff"}', 7), (b'{"\0', 2)]
)
def test_the_offset_counts_bytes(body: str, offset: int) -> None:
    with pytest.raises(vce.InvalidEventError) as caught:
        vce.validate_body(body)
    assert caught.value.offset == offset
