"""Threads, closing, and nothing left behind."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import vce
from sandbox import Sandbox
from vce import Outcome, _native


def test_many_threads_share_one_client(client: vce.Client, sandbox: Sandbox) -> None:
    conversation_id, _ = sandbox.new_conversation()

    def create(thread: int) -> list[str | None]:
        return [
            client.create_event(conversation_id, "custom:a", {"thread": thread, "n": n}).id
            for n in range(20)
        ]

    with ThreadPoolExecutor(16) as threads:
        ids = [id_ for part in threads.map(create, range(16)) for id_ in part]
    assert len(set(ids)) == 320
    stored = Counter(event["body"]["thread"] for event in sandbox.events(conversation_id))
    assert stored == Counter(dict.fromkeys(range(16), 20))


def test_threads_share_an_iterator(client: vce.Client, sandbox: Sandbox) -> None:
    conversation_id, _ = sandbox.new_conversation()
    created = [client.create_event(conversation_id, "custom:a", {}).id for _ in range(30)]
    events = client.list_events(conversation_id, page_size=3)
    with ThreadPoolExecutor(4) as threads:
        parts = [threads.submit(list, events) for _ in range(4)]
    listed = [event.id for part in parts for event in part.result()]
    assert sorted(map(str, listed)) == sorted(map(str, created))


def hang(client: vce.Client, sandbox: Sandbox, threads: ThreadPoolExecutor) -> Any:
    sandbox.fault("hang", on="create")
    future = threads.submit(client.create_event, sandbox.conversation_id, "custom:a", {})
    sandbox.wait_for_requests(1)
    return future


def test_closing_cancels_a_call_that_hangs(sandbox: Sandbox) -> None:
    client = vce.Client(**sandbox.options)
    with ThreadPoolExecutor(1) as threads:
        future = hang(client, sandbox, threads)
        assert client.close(timeout=0.2) is False
        error = future.exception(timeout=10)
    assert type(error) is vce.ClosedError
    assert error.outcome is Outcome.MAYBE_CREATED


def test_closing_waits_for_a_call_that_ends(sandbox: Sandbox) -> None:
    client = vce.Client(**sandbox.options)
    sandbox.fault("delay", on="create", delay_ms=500)
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(client.create_event, sandbox.conversation_id, "custom:a", {})
        sandbox.wait_for_requests(1)
        assert client.close() is True
        assert future.result(timeout=10).id


def test_a_closed_client_refuses(client: vce.Client, sandbox: Sandbox) -> None:
    events = client.list_events(sandbox.conversation_id)
    assert client.close() is True
    assert client.close(timeout=0) is True
    calls: list[Callable[[], object]] = [
        lambda: client.create_event(sandbox.conversation_id, "custom:a", {}),
        lambda: client.get_event(sandbox.conversation_id, "1"),
        lambda: client.delete_event(sandbox.conversation_id, "1"),
        lambda: next(events),
    ]
    for call in calls:
        with pytest.raises(vce.ClosedError) as caught:
            call()
        assert caught.value.outcome is Outcome.NOT_CREATED
    assert sandbox.requests() == []


@pytest.mark.parametrize("timeout", [None, 0, -1, 0.0004, 1e30, float("inf")])
def test_any_number_of_seconds_is_a_limit(sandbox: Sandbox, timeout: float | None) -> None:
    sandbox.fault("delay", on="create", delay_ms=300)
    client = vce.Client(**sandbox.options)
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(client.create_event, sandbox.conversation_id, "custom:a", {})
        sandbox.wait_for_requests(1)
        patient = timeout is None or timeout > 1
        assert client.close(timeout) is patient
        assert (future.exception() is None) is patient


def test_leaving_the_block_closes(sandbox: Sandbox) -> None:
    with pytest.raises(KeyError), vce.Client(**sandbox.options) as client:
        raise KeyError
    with pytest.raises(vce.ClosedError):
        client.create_event(sandbox.conversation_id, "custom:a", {})


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the calls of each function of the library."""
    counter: Counter[str] = Counter()
    real = _native.library()

    class Counting:
        def __getattr__(self, name: str) -> Any:
            function = getattr(real, name)

            def counted(*arguments: Any) -> Any:
                counter[name] += 1
                return function(*arguments)

            return counted

    counting = Counting()
    for module in list(sys.modules.values()):
        if module.__name__.startswith("vce.") and getattr(module, "library", None):
            monkeypatch.setattr(module, "library", lambda: counting)
    return counter


def test_objects_of_the_library_are_freed(sandbox: Sandbox, counts: Counter[str]) -> None:
    client = vce.Client(**sandbox.options, max_retries=0)
    for _ in range(3):
        client.create_event(sandbox.conversation_id, "custom:a", {})
    events = client.list_events(sandbox.conversation_id)
    next(events)
    for type_ in ("oops", "custom:ü"):
        assert not vce.is_valid_type(type_)
    with pytest.raises(vce.ConfigError):
        vce.Client(timeout="never")
    with pytest.raises(vce.InvalidEventError):
        client.list_events(sandbox.conversation_id, order="sideways")
    freed = {
        "vce_config_free": 2,
        "vce_event_free": 4,
        "vce_error_free": 4,
        "vce_event_list_free": 1,
    }
    assert {name: counts[name] for name in freed} == freed
    del events
    assert (counts["vce_event_list_free"], counts["vce_client_free"]) == (2, 0)
    del client
    assert counts["vce_client_free"] == 1


def test_objects_of_the_background_are_freed(sandbox: Sandbox, counts: Counter[str]) -> None:
    client = vce.Client(**sandbox.options, max_retries=0)
    sandbox.status(403)
    for _ in range(3):
        client.enqueue_event(sandbox.conversation_id, "custom:a", {})
    with pytest.raises(vce.InvalidEventError):
        client.enqueue_event(sandbox.conversation_id, "oops", {})
    client.close()
    assert client.stats().accepted == 3
    # Events and errors belong to their reports.
    freed = {"vce_report_free": 3, "vce_event_free": 0, "vce_error_free": 1, "vce_string_free": 1}
    assert {name: counts[name] for name in freed} == freed
    del client
    assert counts["vce_client_free"] == 1


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_memory_does_not_grow(impatient: vce.Client, sandbox: Sandbox) -> None:
    sandbox.status(500, times=None, on="get", body="x" * 60_000, content_type="text/plain")

    def work(rounds: int) -> None:
        for _ in range(rounds):
            with pytest.raises(vce.ServerError):
                impatient.get_event(sandbox.conversation_id, "1")
            impatient.create_event(sandbox.conversation_id, "custom:a", {"x": "x" * 4000})
            future = impatient.enqueue_event(sandbox.conversation_id, "custom:a", {"x": "x" * 4000})
            assert future.result(timeout=20).id
            vce.Client(**sandbox.options)

    work(50)
    before = resident_bytes()
    work(300)
    # If each round leaked one response, it would be 18 MB.
    assert resident_bytes() - before < 6 << 20


def test_garbage_collection_frees_cycles(sandbox: Sandbox) -> None:
    client = vce.Client(**sandbox.options)
    events = client.list_events(sandbox.conversation_id)
    cycle: list[Any] = [client, events]
    cycle.append(cycle)
    gone = weakref.ref(client)
    del client, events, cycle
    gc.collect()
    assert gone() is None


def test_the_interpreter_ends_with_open_clients(sandbox: Sandbox) -> None:
    script = """
client = vce.Client(**options)
event = client.create_event(conversation, "custom:a", {})
events = client.list_events(conversation)
next(events)
everything = [client, events]
everything.append(everything)
print(event.id)
"""
    assert sandbox.run(script).stdout.strip()


def test_the_interpreter_ends_with_a_call_under_way(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="create")
    script = """
client = vce.Client(**options)
arguments = (conversation, "custom:a", {})
threading.Thread(target=client.create_event, args=arguments, daemon=True).start()
time.sleep(0.5)
"""
    sandbox.run(script)


def test_no_thread_is_left_without_asyncio(client: vce.Client, sandbox: Sandbox) -> None:
    before = threading.active_count()
    client.create_event(sandbox.conversation_id, "custom:a", {})
    assert threading.active_count() == before


def test_calls_run_side_by_side(client: vce.Client, sandbox: Sandbox) -> None:
    """A call that waits does not hold the interpreter's lock."""
    with ThreadPoolExecutor(1) as threads:
        future = hang(client, sandbox, threads)
        assert client.create_event(sandbox.conversation_id, "custom:a", {}).id
        assert not future.done()
        client.close(timeout=0)


@pytest.mark.parametrize("engine", ["own", "shared"])
def test_a_forked_child_leaves_its_parents_connection_alone(sandbox: Sandbox, engine: str) -> None:
    accepted = sandbox.admin("GET", "/connections")["accepted"]
    conversation_id, _ = sandbox.new_conversation()
    with vce.Client(**sandbox.options, engine=engine, app_name=f"fork/{engine}") as client:
        for _ in range(10):
            client.create_event(conversation_id, "custom:parent", {})
            child = os.fork()
            if child == 0:
                try:
                    client.create_event(conversation_id, "custom:child", {})
                    client.close()
                    os._exit(0)
                finally:
                    os._exit(1)
            client.create_event(conversation_id, "custom:parent", {})
            assert os.waitpid(child, 0)[1] == 0
    types = [event["type"] for event in sandbox.events(conversation_id)]
    assert (types.count("custom:parent"), types.count("custom:child")) == (20, 10)
    assert sandbox.admin("GET", "/connections")["accepted"] - accepted == 11


def test_a_pool_of_processes_may_use_an_inherited_client(sandbox: Sandbox) -> None:
    conversation_id, _ = sandbox.new_conversation()
    with vce.Client(**sandbox.options) as client:
        client.create_event(conversation_id, "custom:parent", {})

        def create(number: int) -> None:
            client.create_event(conversation_id, "custom:child", {"n": number})

        context = multiprocessing.get_context("fork")
        children = [context.Process(target=create, args=(n,)) for n in range(8)]
        for child in children:
            child.start()
        for child in children:
            child.join(30)
        assert [child.exitcode for child in children] == [0] * 8
        client.create_event(conversation_id, "custom:parent", {})
    assert len(sandbox.events(conversation_id)) == 10
