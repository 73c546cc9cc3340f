"""The client for asyncio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

import vce
from sandbox import Sandbox
from vce import Outcome


def run(
    sandbox: Sandbox, use: Callable[[vce.AsyncClient], Awaitable[None]], threads: int = 16
) -> None:
    async def main() -> None:
        async with vce.AsyncClient(**sandbox.options, threads=threads) as client:
            await use(client)

    asyncio.run(main(), debug=True)


def library_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("vce")]


async def request_arrived(sandbox: Sandbox) -> None:
    await asyncio.get_running_loop().run_in_executor(None, sandbox.wait_for_requests, 1)


def test_the_same_methods(sandbox: Sandbox) -> None:
    async def use(client: vce.AsyncClient) -> None:
        conversation_id, member_id = sandbox.new_conversation()
        events = [
            await client.create_event(conversation_id, "custom:a", {"n": n}, from_=member_id)
            for n in range(12)
        ]
        assert events[0].id is not None
        assert await client.get_event(conversation_id, events[0].id) == events[0]
        listed = [event async for event in client.list_events(conversation_id, order="desc")]
        assert [event.body["n"] for event in listed] == list(reversed(range(12)))
        await client.delete_event(conversation_id, events[0].id)
        with pytest.raises(vce.InvalidEventError):
            client.list_events(conversation_id, order="sideways")
        with pytest.raises(vce.InvalidEventError):
            await client.create_event(conversation_id, "oops", {})

    run(sandbox, use)
    assert library_threads() == []


def test_creating_events_takes_no_thread(sandbox: Sandbox) -> None:
    async def use(client: vce.AsyncClient) -> None:
        before = threading.enumerate()
        conversations = [sandbox.new_conversation()[0] for _ in range(8)]
        events = await asyncio.gather(
            *(client.create_event(conversations[n % 8], "custom:a", {"n": n}) for n in range(40))
        )
        assert [event.body["n"] for event in events] == list(range(40))
        assert threading.enumerate() == before

    run(sandbox, use)


def test_reading_takes_as_many_threads_as_it_may(sandbox: Sandbox) -> None:
    async def use(client: vce.AsyncClient) -> None:
        event = await client.create_event(sandbox.conversation_id, "custom:a", {})
        assert event.id is not None
        sandbox.fault("delay", on="get", delay_ms=100, times=None)
        got = await asyncio.gather(
            *(client.get_event(sandbox.conversation_id, event.id) for _ in range(40))
        )
        assert got == [event] * 40
        assert len(library_threads()) == 8
        await client.close()
        assert library_threads() == []

    run(sandbox, use, threads=8)
    assert library_threads() == []


def test_the_loop_goes_on_while_an_event_is_on_its_way(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="create")
    other, _ = sandbox.new_conversation()

    async def use(client: vce.AsyncClient) -> None:
        waiting = asyncio.ensure_future(
            client.create_event(sandbox.conversation_id, "custom:a", {})
        )
        await request_arrived(sandbox)
        assert (await client.create_event(other, "custom:b", {})).id
        assert not waiting.done()
        assert await client.close(timeout=0.1) is False
        with pytest.raises(vce.ClosedError) as caught:
            await waiting
        assert caught.value.outcome is Outcome.MAYBE_CREATED

    run(sandbox, use)
    assert library_threads() == []


def test_closing_cancels_calls_that_read(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="get")

    async def use(client: vce.AsyncClient) -> None:
        waiting = asyncio.ensure_future(client.get_event(sandbox.conversation_id, "1"))
        while not sandbox.requests("GET"):
            await asyncio.sleep(0.02)
        assert await client.close(timeout=0.1) is False
        with pytest.raises(vce.ClosedError):
            await waiting

    run(sandbox, use)
    assert library_threads() == []


def test_a_shielded_call_still_returns_the_event(sandbox: Sandbox) -> None:
    sandbox.fault("delay", on="create", delay_ms=500)

    async def use(client: vce.AsyncClient) -> None:
        creating = asyncio.ensure_future(
            client.create_event(sandbox.conversation_id, "custom:a", {})
        )
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(creating), 0.1)
        assert (await creating).id

    run(sandbox, use)


def test_a_cancelled_iteration_loses_no_event(sandbox: Sandbox) -> None:
    async def use(client: vce.AsyncClient) -> None:
        for n in range(3):
            await client.create_event(sandbox.conversation_id, "custom:a", {"n": n})
        sandbox.fault("delay", on="list", delay_ms=500)
        sandbox.status(403, on="list")
        events = client.list_events(sandbox.conversation_id, page_size=2)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(events.__anext__(), 0.1)
        assert [(await events.__anext__()).body["n"] for _ in range(2)] == [0, 1]
        with pytest.raises(vce.ForbiddenError):
            await events.__anext__()
        assert [event.body["n"] async for event in events] == [2]

    run(sandbox, use)


def test_tasks_share_an_iterator(sandbox: Sandbox) -> None:
    async def use(client: vce.AsyncClient) -> None:
        for n in range(30):
            await client.create_event(sandbox.conversation_id, "custom:a", {"n": n})
        events = client.list_events(sandbox.conversation_id, page_size=3)

        async def some() -> list[int]:
            return [event.body["n"] async for event in events]

        parts = await asyncio.gather(*(some() for _ in range(4)))
        assert sorted(n for part in parts for n in part) == list(range(30))

    run(sandbox, use)


def test_a_closed_client_refuses(sandbox: Sandbox) -> None:
    async def use(client: vce.AsyncClient) -> None:
        events = client.list_events(sandbox.conversation_id)
        assert await client.close() is True
        assert await client.close(timeout=0) is True
        for call in (
            client.create_event(sandbox.conversation_id, "custom:a", {}),
            client.get_event(sandbox.conversation_id, "1"),
            client.delete_event(sandbox.conversation_id, "1"),
            events.__anext__(),
        ):
            with pytest.raises(vce.ClosedError):
                await call

    run(sandbox, use)
    assert sandbox.requests() == []


def test_from_env(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox.options.items():
        monkeypatch.setenv(f"VCE_{name.upper()}", value)

    async def main() -> None:
        async with vce.AsyncClient.from_env(threads=2, timeout=5.0) as client:
            assert (await client.create_event(sandbox.conversation_id, "custom:a", {})).id

    asyncio.run(main())


def test_a_client_that_was_never_closed_leaves_no_thread(sandbox: Sandbox) -> None:
    script = """
async def main():
    client = vce.AsyncClient(**options)
    event = await client.create_event(conversation, "custom:a", {})
    await client.get_event(conversation, event.id)
    return client
client = asyncio.run(main())
threads = [thread.name for thread in threading.enumerate()]
del client
deadline = time.monotonic() + 10
while threading.active_count() > 1:
    assert time.monotonic() < deadline
    time.sleep(0.01)
left_open = asyncio.run(main())
print(*threads)
"""
    assert sandbox.run(script).stdout == "MainThread vce_0\n"


def test_a_forked_child_has_threads_of_its_own(sandbox: Sandbox) -> None:
    script = """
client = vce.AsyncClient(**options, threads=1)
async def create(type):
    event = await client.create_event(conversation, type, {})
    return await client.get_event(conversation, event.id)
async def get(id):
    return await client.get_event(conversation, id)
try:
    asyncio.run(get("!"))
except vce.InvalidEventError:
    assert threading.active_count() == 2
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
child = os.fork()
if child == 0:
    signal.alarm(20)  # Ends the child if it hangs.
    asyncio.run(create("custom:child"))
    asyncio.run(client.close())
    os._exit(threading.active_count() - 1)
assert os.waitpid(child, 0)[1] == 0
asyncio.run(create("custom:parent"))
asyncio.run(client.close())
"""
    sandbox.run(script)
    types = [event["type"] for event in sandbox.events(sandbox.conversation_id)]
    assert types == ["custom:child", "custom:parent"]
