"""The Conversation API on loopback, as its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from typing import Any


class Sandbox:
    """A running sandbox, and its admin endpoints."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [os.environ["VCE_SANDBOX"], "--tls", "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        ready = json.loads(self._process.stdout.readline())
        self.conversation_id: str = ready["conversation_id"]
        self.member_id: str = ready["member_id"]
        self.private_key_path: str = ready["private_key_path"]
        self.options: dict[str, Any] = {
            "application_id": ready["application_id"],
            "private_key_path": ready["private_key_path"],
            "base_url": ready["base_url"],
            "ca_file": ready["ca_file"],
            "proxy": "none",
        }
        self._admin_url: str = ready["admin_url"]
        self._http = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def stop(self) -> None:
        self._process.communicate(timeout=10)

    def admin(self, method: str, path: str, value: object = None) -> Any:
        request = urllib.request.Request(
            self._admin_url + path,
            method=method,
            data=None if value is None else json.dumps(value).encode(),
            headers={"Content-Type": "application/json"},
        )
        with self._http.open(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def fault(self, kind: str, **details: object) -> None:
        self.admin("POST", "/faults", {"kind": kind, **details})

    def status(self, status: int, **details: object) -> None:
        self.fault("status", status=status, **details)

    def requests(self, method: str = "POST") -> list[dict[str, Any]]:
        """The log of requests with one method."""
        return [entry for entry in self.admin("GET", "/requests") if entry["method"] == method]

    def events(self, conversation_id: str) -> list[dict[str, Any]]:
        """All events that the server stores for a conversation."""
        stored: list[dict[str, Any]] = self.admin(
            "GET", f"/events?conversation_id={conversation_id}"
        )
        return stored

    def new_conversation(self) -> tuple[str, str]:
        made = self.admin("POST", "/conversations")
        return made["conversation_id"], made["member_id"]

    def wait_for_requests(self, count: int) -> None:
        """Wait until the server has read `count` requests to create an event."""
        deadline = time.monotonic() + 10
        while len(self.requests()) < count:
            assert time.monotonic() < deadline, f"fewer than {count} requests arrived"
            time.sleep(0.02)

    def run(self, script: str, first: str = "") -> subprocess.CompletedProcess[str]:
        """Run a script in a new interpreter, which must succeed and print nothing to stderr.

        The script can use `options` and `conversation`; `first` runs before all imports.
        """
        prelude = (
            f"{first}import asyncio, logging, os, signal, threading, time, vce\n"
            # asyncio warns when the machine is busy.
            "logging.getLogger('asyncio').setLevel(logging.ERROR)\n"
            f"options, conversation = {self.options!r}, {self.conversation_id!r}\n"
        )
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", "-c", prelude + script],
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done
