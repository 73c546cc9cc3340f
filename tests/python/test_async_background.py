"""Events in the background, in asyncio."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import vce
from sandbox import Sandbox
from vce import Outcome


def run(
    sandbox: Sandbox, use: Callable[[vce.AsyncClient], Awaitable[None]], **options: Any
) -> None:
    async def main() -> None:
        async with vce.AsyncClient(**sandbox.options, **options) as client:
            await use(client)

    asyncio.run(main(), debug=True)


def numbers(sandbox: Sandbox, conversation_id: str | None = None) -> list[int]:
    stored = sandbox.events(conversation_id or sandbox.conversation_id)
    return [event["body"]["n"] for event in stored]


async def requests_arrived(sandbox: Sandbox, count: int) -> None:
    await asyncio.get_running_loop().run_in_executor(None, sandbox.wait_for_requests, count)


async def enqueue(client: vce.AsyncClient, sandbox: Sandbox, n: int) -> vce.DeliveryReport:
    return await client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": n})


def start(client: vce.AsyncClient, sandbox: Sandbox, n: int) -> asyncio.Future[Any]:
    """Create an event in a task. Its result is the event, or the cause of its CancelledError."""

    async def create() -> Any:
        try:
            return await client.create_event(sandbox.conversation_id, "custom:a", {"n": n})
        except asyncio.CancelledError as cancelled:
            return getattr(cancelled.__cause__, "outcome", None)

    return asyncio.ensure_future(create())


def test_reports_can_be_awaited_in_every_way(sandbox: Sandbox) -> None:
    async def use(client: vce.AsyncClient) -> None:
        reports = [await enqueue(client, sandbox, n) for n in range(20)]
        assert (await reports[0]).body == {"n": 0}
        assert reports[0].done()
        assert await reports[0] is await reports[0]
        events = await asyncio.gather(*reports)
        assert [event.body["n"] for event in events] == list(range(20))
        assert (await asyncio.wait_for(reports[1], 20)).body == {"n": 1}
        for first in asyncio.as_completed(reports[2:4]):
            assert (await first).body["n"] in (2, 3)
        assert (await asyncio.ensure_future(reports[4])).body == {"n": 4}

    run(sandbox, use)
    assert numbers(sandbox) == list(range(20))


def test_a_report_raises_the_error(sandbox: Sandbox) -> None:
    sandbox.status(403)
    sandbox.status(500)

    async def use(client: vce.AsyncClient) -> None:
        refused, failed, fine = [await enqueue(client, sandbox, n) for n in range(3)]
        with pytest.raises(vce.ForbiddenError) as caught:
            await refused
        assert caught.value.outcome is Outcome.NOT_CREATED
        with pytest.raises(vce.ServerError) as failure:
            await failed
        assert failure.value.outcome is Outcome.MAYBE_CREATED
        assert (await fine).body == {"n": 2}
        with pytest.raises(vce.InvalidEventError):
            await client.enqueue_event("CON-1", "oops", {})
        stats = client.stats()
        assert (stats.accepted, stats.events, stats.created) == (3, 0, 1)

    run(sandbox, use, max_retries=0)


def test_asyncio_logs_an_error_that_nobody_awaits(sandbox: Sandbox) -> None:
    sandbox.status(403)
    told: list[dict[str, Any]] = []

    async def use(client: vce.AsyncClient) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        await enqueue(client, sandbox, 0)
        assert await client.flush() == 0
        gc.collect()

    run(sandbox, use)
    assert [type(context["exception"]) for context in told] == [vce.ForbiddenError]


class TestBackPressure:
    def test_a_full_queue_makes_the_caller_wait(self, sandbox: Sandbox) -> None:
        sandbox.fault("delay", on="create", delay_ms=500)

        async def use(client: vce.AsyncClient) -> None:
            first = [await enqueue(client, sandbox, n) for n in range(2)]
            third = asyncio.ensure_future(enqueue(client, sandbox, 2))
            await requests_arrived(sandbox, 1)
            assert not third.done()
            assert client.stats().accepted == 2
            assert (await (await third)).body == {"n": 2}
            assert first[0].done()

        run(sandbox, use, queue_max_events=2)
        assert numbers(sandbox) == [0, 1, 2]

    def test_first_come_first_served(self, sandbox: Sandbox) -> None:
        async def use(client: vce.AsyncClient) -> None:
            await asyncio.gather(
                *(
                    client.create_event(sandbox.conversation_id, "custom:a", {"n": n})
                    for n in range(200)
                )
            )

        run(sandbox, use, queue_max_events=3)
        assert numbers(sandbox) == list(range(200))

    def test_large_events_have_their_turn(self, sandbox: Sandbox) -> None:
        async def use(client: vce.AsyncClient) -> None:
            bodies = [{"n": n, "x": "x" * (4000 if n % 5 == 0 else 1)} for n in range(50)]
            await asyncio.gather(
                *(client.create_event(sandbox.conversation_id, "custom:a", body) for body in bodies)
            )

        run(sandbox, use, queue_max_bytes=6000)
        assert numbers(sandbox) == list(range(50))

    def test_what_never_fits_is_refused(self, sandbox: Sandbox) -> None:
        async def use(client: vce.AsyncClient) -> None:
            with pytest.raises(vce.QueueFullError):
                await client.create_event(sandbox.conversation_id, "custom:a", {"x": "x" * 4000})
            sandbox.fault("delay", on="create", delay_ms=300)
            report = await enqueue(client, sandbox, 0)
            # It waits for room, and then fails: there can never be enough.
            with pytest.raises(vce.QueueFullError):
                await client.create_event(sandbox.conversation_id, "custom:a", {"x": "x" * 4000})
            assert report.done()

        run(sandbox, use, queue_max_bytes=2000)

    def test_cancelled_while_waiting_for_room(self, sandbox: Sandbox) -> None:
        sandbox.fault("delay", on="create", delay_ms=500)

        async def use(client: vce.AsyncClient) -> None:
            first = await enqueue(client, sandbox, 0)
            waiting = [start(client, sandbox, n) for n in (1, 2, 3)]
            await requests_arrived(sandbox, 1)
            for task in waiting[:2]:
                task.cancel()
                assert await task is Outcome.NOT_CREATED
            assert (await first).id
            assert (await waiting[2]).id

        run(sandbox, use, queue_max_events=1)
        assert numbers(sandbox) == [0, 3]

    def test_closed_while_waiting_for_room(self, sandbox: Sandbox) -> None:
        sandbox.fault("hang", on="create")

        async def use(client: vce.AsyncClient) -> None:
            tasks = [start(client, sandbox, n) for n in range(3)]
            await requests_arrived(sandbox, 1)
            assert await client.close(timeout=0.1) is False
            errors = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(error) for error in errors] == [vce.ClosedError] * 3
            assert [error.outcome for error in errors if isinstance(error, vce.ClosedError)] == [
                Outcome.MAYBE_CREATED,
                Outcome.NOT_CREATED,
                Outcome.NOT_CREATED,
            ]

        run(sandbox, use, queue_max_events=1)


class TestCancelling:
    def test_the_cause_says_whether_the_event_may_exist(self, sandbox: Sandbox) -> None:
        sandbox.fault("delay", on="create", delay_ms=500)

        async def use(client: vce.AsyncClient) -> None:
            tasks = [start(client, sandbox, n) for n in range(2)]
            await requests_arrived(sandbox, 1)
            for task in tasks:
                task.cancel()
                assert await task is Outcome.MAYBE_CREATED
            assert await client.flush() == 0
            # Their reports were taken nevertheless.
            assert client.stats().events == 0

        run(sandbox, use)
        assert numbers(sandbox) == [0, 1]

    def test_a_later_error_is_not_logged(self, sandbox: Sandbox) -> None:
        sandbox.status(403, delay_ms=500)
        told: list[dict[str, Any]] = []

        async def use(client: vce.AsyncClient) -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: told.append(context))
            task = start(client, sandbox, 0)
            await requests_arrived(sandbox, 1)
            task.cancel()
            assert await task is Outcome.MAYBE_CREATED
            assert await client.flush() == 0
            assert client.stats().not_created == 1
            gc.collect()

        run(sandbox, use)
        assert told == []

    def test_a_report_can_be_awaited_again(self, sandbox: Sandbox) -> None:
        sandbox.fault("delay", on="create", delay_ms=500)

        async def use(client: vce.AsyncClient) -> None:
            report = await enqueue(client, sandbox, 0)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(report, 0.05)
            gathered = asyncio.gather(report, report)
            await asyncio.sleep(0)
            gathered.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gathered
            assert not report.done()
            assert (await report).body == {"n": 0}

        run(sandbox, use)

    def test_cancelling_close_cancels_what_is_left(self, sandbox: Sandbox) -> None:
        sandbox.fault("hang", on="create")

        async def use(client: vce.AsyncClient) -> None:
            report = await enqueue(client, sandbox, 0)
            for_room = asyncio.ensure_future(enqueue(client, sandbox, 1))
            await requests_arrived(sandbox, 1)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.close(), 0.1)
            assert report.done()
            with pytest.raises(vce.ClosedError):
                await asyncio.wait_for(for_room, 20)
            with pytest.raises(vce.ClosedError) as caught:
                await report
            assert caught.value.outcome is Outcome.MAYBE_CREATED

        run(sandbox, use, timeout=100, queue_max_events=1)


def test_flush(sandbox: Sandbox) -> None:
    async def use(client: vce.AsyncClient) -> None:
        assert await client.flush(0) == 0
        reports = [await enqueue(client, sandbox, n) for n in range(150)]
        assert await client.flush() == 0
        assert all(report.done() for report in reports)
        sandbox.fault("hang", on="create")
        reports = [await enqueue(client, sandbox, n) for n in range(2)]
        assert [await client.flush(timeout) for timeout in (0.1, 0, -1)] == [2, 2, 2]
        assert await client.close(0) is False
        for report in reports:
            with pytest.raises(vce.ClosedError):
                await report

    run(sandbox, use)


@pytest.mark.parametrize("error", [None, KeyError])
def test_leaving_the_block_delivers(sandbox: Sandbox, error: type[Exception] | None) -> None:
    async def use(client: vce.AsyncClient) -> None:
        for n in range(30):
            await enqueue(client, sandbox, n)
        if error:
            raise error

    if error:
        with pytest.raises(error):
            run(sandbox, use)
    else:
        run(sandbox, use)
    assert numbers(sandbox) == list(range(30))


def test_a_client_that_is_dropped_delivers(sandbox: Sandbox) -> None:
    sandbox.fault("delay", on="create", delay_ms=300)

    async def main() -> list[vce.Event]:
        client = vce.AsyncClient(**sandbox.options)
        reports = [await enqueue(client, sandbox, n) for n in range(3)]
        del client
        gc.collect()
        return list(await asyncio.gather(*reports))

    assert [event.body["n"] for event in asyncio.run(main())] == [0, 1, 2]
