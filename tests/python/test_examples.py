"""The examples and the README's code, run as a reader would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sandbox import Sandbox

BINDING = Path(__file__).parents[2] / "bindings" / "python"


@pytest.fixture
def environment(sandbox: Sandbox) -> dict[str, str]:
    return {
        **os.environ,
        "VONAGE_APPLICATION_ID": sandbox.options["application_id"],
        "VONAGE_APPLICATION_PRIVATE_KEY_PATH": sandbox.options["private_key_path"],
        "VCE_BASE_URL": sandbox.options["base_url"],
        "VCE_CA_FILE": sandbox.options["ca_file"],
        "VCE_PROXY": "none",
        "CONVERSATION_ID": sandbox.conversation_id,
        "MEMBER_ID": sandbox.member_id,
    }


def run(
    example: str, *arguments: str, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", str(BINDING / "examples" / example), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_create_event_prints_one_line(sandbox: Sandbox, environment: dict[str, str]) -> None:
    done = run("create_event.py", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    (event,) = sandbox.events(sandbox.conversation_id)
    assert done.stdout == f"Python created event {event['id']} at {event['timestamp']}\n"
    assert event["from"] == sandbox.member_id


def test_create_event_needs_no_member(sandbox: Sandbox, environment: dict[str, str]) -> None:
    del environment["MEMBER_ID"]
    assert run("create_event.py", environment=environment).returncode == 0
    assert '"from"' not in sandbox.requests()[0]["body"]


def test_create_event_says_what_went_wrong(sandbox: Sandbox, environment: dict[str, str]) -> None:
    sandbox.status(500)
    done = run("create_event.py", environment=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert "MAYBE_CREATED" in done.stderr
    assert "Traceback" not in done.stderr


def test_validate() -> None:
    done = run("validate.py", "custom:order_paid", "custom:oops!", environment=dict(os.environ))
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert first == "custom:order_paid: valid"
    assert second.startswith("custom:oops!: ERR_TYPE_CHARACTER at byte 11: ")
    assert run("validate.py", "custom:a", environment=dict(os.environ)).returncode == 0


def test_list_events(sandbox: Sandbox, environment: dict[str, str]) -> None:
    for _ in range(12):
        assert run("create_event.py", environment=environment).returncode == 0
    done = run("list_events.py", "custom:hello_from_python", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    ids = [str(event["id"]) for event in sandbox.events(sandbox.conversation_id)]
    assert [line.split()[0] for line in done.stdout.splitlines()] == ids[::-1]
    assert run("list_events.py", "custom:none", environment=environment).stdout == ""


def test_background(sandbox: Sandbox, environment: dict[str, str]) -> None:
    done = run("background.py", "5", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    ids = [event["id"] for event in sandbox.events(sandbox.conversation_id)]
    *created, summary = done.stdout.splitlines()
    assert sorted(created) == [f"{n}: created event {id_}" for n, id_ in enumerate(ids)]
    assert summary == "5 of 5 created, 0 retries"


def test_background_says_what_went_wrong(sandbox: Sandbox, environment: dict[str, str]) -> None:
    sandbox.status(500, skip=1)
    done = run("background.py", "3", environment=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("1: MAYBE_CREATED: ")
    assert done.stdout.endswith("\n2 of 3 created, 0 retries\n")
    environment["VCE_QUEUE_MAX_EVENTS"] = "1"
    sandbox.fault("delay", delay_ms=300)
    done = run("background.py", "3", environment=environment)
    assert done.returncode == 1
    assert "queue" in done.stderr
    assert "Traceback" not in done.stderr


def test_asyncio(sandbox: Sandbox, environment: dict[str, str]) -> None:
    done = run("asyncio_events.py", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    ids = [event["id"] for event in sandbox.events(sandbox.conversation_id)]
    assert done.stdout.splitlines() == [f"created event {id_}" for id_ in ids]
    assert len(ids) == 11
    sandbox.status(500, skip=3)
    done = run("asyncio_events.py", environment=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("MAYBE_CREATED: ")
    sandbox.status(403)
    done = run("asyncio_events.py", environment=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert "NOT_CREATED" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_readme_runs(sandbox: Sandbox, environment: dict[str, str], tmp_path: Path) -> None:
    snippets = re.findall(r"```python\n(.*?)```", (BINDING / "README.md").read_text(), re.DOTALL)
    assert len(snippets) >= 3
    script = tmp_path / "readme.py"
    script.write_text("\n".join(snippets))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    types = Counter(event["type"] for event in sandbox.events(sandbox.conversation_id))
    assert types == {"custom:order_paid": 2, "custom:tick": 20}
