"""Errors at unexpected places: no event's future is left pending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

import vce
from sandbox import Sandbox
from vce import Outcome, Status, _native

ERRORS = [SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError, ValueError]
# In seconds: far longer than anything here takes.
LONG = 50

Failing = Any


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Failing]:
    """Makes a function of the library raise an error after its work, as often as wanted."""

    def fail(name: str, error: type[BaseException], times: int | None = 1) -> list[str]:
        library = _native.library()
        real = getattr(library, name)
        raised: list[str] = []

        def function(*arguments: Any) -> Any:
            result = real(*arguments)
            if result and (times is None or len(raised) < times):
                raised.append(name)
                raise error
            return result

        monkeypatch.setattr(library, name, function)
        return raised

    yield fail
    monkeypatch.undo()


def enqueue(client: vce.Client, sandbox: Sandbox, n: int = 0) -> Future[vce.Event]:
    return client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": n})


def unreadable(error: BaseException | None) -> Outcome:
    assert type(error) is vce.VceError
    assert error.status is Status.ERR_INTERNAL
    return error.outcome


@pytest.mark.parametrize("kind", ERRORS)
def test_a_callback_that_raises(
    sandbox: Sandbox, kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    def call(_: object) -> None:
        raise kind

    sandbox.fault("delay", on="create", delay_ms=300)
    called: Future[str] = Future()
    with vce.Client(**sandbox.options) as client:
        first, second = (enqueue(client, sandbox, n) for n in range(2))
        first.add_done_callback(call)
        first.add_done_callback(lambda _: called.set_result(threading.current_thread().name))
        assert second.result(timeout=LONG).body == {"n": 1}
        assert called.result(timeout=LONG) == "vce-reports"
        assert client.flush(LONG) == 0
        assert enqueue(client, sandbox, 2).result(timeout=LONG).body == {"n": 2}
        assert client.close() is True
    # The standard library's futures log an Exception in the same way.
    assert [record.name for record in caplog.records] == ["concurrent.futures"]
    assert kind.__name__ in caplog.text


def test_a_callback_that_is_called_at_once_raises_to_its_caller(
    client: vce.Client, sandbox: Sandbox
) -> None:
    def call(_: object) -> None:
        raise SystemExit

    future = enqueue(client, sandbox)
    assert client.flush() == 0
    with pytest.raises(SystemExit):
        future.add_done_callback(call)


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        ("vce_report_outcome", Outcome.MAYBE_CREATED),
        ("vce_report_event", Outcome.CREATED),
        ("vce_event_json", Outcome.CREATED),
    ],
)
def test_a_report_that_cannot_be_read(
    sandbox: Sandbox, failing: Failing, function: str, outcome: Outcome
) -> None:
    with vce.Client(**sandbox.options) as client:
        failing(function, MemoryError)
        first, second = (enqueue(client, sandbox, n) for n in range(2))
        assert unreadable(first.exception(timeout=LONG)) is outcome
        assert second.result(timeout=LONG).body == {"n": 1}
        assert (client.flush(LONG), client.close()) == (0, True)


def test_an_error_that_cannot_be_read(
    impatient: vce.Client, sandbox: Sandbox, failing: Failing
) -> None:
    sandbox.status(403, times=2)
    failing("vce_error_message", MemoryError, times=2)
    error = enqueue(impatient, sandbox).exception(timeout=LONG)
    assert unreadable(error) is Outcome.NOT_CREATED
    with pytest.raises(vce.VceError) as caught:
        impatient.create_event(sandbox.conversation_id, "custom:a", {})
    assert unreadable(caught.value) is Outcome.NOT_CREATED


def test_a_created_event_that_cannot_be_read(
    client: vce.Client, sandbox: Sandbox, failing: Failing
) -> None:
    failing("vce_event_json", MemoryError)
    with pytest.raises(vce.VceError) as caught:
        client.create_event(sandbox.conversation_id, "custom:a", {})
    assert unreadable(caught.value) is Outcome.CREATED


@pytest.mark.parametrize("kind", ERRORS)
def test_a_report_that_is_lost(
    sandbox: Sandbox, failing: Failing, kind: type[BaseException]
) -> None:
    with vce.Client(**sandbox.options) as client:
        raised = failing("vce_poll", kind)
        futures = [enqueue(client, sandbox, n) for n in range(3)]
        assert client.flush(LONG) == 0
        assert unreadable(futures[0].exception(timeout=0)) is Outcome.MAYBE_CREATED
        assert [future.result(timeout=0).body for future in futures[1:]] == [{"n": 1}, {"n": 2}]
        assert len(raised) == 1
        assert enqueue(client, sandbox, 3).result(timeout=LONG).body == {"n": 3}
        assert client.close() is True


@pytest.mark.parametrize("end", ["flush", "close"])
def test_reports_that_cannot_be_taken(sandbox: Sandbox, failing: Failing, end: str) -> None:
    with vce.Client(**sandbox.options) as client:
        failing("vce_poll", MemoryError, times=None)
        futures = [enqueue(client, sandbox, n) for n in range(3)]
        assert client.flush(LONG) == 0 if end == "flush" else client.close() is True
        outcomes = [unreadable(future.exception(timeout=0)) for future in futures]
        assert outcomes == [Outcome.MAYBE_CREATED] * 3


class TestAsyncio:
    def test_a_report_that_cannot_be_read(self, sandbox: Sandbox, failing: Failing) -> None:
        async def main() -> None:
            async with vce.AsyncClient(**sandbox.options) as client:
                failing("vce_event_json", MemoryError)
                with pytest.raises(vce.VceError) as caught:
                    await client.create_event(sandbox.conversation_id, "custom:a", {})
                assert unreadable(caught.value) is Outcome.CREATED
                assert await client.flush(LONG) == 0

        asyncio.run(main())

    def test_a_report_that_is_lost(self, sandbox: Sandbox, failing: Failing) -> None:
        told: list[Any] = []

        async def main() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
            async with vce.AsyncClient(**sandbox.options) as client:
                failing("vce_poll", MemoryError)
                reports = [
                    await client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": n})
                    for n in range(3)
                ]
                assert await client.flush(LONG) == 0
                results = await asyncio.gather(*reports, return_exceptions=True)
                assert isinstance(results[0], vce.VceError)
                assert unreadable(results[0]) is Outcome.MAYBE_CREATED
                assert [getattr(result, "body", None) for result in results[1:]] == [
                    {"n": 1},
                    {"n": 2},
                ]

        asyncio.run(main())
        assert [type(error) for error in told] == [MemoryError]

    @pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
    def test_ctrl_c_while_a_report_is_taken(
        self, sandbox: Sandbox, failing: Failing, kind: type[BaseException]
    ) -> None:
        """Ctrl-C leaves the loop; what runs in the loop later gets the event's error."""
        client = vce.AsyncClient(**sandbox.options)
        reports: list[vce.DeliveryReport] = []

        async def begin() -> None:
            reports.append(await client.enqueue_event(sandbox.conversation_id, "custom:a", {}))
            await reports[0]

        async def go_on() -> Any:
            assert await client.flush(LONG) == 0
            return await asyncio.gather(*reports, return_exceptions=True)

        failing("vce_poll", kind)
        loop = asyncio.new_event_loop()
        task = loop.create_task(begin())
        with pytest.raises(kind):
            loop.run_until_complete(task)
        (error,) = loop.run_until_complete(go_on())
        assert unreadable(error) is Outcome.MAYBE_CREATED
        loop.run_until_complete(client.close())
        assert isinstance(task.exception(), vce.VceError)
        loop.close()

    def test_reports_that_cannot_be_taken_before_the_end(
        self, sandbox: Sandbox, failing: Failing
    ) -> None:
        async def main() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)
            client = vce.AsyncClient(**sandbox.options)
            failing("vce_poll", MemoryError, times=None)
            report = await client.enqueue_event(sandbox.conversation_id, "custom:a", {})
            assert await client.close() is True
            with pytest.raises(vce.VceError) as caught:
                await report
            assert unreadable(caught.value) is Outcome.MAYBE_CREATED

        asyncio.run(main())
