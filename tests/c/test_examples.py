"""The examples do what their comments say."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from programs import EXAMPLES, SHARED, STATIC, VALGRIND_TLS, compiled, run
from sandbox_program import answer_next_create


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
def test_examples_create_and_list(
    build: Path, environment: dict[str, str], linkage: list[str]
) -> None:
    create = compiled(build, EXAMPLES / "create_event.c", linkage)
    listing = compiled(build, EXAMPLES / "list_events.c", linkage)
    created = run(
        create, "custom:example", '{"a": 1}', environment=environment, under=VALGRIND_TLS
    ).stdout
    assert created.startswith("C created event ")
    event_id = created.split()[3]
    listed = run(
        listing, "custom:example", environment=environment, under=VALGRIND_TLS
    ).stdout.splitlines()
    assert listed[-1].split()[0] == event_id
    assert listed[-1].endswith('custom:example           {"a":1}')


def test_example_create_explains_failures(build: Path, environment: dict[str, str]) -> None:
    create = compiled(build, EXAMPLES / "create_event.c", SHARED)
    wrong = run(create, "oops", environment=environment, status=1).stderr
    assert wrong.startswith("VCE_ERR_TYPE_PREFIX: ")
    assert "does not exist" in wrong
    lost = run(create, environment={**environment, "CONVERSATION_ID": "CON-none"}, status=1).stderr
    assert lost.startswith("VCE_ERR_NOT_FOUND: ")
    assert "conversation:error:not-found" in lost
    without = {name: value for name, value in environment.items() if name != "CONVERSATION_ID"}
    assert "CONVERSATION_ID" in run(create, environment=without, status=1).stderr


def test_example_create_prints_what_the_server_left_out(
    build: Path, environment: dict[str, str]
) -> None:
    create = compiled(build, EXAMPLES / "create_event.c", SHARED)
    answer_next_create(environment, 201, "{}")
    assert run(create, environment=environment).stdout == "C created event - at -\n"


def test_example_validate(build: Path, environment: dict[str, str]) -> None:
    validate = compiled(build, EXAMPLES / "validate.c", SHARED)
    assert run(validate, "custom:a", '{"a":1}', environment=environment).stdout == "valid\n"
    shown = run(validate, "custom:a b", environment=environment, status=1).stdout.splitlines()
    assert shown[0].startswith("VCE_ERR_TYPE_CHARACTER: ")
    assert shown[1:] == ["    custom:a b", "            ^"]


def own_type(build: Path, environment: dict[str, str], event_type: str) -> list[str]:
    """The lines that list_events prints for a conversation's events of one type."""
    listing = compiled(build, EXAMPLES / "list_events.c", SHARED)
    return run(listing, event_type, environment=environment).stdout.splitlines()


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
def test_example_background(build: Path, environment: dict[str, str], linkage: list[str]) -> None:
    background = compiled(build, EXAMPLES / "background.c", linkage)
    before = len(own_type(build, environment, "custom:background"))
    done = run(background, "200", environment=environment, under=VALGRIND_TLS)
    summary, stats = done.stdout.splitlines()
    assert summary == "C created 200 events, 0 failed"
    assert json.loads(stats)["created"] == 200
    listed = own_type(build, environment, "custom:background")[before:]
    assert [line.split()[-1] for line in listed] == [f'{{"number":{n}}}' for n in range(200)]


def test_example_background_waits_for_room(build: Path, environment: dict[str, str]) -> None:
    background = compiled(build, EXAMPLES / "background.c", SHARED)
    small = {**environment, "VCE_QUEUE_MAX_EVENTS": "3"}
    assert run(background, "50", environment=small).stdout.startswith(
        "C created 50 events, 0 failed"
    )


def test_example_background_tells_failures(build: Path, environment: dict[str, str]) -> None:
    background = compiled(build, EXAMPLES / "background.c", SHARED)
    lost = {**environment, "CONVERSATION_ID": "CON-none"}
    done = run(background, "3", environment=lost, status=1)
    assert done.stdout.startswith("C created 0 events, 3 failed")
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        f"event {n}" for n in range(3)
    ]
    unusable = {**environment, "CONVERSATION_ID": "a/b"}
    assert run(background, environment=unusable, status=1).stderr.startswith(
        "VCE_ERR_CONVERSATION_ID"
    )


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
def test_example_epoll(build: Path, environment: dict[str, str], linkage: list[str]) -> None:
    epoll = compiled(build, EXAMPLES / "epoll.c", linkage)
    before = len(own_type(build, environment, "custom:tick"))
    done = run(epoll, "20", environment=environment, under=VALGRIND_TLS)
    assert done.stdout == "C created 20 events in a loop\n"
    listed = own_type(build, environment, "custom:tick")[before:]
    assert [line.split()[-1] for line in listed] == [f'{{"tick":{n}}}' for n in range(20)]


@contextlib.contextmanager
def server(
    program: Path, environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The running example prefork, and its port."""
    command = [str(program), "0", "4"]
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline().rsplit(":")[-1])
        finally:
            process.terminate()


def request(port: int, method: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, "/")
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
def test_example_prefork(build: Path, environment: dict[str, str], linkage: list[str]) -> None:
    prefork = compiled(build, EXAMPLES / "prefork.c", linkage)
    before = len(own_type(build, environment, "custom:request"))
    methods = ["GET", "POST"] * 100
    with server(prefork, environment) as (process, port):
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda method: request(port, method), methods)) == {202}
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (0, "")
    listed = own_type(build, environment, "custom:request")[before:]
    bodies = [json.loads(line.split()[-1]) for line in listed]
    assert sorted(body["method"] for body in bodies) == sorted(methods)
    assert len({body["process"] for body in bodies} - {process.pid}) > 1


def test_example_prefork_tells_failures(build: Path, environment: dict[str, str]) -> None:
    prefork = compiled(build, EXAMPLES / "prefork.c", SHARED)
    with server(prefork, {**environment, "CONVERSATION_ID": "CON-none"}) as (process, port):
        assert request(port, "GET") == 202
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "conversation:error:not-found" in complaints
