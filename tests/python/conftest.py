from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import vce
from sandbox import Sandbox


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The sandbox, as if it had just been started."""
    running_sandbox.admin("POST", "/reset")
    return running_sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[vce.Client]:
    with vce.Client(**sandbox.options) as client:
        yield client


@pytest.fixture
def impatient(sandbox: Sandbox) -> Iterator[vce.Client]:
    """A client without retries."""
    with vce.Client(**sandbox.options, max_retries=0) as client:
        yield client


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of the person who runs it."""
    for name in list(os.environ):
        if name.startswith(("VONAGE_", "VCE_")) and name != "VCE_SANDBOX":
            monkeypatch.delenv(name)
