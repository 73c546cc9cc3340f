"""Events in the background, and their futures."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, InvalidStateError, wait
from typing import Any

import pytest

import vce
from sandbox import Sandbox
from vce import Outcome, Status, _reports

PROBLEM = {"code": "conversation:error:test", "title": "A title.", "detail": "Żółć."}


@pytest.fixture
def small(sandbox: Sandbox) -> Iterator[vce.Client]:
    """A client whose queue takes two events."""
    with vce.Client(**sandbox.options, queue_max_events=2) as client:
        yield client


def enqueue(client: vce.Client, conversation_id: str, n: int = 0) -> Future[vce.Event]:
    return client.enqueue_event(conversation_id, "custom:a", {"n": n})


def failure(future: Future[vce.Event]) -> vce.VceError:
    error = future.exception(timeout=20)
    assert isinstance(error, vce.VceError)
    return error


def numbers(sandbox: Sandbox, conversation_id: str) -> list[int]:
    return [event["body"]["n"] for event in sandbox.events(conversation_id)]


def our_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("vce")]


def test_a_future_gets_the_event(client: vce.Client, sandbox: Sandbox) -> None:
    future = client.enqueue_event(
        sandbox.conversation_id, "custom:order_paid", {"total": 12}, from_=sandbox.member_id
    )
    event = future.result(timeout=20)
    assert event.id is not None
    assert event == client.get_event(sandbox.conversation_id, event.id)
    assert (event.type, event.from_) == ("custom:order_paid", sandbox.member_id)
    assert event.body == {"total": 12}


def test_each_future_gets_its_own_event(client: vce.Client, sandbox: Sandbox) -> None:
    conversations = [sandbox.new_conversation()[0] for _ in range(10)]
    futures = {n: enqueue(client, conversations[n % 10], n) for n in range(300)}
    for n, future in futures.items():
        assert future.result(timeout=20).body == {"n": n}
    for first, conversation_id in enumerate(conversations):
        assert numbers(sandbox, conversation_id) == list(range(first, 300, 10))


def test_order_is_kept_through_retries(client: vce.Client, sandbox: Sandbox) -> None:
    for skip in (1, 3, 3):
        sandbox.status(503, retry_after="0", on="create", skip=skip)
    wait([enqueue(client, sandbox.conversation_id, n) for n in range(10)], timeout=20)
    assert numbers(sandbox, sandbox.conversation_id) == list(range(10))
    assert client.stats().retries == 3


@pytest.mark.parametrize(
    ("http_status", "kind", "outcome"),
    [
        (400, vce.ApiError, Outcome.NOT_CREATED),
        (403, vce.ForbiddenError, Outcome.NOT_CREATED),
        (404, vce.NotFoundError, Outcome.NOT_CREATED),
        (500, vce.ServerError, Outcome.MAYBE_CREATED),
    ],
)
def test_a_future_raises_what_create_event_raises(
    impatient: vce.Client,
    sandbox: Sandbox,
    http_status: int,
    kind: type[vce.VceError],
    outcome: Outcome,
) -> None:
    sandbox.status(http_status, times=2, **PROBLEM)
    error = failure(enqueue(impatient, sandbox.conversation_id))
    with pytest.raises(kind) as caught:
        impatient.create_event(sandbox.conversation_id, "custom:a", {"n": 0})
    assert type(error) is kind
    assert (error.outcome, error.code, error.http_status) == (outcome, PROBLEM["code"], http_status)
    different = {"trace_id", "response"}
    assert {name: value for name, value in vars(error).items() if name not in different} == {
        name: value for name, value in vars(caught.value).items() if name not in different
    }


def test_an_answer_that_does_not_come(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="create")
    with vce.Client(**sandbox.options, timeout=0.5) as client:
        error = failure(enqueue(client, sandbox.conversation_id))
    assert type(error) is vce.TimeoutError
    assert error.outcome is Outcome.MAYBE_CREATED


def test_an_event_that_never_has_its_turn(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="create")
    with vce.Client(**sandbox.options, timeout=20, delivery_timeout=1.5) as client:
        first, second = (enqueue(client, sandbox.conversation_id, n) for n in range(2))
        errors = [failure(first), failure(second)]
    assert [type(error) for error in errors] == [vce.TimeoutError, vce.TimeoutError]
    assert [error.outcome for error in errors] == [Outcome.MAYBE_CREATED, Outcome.NOT_CREATED]


def test_a_conversation_does_not_wait_for_another(client: vce.Client, sandbox: Sandbox) -> None:
    slow, _ = sandbox.new_conversation()
    sandbox.fault("hang", on="create", conversation_id=slow)
    hanging = enqueue(client, slow)
    assert enqueue(client, sandbox.conversation_id).result(timeout=20).id
    assert not hanging.done()
    client.close(timeout=0)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"conversation_id": "CON/1"}, Status.ERR_CONVERSATION_ID),
        ({"conversation_id": "CON\0"}, Status.ERR_ARGUMENT),
        ({"type": "oops"}, Status.ERR_TYPE_PREFIX),
        ({"from_": ""}, Status.ERR_MEMBER_ID),
        ({"body": "[]"}, Status.ERR_BODY_NOT_OBJECT),
        ({"body": {"x": float("nan")}}, Status.ERR_BODY_JSON),
        ({"body": {"x": "x" * 4096}}, Status.ERR_BODY_TOO_LARGE),
    ],
    ids=str,
)
def test_nothing_wrong_is_accepted(
    client: vce.Client, sandbox: Sandbox, arguments: dict[str, Any], status: Status
) -> None:
    good: dict[str, Any] = {
        "conversation_id": sandbox.conversation_id,
        "type": "custom:a",
        "body": {},
    }
    with pytest.raises(vce.InvalidEventError) as caught:
        client.enqueue_event(**{**good, **arguments})
    assert (caught.value.status, caught.value.outcome) == (status, Outcome.NOT_CREATED)
    assert client.stats().accepted == 0
    # The client still works.
    assert client.enqueue_event(**good).result(timeout=20).id


def test_a_full_queue_refuses(small: vce.Client, sandbox: Sandbox) -> None:
    sandbox.fault("delay", on="create", delay_ms=1000)
    accepted = [enqueue(small, sandbox.conversation_id, n) for n in range(2)]
    with pytest.raises(vce.QueueFullError) as caught:
        enqueue(small, sandbox.conversation_id, 2)
    assert caught.value.outcome is Outcome.NOT_CREATED
    assert caught.value.retryable
    assert small.flush() == 0
    assert all(future.result(timeout=0).id for future in accepted)
    assert enqueue(small, sandbox.conversation_id, 3).result(timeout=20).id
    assert numbers(sandbox, sandbox.conversation_id) == [0, 1, 3]


def test_an_accepted_event_cannot_be_cancelled(client: vce.Client, sandbox: Sandbox) -> None:
    sandbox.fault("delay", on="create", delay_ms=500)
    futures = [enqueue(client, sandbox.conversation_id, n) for n in range(2)]
    assert [future.cancel() for future in futures] == [False, False]
    assert [future.running() for future in futures] == [True, True]
    assert all(future.result(timeout=20).id for future in futures)


def test_a_future_resolved_by_its_holder_does_not_harm_others(
    client: vce.Client, sandbox: Sandbox
) -> None:
    sandbox.fault("delay", on="create", delay_ms=500)
    absurd, other = (enqueue(client, sandbox.conversation_id, n) for n in range(2))
    absurd.set_exception(InvalidStateError())
    assert other.result(timeout=20).id


class TestCallbacks:
    def test_they_run_in_a_thread_of_the_client(self, client: vce.Client, sandbox: Sandbox) -> None:
        seen: Future[str] = Future()
        future = enqueue(client, sandbox.conversation_id)
        future.add_done_callback(lambda _: seen.set_result(threading.current_thread().name))
        assert seen.result(timeout=20) in ("vce-reports", "MainThread")

    def test_they_may_use_the_client(self, sandbox: Sandbox) -> None:
        client = vce.Client(**sandbox.options)
        done: Future[Any] = Future()

        def use(_: object) -> None:
            further = enqueue(client, sandbox.conversation_id, 2)
            done.set_result((client.flush(), client.close(), further))

        sandbox.fault("delay", on="create", delay_ms=300)
        enqueue(client, sandbox.conversation_id, 1).add_done_callback(use)
        remaining, complete, further = done.result(timeout=20)
        assert (remaining, complete) == (0, True)
        assert further.result(timeout=20).body == {"n": 2}
        client.close()


class TestFlush:
    def test_it_waits_for_futures(self, client: vce.Client, sandbox: Sandbox) -> None:
        assert client.flush() == 0
        futures = [enqueue(client, sandbox.conversation_id, n) for n in range(50)]
        assert client.flush() == 0
        assert all(future.done() for future in futures)

    def test_it_waits_for_futures_behind_a_slow_callback(
        self, client: vce.Client, sandbox: Sandbox
    ) -> None:
        sandbox.fault("delay", on="create", delay_ms=300)
        first, second = (enqueue(client, sandbox.conversation_id, n) for n in range(2))
        called = threading.Event()

        def linger(_: object) -> None:
            called.set()
            time.sleep(1)

        first.add_done_callback(linger)
        assert called.wait(20)
        assert client.flush(0.3) == 1
        assert client.flush() == 0
        assert second.done()

    def test_its_time_is_limited(self, client: vce.Client, sandbox: Sandbox) -> None:
        sandbox.fault("hang", on="create")
        futures = [enqueue(client, sandbox.conversation_id, n) for n in range(3)]
        assert [client.flush(timeout) for timeout in (0.2, 0, -1)] == [3, 3, 3]
        assert not any(future.done() for future in futures)
        client.close(timeout=0)
        assert client.flush() == 0

    def test_it_does_not_wait_for_events_of_others(self, client: vce.Client) -> None:
        with pytest.raises(vce.InvalidEventError):
            client.enqueue_event("CON-1", "oops", {})
        assert client.flush(timeout=0) == 0


class TestClose:
    def test_it_delivers_what_is_queued(self, sandbox: Sandbox) -> None:
        client = vce.Client(**sandbox.options)
        futures = [enqueue(client, sandbox.conversation_id, n) for n in range(50)]
        assert our_threads() == ["vce-reports"]
        assert client.close() is True
        assert our_threads() == []
        assert all(future.result(timeout=0).id for future in futures)
        assert numbers(sandbox, sandbox.conversation_id) == list(range(50))

    def test_what_is_left_is_cancelled(self, sandbox: Sandbox) -> None:
        client = vce.Client(**sandbox.options)
        sandbox.fault("hang", on="create")
        futures = [enqueue(client, sandbox.conversation_id, n) for n in range(3)]
        sandbox.wait_for_requests(1)
        assert client.close(timeout=0.2) is False
        assert all(future.done() for future in futures)
        assert our_threads() == []
        errors = [failure(future) for future in futures]
        assert {type(error) for error in errors} == {vce.ClosedError}
        assert [error.outcome for error in errors] == [
            Outcome.MAYBE_CREATED,
            Outcome.NOT_CREATED,
            Outcome.NOT_CREATED,
        ]

    def test_a_closed_client_accepts_nothing(self, client: vce.Client, sandbox: Sandbox) -> None:
        client.close()
        with pytest.raises(vce.ClosedError) as caught:
            enqueue(client, sandbox.conversation_id)
        assert caught.value.outcome is Outcome.NOT_CREATED
        assert our_threads() == []

    def test_threads_may_close_while_others_enqueue(self, sandbox: Sandbox) -> None:
        for _ in range(20):
            client = vce.Client(**sandbox.options)
            accepted: list[Future[vce.Event]] = []
            begun = threading.Barrier(5)

            def produce(
                client: vce.Client = client,
                accepted: list[Future[vce.Event]] = accepted,
                begun: threading.Barrier = begun,
            ) -> None:
                begun.wait()
                try:
                    while True:
                        accepted.append(enqueue(client, sandbox.conversation_id))
                except vce.ClosedError:
                    pass

            producers = [threading.Thread(target=produce) for _ in range(4)]
            for producer in producers:
                producer.start()
            begun.wait()
            client.close(timeout=0.05)
            for producer in producers:
                producer.join(20)
            assert all(future.done() for future in accepted)
            stats = client.stats()
            assert stats.accepted == len(accepted)
            created = sum(future.exception() is None for future in accepted)
            assert stats.created == created

    def test_an_event_accepted_just_before_is_not_forgotten(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = vce.Client(**sandbox.options)
        accept = _reports.enqueue

        def accept_and_close(*arguments: Any) -> None:
            accept(*arguments)
            closer = threading.Thread(target=client.close)
            closer.start()
            closer.join(30)

        monkeypatch.setattr(_reports, "enqueue", accept_and_close)
        assert enqueue(client, sandbox.conversation_id).result(timeout=20).id

    @pytest.mark.parametrize("error", [None, KeyError])
    def test_leaving_the_block_delivers(
        self, sandbox: Sandbox, error: type[Exception] | None
    ) -> None:
        futures: list[Future[vce.Event]] = []
        with contextlib.suppress(KeyError), vce.Client(**sandbox.options) as client:
            futures += [enqueue(client, sandbox.conversation_id, n) for n in range(20)]
            if error:
                raise error
        assert len(futures) == 20
        assert all(future.result(timeout=0).id for future in futures)

    def test_leaving_the_block_is_bounded(self, sandbox: Sandbox) -> None:
        sandbox.fault("hang", on="create")
        with vce.Client(**sandbox.options, delivery_timeout=1) as client:
            futures = [enqueue(client, sandbox.conversation_id, n) for n in range(2)]
        assert [type(failure(future)) for future in futures] == [vce.TimeoutError] * 2


def test_stats(sandbox: Sandbox) -> None:
    with vce.Client(**sandbox.options, max_retries=0) as client:
        empty = client.stats()
        assert empty.latency == vce.Latency(p50=None, p90=None, p99=None, max=None)
        assert (empty.accepted, empty.events, empty.bytes) == (0, 0, 0)
        assert empty.engine == vce.EngineStats(tokens_signed=0, connections_opened=0)
        sandbox.status(403, on="create", skip=1)
        sandbox.status(500, on="create", skip=1)
        for n in range(4):
            enqueue(client, sandbox.conversation_id, n)
        client.flush()
        sandbox.fault("hang", on="create")
        enqueue(client, sandbox.conversation_id)
        sandbox.wait_for_requests(5)
        enqueue(client, sandbox.conversation_id)
        stats = client.stats()
        client.close(timeout=0)
    assert (stats.accepted, stats.created, stats.maybe_created, stats.not_created) == (6, 2, 1, 1)
    assert (stats.queued, stats.in_flight, stats.reports, stats.events) == (1, 1, 0, 2)
    assert stats.not_created_by_status == {Status.ERR_FORBIDDEN: 1}
    assert stats.retries == 0
    assert stats.engine == vce.EngineStats(tokens_signed=1, connections_opened=1)
    latency = stats.latency
    assert latency.p50 is not None
    assert latency.max is not None
    # Seconds, not milliseconds.
    assert 0 < latency.p50 <= latency.max < 60
    with pytest.raises(AttributeError):
        stats.created = 0  # type: ignore[misc]


class TestReportsOption:
    @pytest.mark.parametrize("reports", ["errors", "none", "nonsense"])
    def test_a_future_needs_its_report(self, sandbox: Sandbox, reports: Any) -> None:
        with pytest.raises(vce.ConfigError, match="option reports"):
            vce.Client(**sandbox.options, reports=reports)

    @pytest.mark.parametrize("reports", ["errors", "none"])
    def test_the_environment_cannot_switch_reports_off(
        self, sandbox: Sandbox, reports: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VCE_REPORTS", reports)
        with vce.Client.from_env(**sandbox.options) as client:
            assert enqueue(client, sandbox.conversation_id).result(timeout=20).id
