"""Every failure, from a real cause: its class, its outcome, its details."""

from __future__ import annotations

import asyncio
import builtins
import pickle
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vce
from sandbox import Sandbox
from vce import Outcome, Status

PROBLEM = {
    "code": "conversation:error:test",
    "title": "A title.",
    "detail": "Żółć: what happened.",
}


def failure(client: vce.Client, sandbox: Sandbox) -> vce.VceError:
    with pytest.raises(vce.VceError) as caught:
        client.create_event(sandbox.conversation_id, "custom:a", {"n": 1})
    return caught.value


@pytest.mark.parametrize(
    ("http_status", "kind", "status", "outcome"),
    [
        (400, vce.ApiError, Status.ERR_BAD_REQUEST, Outcome.NOT_CREATED),
        (401, vce.AuthenticationError, Status.ERR_UNAUTHORIZED, Outcome.NOT_CREATED),
        (403, vce.ForbiddenError, Status.ERR_FORBIDDEN, Outcome.NOT_CREATED),
        (404, vce.NotFoundError, Status.ERR_NOT_FOUND, Outcome.NOT_CREATED),
        (410, vce.NotFoundError, Status.ERR_NOT_FOUND, Outcome.NOT_CREATED),
        (422, vce.ApiError, Status.ERR_BAD_REQUEST, Outcome.NOT_CREATED),
        (429, vce.RateLimitedError, Status.ERR_RATE_LIMITED, Outcome.NOT_CREATED),
        (500, vce.ServerError, Status.ERR_SERVER, Outcome.MAYBE_CREATED),
        (502, vce.ServerError, Status.ERR_SERVER, Outcome.MAYBE_CREATED),
        (503, vce.ServerError, Status.ERR_SERVER, Outcome.MAYBE_CREATED),
    ],
)
def test_the_servers_answer(
    impatient: vce.Client,
    sandbox: Sandbox,
    http_status: int,
    kind: type[vce.ApiError],
    status: Status,
    outcome: Outcome,
) -> None:
    sandbox.status(http_status, **PROBLEM)
    error = failure(impatient, sandbox)
    assert type(error) is kind
    assert isinstance(error, vce.ApiError)
    assert (error.status, error.outcome, error.http_status) == (status, outcome, http_status)
    assert {name: getattr(error, name) for name in PROBLEM} == PROBLEM
    assert error.trace_id
    assert error.response is not None
    assert PROBLEM["detail"] in error.response
    assert str(error)


def test_a_429_in_every_way(sandbox: Sandbox) -> None:
    sandbox.status(429, times=None)
    errors: list[BaseException | None] = []

    async def main() -> None:
        async with vce.AsyncClient(**sandbox.options, max_retries=0) as client:
            try:
                await client.create_event(sandbox.conversation_id, "custom:a", {})
            except vce.VceError as error:
                errors.append(error)

    asyncio.run(main())
    with vce.Client(**sandbox.options, max_retries=0) as client:
        errors.append(failure(client, sandbox))
        errors.append(
            client.enqueue_event(sandbox.conversation_id, "custom:a", {}).exception(timeout=50)
        )
    assert [type(error) for error in errors] == [vce.RateLimitedError] * 3


@pytest.mark.parametrize(("http_status", "status"), [(429, 429), (503, 503)])
def test_retry_after(
    impatient: vce.Client, sandbox: Sandbox, http_status: int, status: int
) -> None:
    sandbox.status(http_status, retry_after="7")
    error = failure(impatient, sandbox)
    assert error.http_status == status
    assert error.retry_after == 7.0
    assert error.retryable
    assert error.outcome is Outcome.NOT_CREATED


def test_an_answer_that_is_no_json(impatient: vce.Client, sandbox: Sandbox) -> None:
    sandbox.status(502, body="<html>Bad gateway ü</html>", content_type="text/html")
    error = failure(impatient, sandbox)
    assert error.response == "<html>Bad gateway ü</html>"
    assert (error.code, error.title, error.detail, error.retry_after) == (None, None, None, None)


def test_a_response_cut_within_a_character_is_text(impatient: vce.Client, sandbox: Sandbox) -> None:
    sandbox.status(500, body="x" + "ü" * 40_000, content_type="text/plain")
    response = failure(impatient, sandbox).response
    assert response is not None
    assert response.startswith("xüü")
    assert 60_000 < len(response.encode()) < 70_000


def refused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_server_that_does_not_listen(sandbox: Sandbox) -> None:
    options = {**sandbox.options, "base_url": f"https://127.0.0.1:{refused_port()}"}
    with vce.Client(**options, max_retries=0) as client:
        error = failure(client, sandbox)
    assert isinstance(error, vce.TransportError)
    assert isinstance(error, ConnectionError)
    assert (error.status, error.outcome) == (Status.ERR_CONNECT, Outcome.NOT_CREATED)
    assert error.http_status is None
    assert error.retryable


def test_an_unknown_authority(sandbox: Sandbox) -> None:
    options = {**sandbox.options, "ca_file": None}
    with vce.Client(**options, max_retries=0) as client:
        error = failure(client, sandbox)
    assert type(error) is vce.TransportError
    assert (error.status, error.outcome) == (Status.ERR_TLS, Outcome.NOT_CREATED)
    assert sandbox.requests() == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("drop", Status.ERR_NETWORK),
        ("garbage", Status.ERR_RESPONSE),
        ("truncate", Status.ERR_NETWORK),
    ],
)
def test_a_connection_that_breaks(
    impatient: vce.Client, sandbox: Sandbox, kind: str, status: Status
) -> None:
    sandbox.fault(kind, creates=True)
    error = failure(impatient, sandbox)
    assert type(error) is vce.TransportError
    assert error.outcome is Outcome.MAYBE_CREATED
    assert error.status in (status, Status.ERR_RESPONSE)
    assert len(sandbox.events(sandbox.conversation_id)) == 1


def test_no_answer_in_time(sandbox: Sandbox) -> None:
    sandbox.fault("hang")
    with vce.Client(**sandbox.options, timeout=1.0) as client:
        error = failure(client, sandbox)
    assert type(error) is vce.TimeoutError
    assert isinstance(error, builtins.TimeoutError)
    assert (error.status, error.outcome) == (Status.ERR_TIMEOUT, Outcome.MAYBE_CREATED)


def test_what_passes_is_tried_again(client: vce.Client, sandbox: Sandbox) -> None:
    sandbox.status(503, retry_after="0")
    sandbox.status(429)
    assert client.create_event(sandbox.conversation_id, "custom:a", {}).id
    assert [entry["status"] for entry in sandbox.requests()][:2] == [503, 429]
    assert len(sandbox.events(sandbox.conversation_id)) == 1


def test_what_may_exist_is_not_repeated(client: vce.Client, sandbox: Sandbox) -> None:
    sandbox.fault("drop", creates=True)
    assert failure(client, sandbox).outcome is Outcome.MAYBE_CREATED
    assert len(sandbox.requests()) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"conversation_id": "CON/1"}, Status.ERR_CONVERSATION_ID),
        ({"conversation_id": "CON\0"}, Status.ERR_ARGUMENT),
        ({"conversation_id": "\ud800"}, Status.ERR_ARGUMENT),
        ({"type": "oops"}, Status.ERR_TYPE_PREFIX),
        ({"type": "custom:"}, Status.ERR_TYPE_EMPTY),
        ({"type": "custom:" + "x" * 94}, Status.ERR_TYPE_TOO_LONG),
        ({"type": "custom:a b"}, Status.ERR_TYPE_CHARACTER),
        ({"type": "custom:a\0"}, Status.ERR_ARGUMENT),
        ({"from_": ""}, Status.ERR_MEMBER_ID),
        ({"from_": "MEM\0"}, Status.ERR_ARGUMENT),
        ({"body": "{"}, Status.ERR_BODY_JSON),
        ({"body": "[]"}, Status.ERR_BODY_NOT_OBJECT),
        ({"body": b'{"a":"\xff"}'}, Status.ERR_ARGUMENT),
        ({"body": {"x": "x" * 4096}}, Status.ERR_BODY_TOO_LARGE),
    ],
    ids=str,
)
def test_nothing_wrong_is_sent(
    client: vce.Client, sandbox: Sandbox, arguments: dict[str, Any], status: Status
) -> None:
    good = {"conversation_id": sandbox.conversation_id, "type": "custom:a", "body": {}}
    with pytest.raises(vce.InvalidEventError) as caught:
        client.create_event(**{**good, **arguments})
    assert (caught.value.status, caught.value.outcome) == (status, Outcome.NOT_CREATED)
    assert sandbox.requests() == []


@pytest.mark.parametrize("event_id", ["1\0", "\ud800"])
def test_event_ids(client: vce.Client, sandbox: Sandbox, event_id: str) -> None:
    calls: list[Callable[[str, str], object]] = [client.get_event, client.delete_event]
    for call in calls:
        with pytest.raises(vce.InvalidEventError, match="event_id") as caught:
            call(sandbox.conversation_id, event_id)
        assert caught.value.status is Status.ERR_ARGUMENT


@pytest.mark.parametrize("argument", ["conversation_id", "type", "from_"])
def test_arguments_are_text(client: vce.Client, argument: str) -> None:
    arguments: dict[str, Any] = {"conversation_id": "CON-1", "type": "custom:a", "from_": None}
    with pytest.raises(TypeError, match=f"{argument} must be a str, not int"):
        client.create_event(**{**arguments, argument: 5}, body={})


def credentials(sandbox: Sandbox, **changes: Any) -> vce.VceError:
    with pytest.raises(vce.VceError) as caught:
        vce.Client(**{**sandbox.options, **changes})
    return caught.value


def test_credentials(sandbox: Sandbox, tmp_path: Path) -> None:
    missing = credentials(sandbox, private_key_path=str(tmp_path / "missing.key"))
    assert type(missing) is vce.CredentialsError
    assert "missing.key" in str(missing)
    assert (
        type(credentials(sandbox, private_key_path=None, private_key="none"))
        is vce.CredentialsError
    )
    assert type(credentials(sandbox, application_id="no uuid")) in (
        vce.ConfigError,
        vce.CredentialsError,
    )
    assert type(credentials(sandbox, base_url="http://example.com")) is vce.ConfigError


def every_error(sandbox: Sandbox) -> list[vce.VceError]:
    """Errors of each class that a server or a client can cause."""
    errors = [credentials(sandbox, timeout="never"), credentials(sandbox, private_key_path="/none")]
    sandbox.fault("hang")
    with vce.Client(**sandbox.options, timeout=0.5) as client:
        errors.append(failure(client, sandbox))
    with vce.Client(**sandbox.options, max_retries=0) as client:
        for status in (400, 401, 403, 404, 500):
            sandbox.status(status, **PROBLEM)
            errors.append(failure(client, sandbox))
        sandbox.fault("drop")
        errors.append(failure(client, sandbox))
        # Last, because it pauses the client.
        sandbox.status(429, retry_after="3", **PROBLEM)
        errors.append(failure(client, sandbox))
        with pytest.raises(vce.InvalidEventError) as caught:
            client.create_event(sandbox.conversation_id, "custom:ü", {})
        errors.append(caught.value)
    errors.append(failure(client, sandbox))
    assert {type(error) for error in errors} >= set(vce.errors.BY_STATUS.values()) - {
        vce.QueueFullError,
        vce.VceError,
    }
    return errors


def test_errors_survive_pickling(sandbox: Sandbox) -> None:
    for error in every_error(sandbox):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert (str(copy), copy.args, vars(copy)) == (str(error), error.args, vars(error))


def test_no_secret_shows(sandbox: Sandbox) -> None:
    key = Path(sandbox.private_key_path).read_text()
    secrets = [line for line in key.splitlines() if "-----" not in line]
    broken = key.replace(secrets[3], secrets[3][:-1])
    errors = every_error(sandbox)
    for private_key in (broken, key + "\0", key + "\ud800", key[: len(key) // 2]):
        errors.append(credentials(sandbox, private_key_path=None, private_key=private_key))
    with pytest.raises(vce.ConfigError) as caught:
        vce.Client(**sandbox.options, private_kye=key)  # type: ignore[call-arg]
    errors.append(caught.value)
    for request in sandbox.requests():
        headers = {name.lower(): value for name, value in request["headers"]}
        secrets.append(headers["authorization"].removeprefix("Bearer "))

    client = vce.Client(**sandbox.options)
    shown = [repr(client), str(client), str(vars(client)), repr(vce.AsyncClient(**sandbox.options))]
    for error in errors:
        shown += [
            "".join(traceback.format_exception(None, error, error.__traceback__)),
            repr(error),
        ]
        shown += [repr(vars(error)), pickle.dumps(error).decode("latin-1")]
        assert error.__context__ is None
    assert len(secrets) > 20
    assert [text for text in shown if any(secret in text for secret in secrets)] == []


def test_clients_are_neither_copied_nor_pickled(client: vce.Client, sandbox: Sandbox) -> None:
    for value in (client, vce.AsyncClient(**sandbox.options)):
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            pickle.dumps(value)
