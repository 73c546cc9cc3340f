"""A NUL in any text is a bad argument in every call: C would take it for the end of the text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import vce
from sandbox import Sandbox
from vce import Outcome, Status

GOOD: dict[str, Any] = {"conversation_id": "CON-1", "type": "custom:a", "body": {}}

EVENTS: list[dict[str, Any]] = [
    {"conversation_id": "CON\0"},
    {"type": "custom:a\0b"},
    {"from_": "MEM\0"},
    {"body": '{"a":1}\0'},
    {"body": b'{"a":"\0"}'},
]
CALLS: list[tuple[str, dict[str, Any]]] = [
    *(("create_event", {**GOOD, **changed}) for changed in EVENTS),
    *(("enqueue_event", {**GOOD, **changed}) for changed in EVENTS),
    ("get_event", {"conversation_id": "CON\0", "event_id": "1"}),
    ("get_event", {"conversation_id": "CON-1", "event_id": "1\0"}),
    ("delete_event", {"conversation_id": "CON\0", "event_id": "1"}),
    ("delete_event", {"conversation_id": "CON-1", "event_id": "1\0"}),
    ("list_events", {"conversation_id": "CON\0"}),
    ("list_events", {"conversation_id": "CON-1", "type": "custom:a\0b"}),
    ("list_events", {"conversation_id": "CON-1", "order": "asc\0"}),
    ("list_events", {"conversation_id": "CON-1", "start_id": "1\0"}),
    ("list_events", {"conversation_id": "CON-1", "end_id": "1\0"}),
]
OPTIONS: list[dict[str, Any]] = [
    *({name: "a\0b"} for name in vce.Options.__annotations__),
    {"time\0out": "5s"},
]


def check(call: Callable[[], object], kind: type[vce.VceError]) -> None:
    with pytest.raises(vce.VceError) as caught:
        call()
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.status.value) == (Status.ERR_ARGUMENT, 10)
    assert caught.value.outcome is Outcome.NOT_CREATED
    assert caught.value.offset is not None
    assert "NUL" in str(caught.value)


@pytest.mark.parametrize(("method", "arguments"), CALLS)
def test_a_call(
    client: vce.Client, sandbox: Sandbox, method: str, arguments: dict[str, Any]
) -> None:
    check(lambda: getattr(client, method)(**arguments), vce.InvalidEventError)
    assert sandbox.requests() == sandbox.requests("GET") == []


@pytest.mark.parametrize(("method", "arguments"), CALLS)
def test_a_call_in_asyncio(sandbox: Sandbox, method: str, arguments: dict[str, Any]) -> None:
    async def main() -> None:
        async with vce.AsyncClient(**sandbox.options) as client:
            result = getattr(client, method)(**arguments)
            if method != "list_events":  # It checks its arguments at once.
                await result

    check(lambda: asyncio.run(main()), vce.InvalidEventError)
    assert sandbox.requests() == sandbox.requests("GET") == []


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: repr(next(iter(options))))
def test_an_option(options: dict[str, Any]) -> None:
    kinds: list[Any] = [vce.Client, vce.Client.from_env, vce.AsyncClient, vce.AsyncClient.from_env]
    for kind in kinds:
        check(lambda kind=kind: kind(**options), vce.ConfigError)  # type: ignore[misc]


def test_the_rules() -> None:
    check(lambda: vce.validate_type("custom:a\0"), vce.InvalidEventError)
    check(lambda: vce.validate_body("{}\0"), vce.InvalidEventError)
    check(lambda: vce.validate_body(b"{}\0"), vce.InvalidEventError)
    assert not vce.is_valid_type("custom:a\0")


def test_inside_a_mapping_it_is_escaped(client: vce.Client, sandbox: Sandbox) -> None:
    body = {"a": ["\0", {"\0": "b\0"}]}
    assert client.create_event(sandbox.conversation_id, "custom:a", body).body == body
