"""How sending in the background ends: Ctrl-C, dropped clients, the interpreter's exit."""

from __future__ import annotations

import gc
import multiprocessing
import threading
import time
import types
import weakref

import pytest

import children
import vce
from sandbox import Sandbox


def numbers(sandbox: Sandbox) -> list[int]:
    return [event["body"]["n"] for event in sandbox.events(sandbox.conversation_id)]


def await_end_of_threads() -> None:
    deadline = time.monotonic() + 20
    while any(thread.name.startswith("vce") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_dropped_client_delivers_and_is_freed(sandbox: Sandbox) -> None:
    sandbox.fault("delay", on="create", delay_ms=1500)
    client = vce.Client(**sandbox.options)
    futures = [client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": 0})]
    futures += [client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": n}) for n in (1, 2)]
    gone = weakref.ref(client._futures)  # which holds the library's client
    del client
    assert [future.result(timeout=20).body["n"] for future in futures] == [0, 1, 2]
    await_end_of_threads()
    assert gone() is None


def test_garbage_collection_ends_the_thread(sandbox: Sandbox) -> None:
    client = vce.Client(**sandbox.options)
    client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": 0}).result(timeout=20)
    cycle = [client]
    cycle.append(cycle)  # type: ignore[arg-type]
    del client, cycle
    gc.collect()
    await_end_of_threads()


def references_of(value: object) -> int:
    """The number of references in everything that `value` refers to."""
    shared = (type, types.FunctionType, types.ModuleType, threading.Thread)
    count, seen, found = 0, set(), [value]
    while found:
        holder = found.pop()
        if id(holder) in seen or isinstance(holder, shared):
            continue
        seen.add(id(holder))
        held = gc.get_referents(holder)
        count += len(held)
        found += held
    return count


def test_memory_is_bounded_by_what_is_under_way(sandbox: Sandbox) -> None:
    """Finished events leave nothing behind, even while another one is under way all the time."""
    slow, _ = sandbox.new_conversation()
    sandbox.fault("hang", on="create", conversation_id=slow)
    with vce.Client(**sandbox.options, timeout=50) as client:

        def produce(count: int) -> int:
            for _ in range(count):
                future = client.enqueue_event(sandbox.conversation_id, "custom:a", {"n": 0})
                assert future.result(timeout=20).id
            assert not under_way.done()
            del future
            return references_of(client._futures)

        under_way = client.enqueue_event(slow, "custom:a", {"n": 0})
        before = produce(100)
        assert produce(500) - before < 50
        client.close(0)


CYCLES = {
    "wait": """
    def use():
        return client.create_event(conversation, "custom:a", {"n": 1}).id, client.close()
    return client, use
""",
    "background": """
    client.enqueue_event(conversation, "custom:a", {"n": 0}).result(20)
    def use():
        future = client.enqueue_event(conversation, "custom:a", {"n": 1})
        return client.flush(20), future.done(), client.close(1)
    return client, use
""",
    "list": """
    client.create_event(conversation, "custom:a", {"n": 0})
    events = client.list_events(conversation)
    return events, lambda: [event.id for event in events]
""",
}


@pytest.mark.parametrize("order", ["used, user", "user, used"])
@pytest.mark.parametrize(
    ("kind", "printed"), [("wait", "1 True"), ("background", "0 True True"), ("list", "1")]
)
def test_what_a_del_method_in_a_cycle_uses(
    sandbox: Sandbox, kind: str, printed: str, order: str
) -> None:
    """Garbage collection clears weak references, and then calls such methods in any order."""
    script = f"""
import gc

class User:
    def __del__(self):
        time.sleep(0.3)  # What the collection has started is over then.
        print(*self.use())

def used():
    client = vce.Client(**options)
{CYCLES[kind]}

make = {{"used": used, "user": User}}
made = {{name: make[name]() for name in "{order}".split(", ")}}
made["used"][0].user = made["user"]
made["user"].use = made["used"][1]
del made
gc.collect()
"""
    assert sandbox.run(script).stdout == printed + "\n"


INTERRUPTED = """
def enqueue(client):
    return client.enqueue_event(conversation, "custom:a", {"n": 0})

def interrupt():
    # Only when a request is under way.
    while not client.stats().in_flight:
        time.sleep(0.02)
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)

# In a shell's background job, SIGINT is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
client = vce.Client(**options, timeout=100, delivery_timeout=200)
futures = [enqueue(client), enqueue(client)]
interrupter = threading.Thread(target=interrupt)
interrupter.start()
try:
"""


def test_ctrl_c_interrupts_a_flush_and_nothing_else(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="create")
    script = f"""{INTERRUPTED}
    client.flush()
except KeyboardInterrupt:
    print([future.done() for future in futures], client.flush(0))
    client.close(0)
"""
    assert sandbox.run(script).stdout == "[False, False] 2\n"


@pytest.mark.parametrize("wait", ["client.close()", "with client: pass"])
def test_ctrl_c_makes_closing_cancel(sandbox: Sandbox, wait: str) -> None:
    sandbox.fault("hang", on="create")
    script = f"""{INTERRUPTED}
    {wait}
except KeyboardInterrupt:
    print(*[future.exception(0).outcome.name for future in futures])
    interrupter.join()
    print(threading.active_count())
"""
    assert sandbox.run(script).stdout == "MAYBE_CREATED NOT_CREATED\n1\n"


def test_ctrl_c_interrupts_waiting_for_a_future(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="create")
    script = f"""{INTERRUPTED}
    futures[0].result()
except KeyboardInterrupt:
    print(client.close(0))
"""
    assert sandbox.run(script).stdout == "False\n"


@pytest.mark.parametrize("where", ["client = ", "threading.open_client = ", ""])
def test_the_interpreters_end_delivers(sandbox: Sandbox, where: str) -> None:
    sandbox.fault("delay", on="create", delay_ms=500)
    script = f"""
def tell(future):
    time.sleep(0.02)  # Slower than the events.
    print(future.result().body["n"], flush=True)

def enqueue(client):
    for n in range(20):
        client.enqueue_event(conversation, "custom:a", {{"n": n}}).add_done_callback(tell)
    return client

{where}enqueue(vce.Client(**options))
"""
    assert [int(line) for line in sandbox.run(script).stdout.split()] == list(range(20))
    assert numbers(sandbox) == list(range(20))


def test_the_interpreters_end_is_bounded(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="create")
    script = """
client = vce.Client(**options, delivery_timeout=1)
for n in range(2):
    future = client.enqueue_event(conversation, "custom:a", {"n": n})
    future.add_done_callback(lambda future: print(future.exception().outcome.name, flush=True))
"""
    assert sorted(sandbox.run(script).stdout.split()) == ["MAYBE_CREATED", "NOT_CREATED"]


def test_ctrl_c_cuts_the_interpreters_end_short(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="create")
    script = """
import sys

def interrupt():
    threading.main_thread().join()
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)

def end(*_):
    sys.unraisablehook = lambda _: None  # The interpreter would print the error in atexit.
    sys.exit()

signal.signal(signal.SIGINT, end)
client = vce.Client(**options, timeout=100, delivery_timeout=200)
for n in range(2):
    future = client.enqueue_event(conversation, "custom:a", {"n": n})
    future.add_done_callback(lambda future: print(future.exception().outcome.name, flush=True))
while not client.stats().in_flight:
    time.sleep(0.02)
threading.Thread(target=interrupt, daemon=True).start()
"""
    printed = sandbox.run(script).stdout.split()
    assert sorted(printed) == ["MAYBE_CREATED", "NOT_CREATED"]


def test_the_interpreters_exit_does_not_wait_for_endless_enqueueing(sandbox: Sandbox) -> None:
    script = """
client = vce.Client(**options)
def produce():
    while True:
        client.enqueue_event(conversation, "custom:a", {"n": 0})
        time.sleep(0.001)

threading.excepthook = lambda args: None
for _ in range(3):
    threading.Thread(target=produce, daemon=True).start()
while client.stats().created < 10:
    time.sleep(0.01)
"""
    sandbox.run(script)


def test_daemon_threads_that_wait_do_not_hold_the_interpreter(sandbox: Sandbox) -> None:
    sandbox.fault("hang", on="create", times=None)
    script = """
client = vce.Client(**options, delivery_timeout=1)
arguments = (conversation, "custom:a", {"n": 0})
waits = [
    lambda: client.enqueue_event(*arguments).result(),
    lambda: client.create_event(*arguments),
    client.flush,
    client.close,
]
threading.excepthook = lambda args: None
for wait in waits:
    threading.Thread(target=wait, daemon=True).start()
time.sleep(0.5)
"""
    sandbox.run(script)


def test_a_client_may_be_used_while_the_interpreter_ends(sandbox: Sandbox) -> None:
    script = """
import atexit

def enqueue():
    try:
        client.enqueue_event(conversation, "custom:a", {"n": 1})
        client.close()
    except vce.VceError as error:
        print(type(error).__name__)

atexit.register(enqueue)
client = vce.Client(**options)
if not late:
    client.enqueue_event(conversation, "custom:a", {"n": 0})
"""
    sandbox.run("late = False\n" + script)
    assert numbers(sandbox) == [0, 1]
    # From 3.12 on, no thread can be started then; the event is refused, not lost.
    printed = sandbox.run("late = True\n" + script).stdout
    assert (printed, numbers(sandbox)) in [("", [0, 1, 1]), ("VceError\n", [0, 1])]


def test_events_are_refused_when_the_interpreter_exits(sandbox: Sandbox) -> None:
    script = """
import atexit
from vce import _exit

def enqueue():
    for client in (unused, used):
        try:
            client.enqueue_event(conversation, "custom:a", {"n": 1})
        except vce.ClosedError as error:
            print(error.outcome.name)

# A function that was registered before the import of vce runs last.
atexit.unregister(_exit._deliver)
atexit.register(enqueue)
atexit.register(_exit._deliver)
unused, used = vce.Client(**options), vce.Client(**options)
"""
    refused = "NOT_CREATED\nNOT_CREATED\n"
    assert sandbox.run(script).stdout == refused
    script += 'used.enqueue_event(conversation, "custom:a", {"n": 0})'
    assert sandbox.run(script).stdout == refused
    assert numbers(sandbox) == [0]


def test_a_callback_may_drop_the_last_reference(sandbox: Sandbox) -> None:
    script = """
holder = [vce.Client(**options)]
future = holder[0].enqueue_event(conversation, "custom:a", {"n": 0})
future.add_done_callback(lambda _: holder.clear())
future.result(20)
while threading.active_count() > 1:
    time.sleep(0.01)
"""
    sandbox.run(script)
    assert numbers(sandbox) == [0]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_process_of_multiprocessing_delivers_at_its_end(
    sandbox: Sandbox, method: str, kind: str
) -> None:
    leave = children.enqueue_and_leave if kind == "sync" else children.enqueue_async_and_leave
    sandbox.fault("delay", on="create", delay_ms=500)
    context = multiprocessing.get_context(method)
    child = context.Process(  # type: ignore[attr-defined]
        target=leave, args=(sandbox.options, sandbox.conversation_id)
    )
    child.start()
    child.join(40)
    assert child.exitcode == 0
    assert numbers(sandbox) == [0, 1, 2]
