"""A library that is newer than the package, with numbers that the package does not know."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import vce
from sandbox import Sandbox
from vce import Outcome, Status, _native

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real library, with some of its functions replaced."""
    installed = Path(vce.__file__).with_name(_native.FILE_NAME)
    path = tmp_path_factory.mktemp("newer") / "libnewer.so"
    flags = f"-std=gnu99 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I{ROOT / 'include'}"
    source = ROOT / "tests" / "support" / "newer.c"
    found = f"-Wl,--no-as-needed,-rpath,{installed.parent}"
    subprocess.run(
        ["cc", *flags.split(), str(source), "-o", str(path), found, str(installed), "-ldl"],
        check=True,
    )
    return path


@pytest.fixture(autouse=True)
def _loaded(newer: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VCE_LIBRARY_PATH", str(newer))
    _native.library.cache_clear()
    assert _native.library()._name == str(newer)
    yield
    _native.library.cache_clear()


@pytest.fixture(params=[(777, None), (None, 42), (777, 42)], ids=["status", "outcome", "both"])
def numbers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The numbers that each failure carries; None for the real one."""
    status, outcome = request.param
    for name, number in (("NEWER_STATUS", status), ("NEWER_OUTCOME", outcome)):
        if number is not None:
            monkeypatch.setenv(name, str(number))
    return request.param


def check(error: BaseException | None, numbers: Any, real: type[vce.VceError]) -> None:
    status, outcome = numbers
    assert isinstance(error, vce.VceError)
    assert error.outcome is (Outcome.NOT_CREATED if outcome is None else Outcome.MAYBE_CREATED)
    assert isinstance(error.status, Status)
    if status is None:
        assert type(error) is real
    else:
        assert type(error) is vce.VceError
        assert (error.status, error.status.value, error.status.name) == (777, 777, "ERR_UNKNOWN")
    assert str(error)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (str(twin), vars(twin)) == (str(error), vars(error))


def test_a_call(sandbox: Sandbox, numbers: Any) -> None:
    sandbox.status(403)
    with pytest.raises(vce.VceError) as invalid:
        vce.validate_type("oops")
    with vce.Client(**sandbox.options) as client, pytest.raises(vce.VceError) as refused:
        client.create_event(sandbox.conversation_id, "custom:a", {})
    check(invalid.value, numbers, vce.InvalidEventError)
    check(refused.value, numbers, vce.ForbiddenError)


def test_a_call_that_fails_without_an_error(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWER_STATUS", "777")
    with vce.Client(**sandbox.options) as client, pytest.raises(vce.VceError) as caught:
        client.delete_event(sandbox.conversation_id, "1")
    assert type(caught.value) is vce.VceError
    assert caught.value.status == 777
    assert caught.value.outcome is Outcome.MAYBE_CREATED


def test_events_in_the_background(sandbox: Sandbox, numbers: Any) -> None:
    sandbox.status(403)
    with vce.Client(**sandbox.options) as client:
        refused = client.enqueue_event(sandbox.conversation_id, "custom:a", {})
        created = client.enqueue_event(sandbox.conversation_id, "custom:a", {})
        check(refused.exception(timeout=20), numbers, vce.ForbiddenError)
        assert created.result(timeout=20).id
        # The name is the key: the statistics contain no number.
        assert client.stats().not_created_by_status == {"VCE_ERR_NEWERDAYS": 1}


def test_a_report_without_an_error(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWER_OUTCOME", "42")
    monkeypatch.setenv("NEWER_SILENT", "1")
    sandbox.status(403)
    with vce.Client(**sandbox.options) as client:
        future = client.enqueue_event(sandbox.conversation_id, "custom:a", {})
        error = future.exception(timeout=20)
    assert type(error) is vce.VceError
    assert error.outcome is Outcome.MAYBE_CREATED


def test_events_in_asyncio(sandbox: Sandbox, numbers: Any) -> None:
    sandbox.status(403)

    async def main() -> None:
        async with vce.AsyncClient(**sandbox.options) as client:
            with pytest.raises(vce.VceError) as caught:
                await client.create_event(sandbox.conversation_id, "custom:a", {})
            check(caught.value, numbers, vce.ForbiddenError)
            assert (await client.create_event(sandbox.conversation_id, "custom:a", {})).id

    asyncio.run(main())


def test_only_numbers_are_unknown() -> None:
    assert Status(10) is Status.ERR_ARGUMENT
    assert Status(777) not in list(Status)
    assert {Status(777): 1}[Status(777)] == 1
    kinds: list[Any] = [Status, Outcome]
    for kind in kinds:
        with pytest.raises(ValueError, match="nonsense"):
            kind("nonsense")
