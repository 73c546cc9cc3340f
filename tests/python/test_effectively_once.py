"""``delivery="effectively_once"``: a doubtful event is looked up before it is sent again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import vce
from sandbox import Sandbox

ONCE: dict[str, Any] = {"delivery": "effectively_once", "lookup_delay": 0.02}


@pytest.mark.parametrize("creates", [True, False])
def test_a_doubtful_event_exists_once(sandbox: Sandbox, creates: bool) -> None:
    with vce.Client(**sandbox.options, **ONCE) as client:
        sandbox.fault("drop", on="create", creates=creates)
        event = client.create_event(sandbox.conversation_id, "custom:a", {"n": 1})
        sandbox.fault("drop", on="create", creates=creates)
        queued = client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": 2}).result(30)
    stored = sandbox.events(sandbox.conversation_id)
    assert [str(kept["id"]) for kept in stored] == [event.id, queued.id]
    assert [kept["body"]["n"] for kept in stored] == [1, 2]


@pytest.mark.parametrize("creates", [True, False])
def test_awaited_too(sandbox: Sandbox, creates: bool) -> None:
    async def run() -> vce.Event:
        async with vce.AsyncClient(**sandbox.options, **ONCE) as client:
            sandbox.fault("drop", on="create", creates=creates)
            return await client.create_event(sandbox.conversation_id, "custom:a", {"n": 1})

    event = asyncio.run(run())
    assert [str(kept["id"]) for kept in sandbox.events(sandbox.conversation_id)] == [event.id]


def test_the_callers_own_key(sandbox: Sandbox) -> None:
    with vce.Client(**sandbox.options, **ONCE, event_key="order") as client:
        event = client.create_event(sandbox.conversation_id, "custom:a", {"order": "o-1"})
        assert event.body == {"order": "o-1"}
        with pytest.raises(vce.InvalidEventError) as caught:
            client.create_event(sandbox.conversation_id, "custom:a", {"order": 1})
        assert caught.value.status == vce.Status.ERR_ARGUMENT
        assert client.create_event(sandbox.conversation_id, "custom:a", {}).body.keys() == {"order"}


def test_an_incomplete_look_leaves_the_outcome_open(sandbox: Sandbox) -> None:
    with vce.Client(**sandbox.options, **ONCE, max_retries=0) as client:
        sandbox.fault("drop", on="create", creates=True)
        sandbox.status(403, on="list")
        with pytest.raises(vce.TransportError) as caught:
            client.create_event(sandbox.conversation_id, "custom:a", {})
    assert caught.value.outcome == vce.Outcome.MAYBE_CREATED
    assert "could not be looked up" in str(caught.value)
