"""Creating, reading, listing and deleting events over TLS."""

from __future__ import annotations

import json
import pickle
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import vce
from sandbox import Sandbox


def test_create_event(client: vce.Client, sandbox: Sandbox) -> None:
    body = {"total": 12, "paid": True, "note": "żółć 😀\u2028\0", "lines": [{"fooBar": None}]}
    event = client.create_event(
        sandbox.conversation_id, "custom:order_paid", body, from_=sandbox.member_id
    )
    (request,) = sandbox.requests()
    assert request["path"] == f"/v0.3/conversations/{sandbox.conversation_id}/events"
    assert json.loads(request["body"]) == {
        "type": "custom:order_paid",
        "from": sandbox.member_id,
        "body": body,
    }
    assert event.id == str(request["event_id"])
    assert event.type == "custom:order_paid"
    assert event.from_ == sandbox.member_id
    assert event.timestamp is not None
    assert event.body == body
    assert event.body is event.body
    assert json.loads(event.json)["timestamp"] == event.timestamp


def test_text_is_sent_as_it_was_written(client: vce.Client, sandbox: Sandbox) -> None:
    compact = (
        '{"big":123456789012345678901234567890,"one":1.0,"huge":1e400,"minus":-0.0,"u":"\\u00fc"}'
    )
    for body in (compact, compact.encode(), compact.replace(",", " ,\n\t")):
        event = client.create_event(sandbox.conversation_id, "custom:a", body)
        assert compact in sandbox.requests()[-1]["body"]
        assert event.body["big"] == 123456789012345678901234567890


def test_a_mapping_is_sent_compactly(client: vce.Client, sandbox: Sandbox) -> None:
    client.create_event(sandbox.conversation_id, "custom:a", {"ü": [1, 1.0, {}]})
    assert '"body":{"ü":[1,1.0,{}]}' in sandbox.requests()[-1]["body"]
    assert '"from"' not in sandbox.requests()[-1]["body"]


def test_events_are_values(client: vce.Client, sandbox: Sandbox) -> None:
    event = client.create_event(sandbox.conversation_id, "custom:a", {"n": 1})
    assert event.body == {"n": 1}
    assert event.id is not None
    assert client.get_event(sandbox.conversation_id, event.id) == event
    assert pickle.loads(pickle.dumps(event)) == event
    assert hash(event) == hash(pickle.loads(pickle.dumps(event)))
    with pytest.raises(AttributeError):
        event.id = "other"  # type: ignore[misc]


def test_delete_event(client: vce.Client, sandbox: Sandbox) -> None:
    event = client.create_event(sandbox.conversation_id, "custom:a", {})
    assert event.id is not None
    client.delete_event(sandbox.conversation_id, event.id)
    assert [
        entry["path"].endswith(f"/events/{event.id}") for entry in sandbox.requests("DELETE")
    ] == [True]
    with pytest.raises(vce.NotFoundError):
        client.get_event(sandbox.conversation_id, "999999")


class TestListEvents:
    @pytest.fixture
    def conversation(self, client: vce.Client, sandbox: Sandbox) -> tuple[str, list[str]]:
        """A conversation with 25 events, every fifth of another type, and their ids."""
        conversation_id, _ = sandbox.new_conversation()
        ids = []
        for number in range(25):
            type_ = "custom:fifth" if number % 5 == 0 else "custom:other"
            event = client.create_event(conversation_id, type_, {"n": number})
            assert event.id is not None
            ids.append(event.id)
        return conversation_id, ids

    def test_pages_are_fetched_as_needed(
        self, client: vce.Client, sandbox: Sandbox, conversation: tuple[str, list[str]]
    ) -> None:
        conversation_id, ids = conversation
        events = client.list_events(conversation_id, page_size=10)
        assert sandbox.requests("GET") == []
        assert [event.id for _, event in zip(range(10), events)] == ids[:10]
        assert len(sandbox.requests("GET")) == 1
        assert [event.id for event in events] == ids[10:]
        assert len(sandbox.requests("GET")) == 3

    @pytest.mark.parametrize("page_size", [None, 1, 7, 100])
    def test_every_event_once(
        self, client: vce.Client, conversation: tuple[str, list[str]], page_size: int | None
    ) -> None:
        conversation_id, ids = conversation
        events = client.list_events(conversation_id, page_size=page_size)
        assert [event.id for event in events] == ids
        assert list(events) == []

    def test_filters(self, client: vce.Client, conversation: tuple[str, list[str]]) -> None:
        conversation_id, ids = conversation

        def numbers(**filters: Any) -> list[int]:
            return [event.body["n"] for event in client.list_events(conversation_id, **filters)]

        assert numbers(type="custom:fifth") == [0, 5, 10, 15, 20]
        assert numbers(type="custom:fifth", order="desc", page_size=2) == [20, 15, 10, 5, 0]
        assert numbers(order="asc") == list(range(25))
        assert numbers(start_id=ids[20]) == [20, 21, 22, 23, 24]
        assert numbers(start_id=ids[3], end_id=ids[5]) == [3, 4, 5]
        client.delete_event(conversation_id, ids[0])
        assert numbers(exclude_deleted=True, page_size=100) == list(range(1, 25))

    def test_arguments_are_checked_at_once(self, client: vce.Client, sandbox: Sandbox) -> None:
        good = sandbox.conversation_id
        for conversation_id, filters in (
            ("CON/../x", {}),
            (good, {"order": "sideways"}),
            (good, {"page_size": 101}),
            (good, {"type": "custom:\0"}),
            (good, {"start_id": "\ud800"}),
        ):
            with pytest.raises(vce.InvalidEventError):
                client.list_events(conversation_id, **filters)
        assert sandbox.requests("GET") == []

    def test_an_empty_conversation(self, client: vce.Client, sandbox: Sandbox) -> None:
        conversation_id, _ = sandbox.new_conversation()
        assert list(client.list_events(conversation_id)) == []

    def test_after_an_error_it_goes_on(
        self, impatient: vce.Client, sandbox: Sandbox, conversation: tuple[str, list[str]]
    ) -> None:
        conversation_id, ids = conversation
        sandbox.status(500, on="list", skip=1)
        events = impatient.list_events(conversation_id, page_size=10)
        seen = [next(events).id for _ in range(10)]
        with pytest.raises(vce.ServerError):
            next(events)
        assert seen + [event.id for event in events] == ids
        with pytest.raises(StopIteration):
            next(events)

    def test_it_outlives_the_last_reference_to_its_client(self, sandbox: Sandbox) -> None:
        client = vce.Client(**sandbox.options)
        client.create_event(sandbox.conversation_id, "custom:a", {})
        events = client.list_events(sandbox.conversation_id)
        del client
        assert len(list(events)) == 1


class TestOptions:
    @pytest.mark.parametrize("name", vce.Options.__annotations__)
    def test_every_option_is_known_to_the_library(self, name: str) -> None:
        with pytest.raises(vce.VceError) as caught:
            vce.Client(**{name: "\0"})  # type: ignore[arg-type]
        assert f"option {name}" in str(caught.value)
        with pytest.raises(vce.VceError) as caught:
            vce.Client(**{name: None}, no_such_option="")  # type: ignore[call-arg]
        assert "no_such_option" in str(caught.value)

    @pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800"])
    def test_text_that_c_cannot_carry_is_a_bad_argument(self, text: str) -> None:
        for options in ({"token": text}, {"app_name": text}, {text: "a"}):
            with pytest.raises(vce.ConfigError) as caught:
                vce.Client(**options)  # type: ignore[arg-type]
            assert caught.value.status is vce.Status.ERR_ARGUMENT
            assert caught.value.outcome is vce.Outcome.NOT_CREATED

    def test_an_unknown_option_is_refused_with_the_nearest(self) -> None:
        with pytest.raises(vce.ConfigError, match="timeout"):
            vce.Client(timeuot=5)  # type: ignore[call-arg]

    @pytest.mark.parametrize(
        "value",
        [float("nan"), float("inf"), -1, -0.5, "5 parsecs", timedelta(days=-1), "5s\0", "\ud800"],
    )
    def test_a_bad_duration_is_refused(self, value: Any, sandbox: Sandbox) -> None:
        with pytest.raises(vce.ConfigError, match="timeout"):
            vce.Client(**sandbox.options, timeout=value)

    @pytest.mark.parametrize("value", [5, 5.0, 0.25, "250ms", timedelta(seconds=5), None])
    def test_durations(self, value: Any, sandbox: Sandbox) -> None:
        with vce.Client(**sandbox.options, timeout=value, connect_timeout=value) as client:
            client.create_event(sandbox.conversation_id, "custom:a", {})

    def test_values_of_many_types(self, sandbox: Sandbox) -> None:
        options = dict(sandbox.options)
        options["ca_file"] = Path(options["ca_file"])
        with vce.Client(
            **options,
            acl={"paths": {"/*/conversations/**": {}}},
            allow_plain_http=False,
            connections=4,
            queue_max_bytes=1 << 20,
            app_name="tests/1.0",
        ) as client:
            client.create_event(sandbox.conversation_id, "custom:a", {})
        headers = dict(sandbox.requests()[-1]["headers"])
        agent = {name.lower(): value for name, value in headers.items()}["user-agent"]
        python = ".".join(map(str, sys.version_info[:3]))
        assert agent == f"libvce/{vce.__version__} python/{python} tests/1.0"

    def test_a_value_of_the_wrong_type(self) -> None:
        with pytest.raises(TypeError, match="option timeout cannot be a list"):
            vce.Client(timeout=[5])  # type: ignore[arg-type]


class TestFromEnv:
    @pytest.fixture
    def environment(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
        options = sandbox.options
        monkeypatch.setenv("VONAGE_APPLICATION_ID", options["application_id"])
        monkeypatch.setenv("VONAGE_APPLICATION_PRIVATE_KEY_PATH", options["private_key_path"])
        for name in ("base_url", "ca_file", "proxy"):
            monkeypatch.setenv(f"VCE_{name.upper()}", options[name])
        return monkeypatch

    @pytest.mark.usefixtures("environment")
    def test_it_needs_nothing_else(self, sandbox: Sandbox) -> None:
        with vce.Client.from_env() as client:
            assert client.create_event(sandbox.conversation_id, "custom:a", {}).id

    def test_the_key_itself(self, sandbox: Sandbox, environment: pytest.MonkeyPatch) -> None:
        environment.delenv("VONAGE_APPLICATION_PRIVATE_KEY_PATH")
        key = Path(sandbox.private_key_path).read_text()
        environment.setenv("VONAGE_PRIVATE_KEY", key.replace("\n", "\\n"))
        with vce.Client.from_env() as client:
            assert client.create_event(sandbox.conversation_id, "custom:a", {}).id

    def test_arguments_win(self, sandbox: Sandbox, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("VCE_API_VERSION", "v1")
        with vce.Client.from_env() as client:
            client.create_event(sandbox.conversation_id, "custom:a", {})
        with vce.Client.from_env(api_version="v0.3") as client:
            client.create_event(sandbox.conversation_id, "custom:a", {})
        with vce.Client.from_env(api_version=None) as client:
            client.create_event(sandbox.conversation_id, "custom:a", {})
        assert [entry["path"].split("/")[1] for entry in sandbox.requests()] == [
            "v1",
            "v0.3",
            "v0.3",
        ]

    def test_nothing_is_read_unasked(self, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("VCE_TIMEOUT", "nonsense")
        with pytest.raises(vce.ConfigError, match=r"(?i)timeout"):
            vce.Client.from_env()
        with pytest.raises(vce.VceError) as caught:
            vce.Client()
        assert caught.value.status in (vce.Status.ERR_CONFIG, vce.Status.ERR_CREDENTIALS)
        assert "timeout" not in str(caught.value)
