"""The rules for events, with the vectors that every language runs."""

from __future__ import annotations

import base64
import json
from collections import UserDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import vce
from sandbox import Sandbox

VECTORS = Path(__file__).parents[1] / "vectors"


def cases(file: str) -> list[Any]:
    vectors = json.loads((VECTORS / file).read_text("utf-8"))
    return [pytest.param(case, id=case["name"]) for case in vectors]


def text_of(case: dict[str, Any]) -> str:
    """The input. Bytes that are not UTF-8 become lone surrogates, as usual in Python."""
    if "base64" in case:
        return base64.b64decode(case["base64"]).decode(errors="surrogateescape")
    return joined(case["text"] if "text" in case else case["parts"])


def joined(text: str | list[tuple[str, int]]) -> str:
    return text if isinstance(text, str) else "".join(part * count for part, count in text)


def refusal(case: dict[str, Any], call: Callable[[], object]) -> vce.Status:
    """The status of the error that `call` raises. This checks the rest of the error."""
    with pytest.raises(vce.InvalidEventError) as caught:
        call()
    assert caught.value.offset == (None if case["offset"] < 0 else case["offset"])
    assert caught.value.outcome is vce.Outcome.NOT_CREATED
    assert not caught.value.retryable
    return caught.value.status


@pytest.mark.parametrize("case", cases("types.json"))
def test_event_types(case: dict[str, Any]) -> None:
    type_ = text_of(case)
    if case["status"] == "VCE_OK":
        vce.validate_type(type_)
        assert vce.is_valid_type(type_)
    else:
        assert f"VCE_{refusal(case, lambda: vce.validate_type(type_)).name}" == case["status"]
        assert not vce.is_valid_type(type_)


@pytest.mark.parametrize("case", cases("bodies.json"))
def test_bodies(case: dict[str, Any], client: vce.Client, sandbox: Sandbox) -> None:
    text = text_of(case)
    for body in (text, text.encode(errors="surrogateescape")):

        def create(body: str | bytes = body) -> vce.Event:
            return client.create_event(sandbox.conversation_id, "custom:a", body)

        if case["status"] == "VCE_OK":
            vce.validate_body(body)
            sent = joined(case.get("sent", text))
            assert create().body_json == sent
            assert f'"body":{sent}' in sandbox.requests()[-1]["body"]
        else:
            for call in (create, partial(vce.validate_body, body)):
                assert f"VCE_{refusal(case, call).name}" == case["status"]


@pytest.mark.parametrize("case", cases("ids.json"))
def test_ids(case: dict[str, Any], client: vce.Client, sandbox: Sandbox) -> None:
    id_ = text_of(case)
    good = sandbox.conversation_id
    calls: list[tuple[vce.Status, Callable[[], object]]] = [
        (vce.Status.ERR_CONVERSATION_ID, lambda: client.create_event(id_, "custom:a", {})),
        (vce.Status.ERR_CONVERSATION_ID, lambda: client.get_event(id_, "1")),
        (vce.Status.ERR_CONVERSATION_ID, lambda: client.delete_event(id_, "1")),
        (vce.Status.ERR_CONVERSATION_ID, lambda: next(client.list_events(id_))),
        (vce.Status.ERR_MEMBER_ID, lambda: client.create_event(good, "custom:a", {}, from_=id_)),
        (vce.Status.ERR_EVENT_ID, lambda: client.get_event(good, id_)),
        (vce.Status.ERR_EVENT_ID, lambda: client.delete_event(good, id_)),
    ]
    for status, call in calls:
        if case["status"] == "VCE_OK":
            # It may be sent, but the server does not know it.
            with pytest.raises(vce.ApiError):
                call()
        elif case["status"] == "REFUSED":
            assert refusal(case, call) is status
        else:
            assert f"VCE_{refusal(case, call).name}" == case["status"]


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
        ('{"a":"\ud800"}', vce.Status.ERR_ARGUMENT),
        ('{"a":1}\0', vce.Status.ERR_ARGUMENT),
        (b'{"a":1}\0', vce.Status.ERR_ARGUMENT),
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


def test_what_json_cannot_say_is_named() -> None:
    with pytest.raises(vce.InvalidEventError, match=r"written as JSON: Out of range float"):
        vce.validate_body({"a": float("nan")})
    with pytest.raises(vce.InvalidEventError, match=r"written as JSON: set has no JSON form"):
        vce.validate_body({"a": set()})


@pytest.mark.parametrize(
    ("body", "offset"), [('{"ü":"\0"}', 7), ('{"ü":"\udfff"}', 7), (b'{"\0', 2)]
)
def test_the_offset_counts_bytes(body: str, offset: int) -> None:
    with pytest.raises(vce.InvalidEventError) as caught:
        vce.validate_body(body)
    assert caught.value.offset == offset
