"""Unusual hosts: gevent, subinterpreters, PID namespaces."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Sandbox


def numbers(sandbox: Sandbox) -> list[int]:
    return [event["body"]["n"] for event in sandbox.events(sandbox.conversation_id)]


GEVENT = """
import gevent

def tick():
    while True:
        ticks.append(time.monotonic())
        gevent.sleep(0.02)

def enqueue(n):
    return client.enqueue_event(conversation, "custom:a", {"n": n})

ticks = []
gevent.spawn(tick)
client = vce.Client(**options)
"""
PATCH = "from gevent import monkey; monkey.patch_all()\n"


def run_in_gevent(sandbox: Sandbox, script: str) -> str:
    return sandbox.run(GEVENT + script, first=PATCH).stdout


class TestGevent:
    @pytest.mark.parametrize(
        "wait",
        [
            "assert enqueue(0).result(50).body == {'n': 0}",
            "enqueue(0); assert client.flush() == 0",
            "enqueue(0); assert client.close() is True",
        ],
    )
    def test_other_greenlets_go_on(self, sandbox: Sandbox, wait: str) -> None:
        sandbox.fault("delay", on="create", delay_ms=2000)
        script = f"""
gevent.sleep(0)
before = len(ticks)
{wait}
print(len(ticks) - before)
"""
        # A busy machine may lose some of a hundred ticks; a blocked process has none.
        assert int(run_in_gevent(sandbox, script)) > 10
        assert numbers(sandbox) == [0]

    def test_callbacks_are_greenlets(self, sandbox: Sandbox) -> None:
        script = """
from gevent.queue import Queue
results = Queue()

def tell(future):
    gevent.sleep(0.01)
    results.put(future.result().body["n"])

for n in range(20):
    enqueue(n).add_done_callback(tell)
print([results.get(timeout=50) for _ in range(20)] == list(range(20)))
client.close()
"""
        assert run_in_gevent(sandbox, script) == "True\n"

    def test_time_limits(self, sandbox: Sandbox) -> None:
        sandbox.fault("hang", on="create")
        script = """
futures = [enqueue(n) for n in range(2)]
while not client.stats().in_flight:
    gevent.sleep(0.01)
print(client.flush(0.2), client.close(0.2))
print([future.exception(0).outcome.name for future in futures])
"""
        printed = run_in_gevent(sandbox, script)
        assert printed == "2 False\n['MAYBE_CREATED', 'NOT_CREATED']\n"

    @pytest.mark.parametrize("end", ["", "del client"])
    def test_the_interpreters_end_delivers(self, sandbox: Sandbox, end: str) -> None:
        sandbox.fault("delay", on="create", delay_ms=300)
        run_in_gevent(sandbox, f"for n in range(20): enqueue(n)\n{end}")
        assert numbers(sandbox) == list(range(20))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("host") / "host.so"
    source = Path(__file__).with_name("subinterpreter.c")
    flags = "-std=c99 -Wall -Wextra -Wpedantic -Werror -shared -fPIC"
    subprocess.run(["cc", *flags.split(), str(source), "-o", str(path)], check=True)
    return str(path)


class TestSubinterpreters:
    @pytest.mark.parametrize(
        "end", ["", "del client, future", "client.close()", "print(future.result(50).id)"]
    )
    def test_one_with_threads_sends_in_the_background(
        self, sandbox: Sandbox, host: str, end: str
    ) -> None:
        sandbox.fault("delay", on="create", delay_ms=300)
        inner = f"""
import sys
sys.path[:] = json.loads({json.dumps(json.dumps(sys.path))})
import vce
client = vce.Client(**{sandbox.options!r})
future = client.enqueue_event({sandbox.conversation_id!r}, "custom:a", {{"n": 0}})
{end}
"""
        script = f"""
import ctypes
assert ctypes.PyDLL({host!r}).run_in_subinterpreter({("import json" + inner).encode()!r}) == 0
"""
        sandbox.run(script)
        assert numbers(sandbox) == [0]

    def test_one_without_threads_gets_an_error(self, sandbox: Sandbox) -> None:
        """An isolated subinterpreter has no daemon threads, or no threads at all."""
        inner = f"""
try:
    import vce
except ImportError as error:  # In Python 3.12 it has no ctypes either.
    told = str(error)
else:
    client = vce.Client(**{sandbox.options!r})
    arguments = ({sandbox.conversation_id!r}, "custom:a", {{"n": 0}})
    try:
        client.enqueue_event(*arguments)
    except vce.VceError as error:
        assert error.outcome is vce.Outcome.NOT_CREATED
        told = str(error)
    assert client.create_event(*arguments).id
    client.close()
assert "thread" in told or "subinterpreters" in told, told
"""
        script = f"""
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
inner = interpreters.create()
failed = interpreters.run_string(inner, {inner!r})
assert failed is None, failed
interpreters.destroy(inner)
"""
        sandbox.run(script)
        if sys.version_info[:2] != (3, 12):
            assert numbers(sandbox) == [0]


def test_a_child_with_its_parents_process_id_delivers(sandbox: Sandbox) -> None:
    """Both are the first process of their PID namespaces."""
    script = """
import ctypes, multiprocessing, warnings
warnings.simplefilter("ignore", DeprecationWarning)
CLONE_NEWPID, CLONE_NEWUSER = 0x20000000, 0x10000000
libc = ctypes.CDLL(None, use_errno=True)

def unshare(flags):
    assert libc.unshare(flags) == 0, os.strerror(ctypes.get_errno())

def send(n):
    client = vce.Client(**options)
    left_open.append(client)
    return client.enqueue_event(conversation, "custom:a", {"n": n})

def child():
    assert os.getpid() == 1
    send(1)

def parent():
    assert os.getpid() == 1
    assert send(0).result(50).id
    left_open.pop().close()
    unshare(CLONE_NEWPID)
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(50)
    assert process.exitcode == 0

left_open = []
unshare(CLONE_NEWPID if os.geteuid() == 0 else CLONE_NEWUSER | CLONE_NEWPID)
forked = os.fork()
if forked == 0:
    signal.alarm(60)
    try:
        parent()
        os._exit(0)
    finally:
        os._exit(1)
assert os.waitpid(forked, 0)[1] == 0
"""
    sandbox.run(script)
    assert numbers(sandbox) == [0, 1]
