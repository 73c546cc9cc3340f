"""Forks while events are sent in the background."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future

import pytest

import vce
from sandbox import Sandbox

# From 3.12 on, Python warns of each fork in a process with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(30)  # Ends the child if it hangs.
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def has_ended_well(child: int) -> bool:
    return os.waitpid(child, 0)[1] == 0


class Load:
    """Threads that keep a client's queue busy, with a number for each event."""

    def __init__(self, client: vce.Client, conversations: list[str]) -> None:
        self.futures: list[Future[vce.Event]] = []
        self._client, self._conversations = client, conversations
        self._numbers = itertools.count()
        self._ended = threading.Event()
        self._room = threading.Semaphore(30)
        self._threads = [threading.Thread(target=self._produce) for _ in range(2)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(30)

    def _produce(self) -> None:
        while not self._ended.is_set():
            assert self._room.acquire(timeout=30)
            n = next(self._numbers)
            conversation_id = self._conversations[n % len(self._conversations)]
            future = self._client.enqueue_event(conversation_id, "custom:parent", {"n": n})
            future.add_done_callback(lambda _: self._room.release())
            self.futures.append(future)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("engine", ["own", "shared"])
def test_forks_under_load(sandbox: Sandbox, engine: str) -> None:
    """Each child sends through the inherited client; the parent is not affected."""
    conversations = [sandbox.new_conversation()[0] for _ in range(4)]

    with vce.Client(**sandbox.options, engine=engine, app_name=f"load/{engine}") as client:

        def work() -> None:
            assert client.flush(0) == 0
            assert client.stats().accepted == 0
            events = [
                client.enqueue_event(conversation_id, "custom:child", {"pid": os.getpid()})
                for conversation_id in conversations
            ]
            assert client.create_event(conversations[0], "custom:child", {"pid": os.getpid()}).id
            assert all(event.result(timeout=20).id for event in events)
            assert client.close() is True
            assert threading.active_count() == 1

        with Load(client, conversations) as load:
            for _ in range(25):
                ends = [has_ended_well(child) for child in [fork(work) for _ in range(4)]]
                assert ends == [True] * 4
        assert client.flush() == 0
        sent = {future.result(timeout=0).body["n"] for future in load.futures}
        assert sent == set(range(len(load.futures)))
        assert client.stats().created == len(load.futures)
        assert client.stats().retries == 0

    stored = [event for id_ in conversations for event in sandbox.events(id_)]
    parents = [event["body"]["n"] for event in stored if event["type"] == "custom:parent"]
    assert sorted(parents) == list(range(len(load.futures)))
    children_ = Counter(event["body"]["pid"] for event in stored if event["type"] == "custom:child")
    assert sum(children_.values()) == 500


@pytest.mark.parametrize("engine", ["own", "shared"])
def test_the_parents_events_stay_the_parents(sandbox: Sandbox, engine: str) -> None:
    sandbox.fault("delay", on="create", delay_ms=1000)
    with vce.Client(**sandbox.options, engine=engine, app_name=f"stay/{engine}") as client:
        futures = [
            client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": n}) for n in range(5)
        ]
        # The children end in every way: with close, with garbage collection, and without either.
        ways: list[Callable[[], object]] = [client.close, futures.clear, lambda: os._exit(0)]
        children = [fork(lambda way=way: (way(), None)[1]) for way in ways]  # type: ignore[misc]
        assert [has_ended_well(child) for child in children] == [True] * 3
        assert [future.result(timeout=20).body["n"] for future in futures] == list(range(5))
    stored = sandbox.events(sandbox.conversation_id)
    assert [event["body"]["n"] for event in stored] == list(range(5))


def test_a_child_that_ends_by_itself_delivers_its_own(sandbox: Sandbox) -> None:
    script = """
import sys
client = vce.Client(**options)
future = client.enqueue_event(conversation, "custom:parent", {})
child = os.fork()
if child == 0:
    signal.alarm(20)
    client.enqueue_event(conversation, "custom:child", {})
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
assert future.result(20).id
grandchild = os.fork()
if grandchild == 0:
    sys.exit()
assert os.waitpid(grandchild, 0)[1] == 0
"""
    sandbox.run("import warnings; warnings.simplefilter('ignore', DeprecationWarning)\n" + script)
    types = Counter(event["type"] for event in sandbox.events(sandbox.conversation_id))
    assert types == {"custom:parent": 1, "custom:child": 1}


def test_a_child_of_a_callback(sandbox: Sandbox) -> None:
    """A callback forks: it runs in the thread that resolves futures, the child's only thread."""
    seen: Future[bool] = Future()
    with vce.Client(**sandbox.options) as client:

        def work() -> None:
            further = client.enqueue_event(sandbox.conversation_id, "custom:child", {})
            assert further.result(timeout=20).id
            client.close()

        sandbox.fault("delay", on="create", delay_ms=300)
        future = client.enqueue_event(sandbox.conversation_id, "custom:parent", {})
        future.add_done_callback(lambda _: seen.set_result(has_ended_well(fork(work))))
        assert seen.result(timeout=40)
        assert client.enqueue_event(sandbox.conversation_id, "custom:parent", {}).result(20).id


def test_a_pre_forking_server(sandbox: Sandbox) -> None:
    """Children use the parent's client, and deliver their events when they are told to end."""
    script = """
import socket, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
client = vce.Client(**options)
client.enqueue_event(conversation, "custom:parent", {})
listener = socket.create_server(("127.0.0.1", 0))

def serve():
    signal.alarm(25)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                n = int(connection.recv(100))
                client.enqueue_event(conversation, "custom:child", {"n": n})
                connection.sendall(b"accepted")

children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        serve()
    children.append(child)
for n in range(100):
    with socket.create_connection(listener.getsockname()) as connection:
        connection.sendall(b"%d" % n)
        assert connection.recv(100) == b"accepted"
for child in children:
    os.kill(child, signal.SIGTERM)
print([os.waitpid(child, 0)[1] for child in children])
listener.close()
"""
    assert sandbox.run(script).stdout == "[0, 0, 0, 0]\n"
    stored = sandbox.events(sandbox.conversation_id)
    numbers = [event["body"]["n"] for event in stored if event["type"] == "custom:child"]
    assert sorted(numbers) == list(range(100))
    assert len(stored) == 101
