"""A sandbox for programs that read their settings from the environment, as the examples do."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import urllib.parse
from collections.abc import Iterator, Mapping


def answer_next_create(environment: Mapping[str, str], status: int, body: str) -> None:
    """Make that sandbox answer the next request to create an event with this body."""
    fault = {"kind": "status", "on": "create", "status": status, "body": body, "creates": True}
    url = urllib.parse.urlsplit(environment["SANDBOX_ADMIN_URL"])
    connection = http.client.HTTPConnection(url.netloc, timeout=60)
    connection.request("POST", "/faults", json.dumps(fault))
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()


@contextlib.contextmanager
def running_sandbox(*options: str) -> Iterator[dict[str, str]]:
    """The environment for a new sandbox, without the machine's proxy."""
    command = [os.environ["VCE_SANDBOX"], *options, "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        sandbox = json.loads(process.stdout.readline())
        inherited = {
            name: value for name, value in os.environ.items() if "proxy" not in name.lower()
        }
        yield inherited | {
            "VONAGE_APPLICATION_ID": sandbox["application_id"],
            "VONAGE_APPLICATION_PRIVATE_KEY_PATH": sandbox["private_key_path"],
            "VCE_BASE_URL": sandbox["base_url"],
            "VCE_CA_FILE": sandbox["ca_file"] or "",
            "CONVERSATION_ID": sandbox["conversation_id"],
            "MEMBER_ID": sandbox["member_id"],
            "SANDBOX_ADMIN_URL": sandbox["admin_url"],
        }
        process.communicate()
