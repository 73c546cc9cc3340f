"""One asyncio client with several loops, at the interpreter's exit, and with forks."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import vce
from sandbox import Sandbox
from vce import Outcome


def numbers(sandbox: Sandbox, conversation_id: str | None = None) -> list[int]:
    stored = sandbox.events(conversation_id or sandbox.conversation_id)
    return [event["body"]["n"] for event in stored]


async def enqueue(client: vce.AsyncClient, sandbox: Sandbox, n: int) -> vce.DeliveryReport:
    return await client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": n})


@pytest.mark.parametrize("keep", ["left_open = client", ""])
def test_the_interpreters_end_delivers(sandbox: Sandbox, keep: str) -> None:
    """The same with a client that outlives its loop and with one that does not."""
    sandbox.fault("delay", on="create", delay_ms=500)
    script = f"""
async def main():
    global left_open
    client = vce.AsyncClient(**options)
    for n in range(20):
        await client.enqueue_event(conversation, "custom:a", {{"n": n}})
    {keep}
asyncio.run(main())
"""
    sandbox.run(script)
    assert numbers(sandbox) == list(range(20))


def test_the_interpreters_exit_does_not_wait_for_endless_enqueueing(sandbox: Sandbox) -> None:
    script = """
client = vce.AsyncClient(**options)

async def produce():
    while True:
        await client.create_event(conversation, "custom:a", {"n": 0})

async def produce_much():
    await asyncio.gather(*(produce() for _ in range(10)))

threading.excepthook = lambda args: None
threading.Thread(target=lambda: asyncio.run(produce_much()), daemon=True).start()
while client.stats().created < 10:
    time.sleep(0.01)
"""
    sandbox.run(script)


class TestLoops:
    def test_one_after_the_other(self, sandbox: Sandbox) -> None:
        client = vce.AsyncClient(**sandbox.options)

        async def create(n: int) -> int:
            event = await client.create_event(sandbox.conversation_id, "custom:a", {"n": n})
            body: dict[str, int] = event.body
            return body["n"]

        assert [asyncio.run(create(n)) for n in range(5)] == list(range(5))
        asyncio.run(client.close())

    def test_a_loop_that_closes_before_its_reports_come(self, sandbox: Sandbox) -> None:
        """The next loop takes them, although nobody waits for them."""
        client = vce.AsyncClient(**sandbox.options, queue_max_events=2)
        sandbox.fault("delay", on="create", delay_ms=500)

        async def leave() -> weakref.ref[asyncio.AbstractEventLoop]:
            # Two events are in the queue, one behind the other; the third waits for room.
            creating = [enqueue(client, sandbox, n) for n in range(3)]
            await asyncio.wait([asyncio.ensure_future(each) for each in creating], timeout=0.1)
            return weakref.ref(asyncio.get_running_loop())

        async def go_on() -> None:
            assert client.stats().events == 2
            # The queue is full of the former loop's events.
            assert (await client.create_event(sandbox.conversation_id, "custom:a", {"n": 3})).id
            gc.collect()
            assert former() is None
            assert await client.flush() == 0
            assert client.stats().events == 0
            assert await client.close() is True

        former = asyncio.run(leave())
        asyncio.run(go_on())
        assert numbers(sandbox) == [0, 1, 3]

    def test_several_at_the_same_time(self, sandbox: Sandbox) -> None:
        client = vce.AsyncClient(**sandbox.options, queue_max_events=5)
        conversations = [sandbox.new_conversation()[0] for _ in range(4)]
        loops: list[asyncio.AbstractEventLoop] = []

        async def create(conversation_id: str) -> None:
            loops.append(asyncio.get_running_loop())
            creating: list[Coroutine[Any, Any, vce.Event]] = [
                client.create_event(conversation_id, "custom:a", {"n": n}) for n in range(100)
            ]
            events = await asyncio.gather(*creating)
            assert [event.body["n"] for event in events] == list(range(100))

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda id_: asyncio.run(create(id_)), conversations))
        assert len(set(map(id, loops))) == 4
        assert client.stats().created == 400
        asyncio.run(client.close())
        for conversation_id in conversations:
            assert numbers(sandbox, conversation_id) == list(range(100))

    def test_closed_from_another_loop(self, sandbox: Sandbox) -> None:
        client = vce.AsyncClient(**sandbox.options)
        sandbox.fault("hang", on="create")
        waits = threading.Event()

        async def wait() -> vce.VceError:
            report = await enqueue(client, sandbox, 0)
            waits.set()
            with pytest.raises(vce.ClosedError) as caught:
                await report
            return caught.value

        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(lambda: asyncio.run(wait()))
            assert waits.wait(20)
            sandbox.wait_for_requests(1)
            assert asyncio.run(client.close(0)) is False
            assert waiting.result(timeout=20).outcome is Outcome.MAYBE_CREATED

    def test_a_loop_that_goes_on_after_the_client(self, sandbox: Sandbox) -> None:
        """The descriptor belongs to the library: no loop watches it after the client is gone."""

        async def main() -> None:
            for _ in range(30):
                async with vce.AsyncClient(**sandbox.options) as client:
                    await enqueue(client, sandbox, 0)
                reports = weakref.ref(client._reports)  # which holds the library's client
                del client
                gc.collect()
                assert reports() is None

        asyncio.run(main(), debug=True)
        assert len(numbers(sandbox)) == 30


def test_a_client_in_a_cycle_delivers_after_its_loop(sandbox: Sandbox) -> None:
    script = """
import gc

async def main():
    client = vce.AsyncClient(**options)
    client.itself = client
    for n in range(3):
        await client.enqueue_event(conversation, "custom:a", {"n": n})

asyncio.run(main())
gc.collect()
"""
    sandbox.fault("delay", on="create", delay_ms=300)
    sandbox.run(script)
    assert numbers(sandbox) == [0, 1, 2]


def test_without_a_descriptor_nothing_is_accepted(sandbox: Sandbox) -> None:
    script = """
async def main():
    async with vce.AsyncClient(**options) as client:
        taken = []
        try:
            while True:
                taken.append(open(os.devnull))
        except OSError:
            pass
        try:
            await client.enqueue_event(conversation, "custom:a", {"n": 0})
        except OSError as error:
            print(type(error).__name__, client.stats().accepted)
        for file in taken:
            file.close()
        await client.create_event(conversation, "custom:a", {"n": 1})

import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
asyncio.run(main())
"""
    assert sandbox.run(script).stdout == "OSError 0\n"
    assert numbers(sandbox) == [1]


def test_a_child_that_is_forked_in_a_loop(sandbox: Sandbox) -> None:
    script = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)

async def create(type):
    return (await client.create_event(conversation, type, {})).id

async def main():
    report = await client.enqueue_event(conversation, "custom:parent", {})
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            assert asyncio.run(client.flush(0)) == 0
            asyncio.run(create("custom:child"))
            asyncio.run(client.close())
            os._exit(0)
        finally:
            os._exit(1)
    assert (await report).id
    assert os.waitpid(child, 0)[1] == 0
    await create("custom:parent")
    await client.close()

client = vce.AsyncClient(**options)
asyncio.run(main())
"""
    sandbox.run(script)
    types = sorted(event["type"] for event in sandbox.events(sandbox.conversation_id))
    assert types == ["custom:child", "custom:parent", "custom:parent"]
