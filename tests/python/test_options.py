"""Compares the binding's options with the vectors and with the README."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import vce
from vce._options import DURATIONS

ROOT = Path(__file__).parents[2]
VECTORS: list[dict[str, Any]] = json.loads((ROOT / "tests/vectors/options.json").read_text("utf-8"))
# The binding itself sets the language.
OPTIONS = {row["name"]: row["kind"] for row in VECTORS if row["name"] != "language"}

TYPES = {
    "text": "str | None",
    "path": "PathName",
    "duration": "Duration",
    "size": "Size",
    "integer": "int | None",
    "boolean": "bool | None",
    "object": "Mapping[str, Any] | str | None",
}
# Each future is its event's delivery report, so type checkers refuse the option's other values.
EXCEPTIONS = {"reports": "Literal['all'] | None"}


def test_the_readme_lists_the_same_options() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme.split("<!-- options: generated -->")[1].split("<!-- /options -->")[0]
    rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? \|", table, re.MULTILINE)
    listed = [(row["name"], row["default"] or "") for row in VECTORS]
    assert rows == listed, "tests/vectors/options.json must list the README's options"


def test_the_binding_has_the_same_options() -> None:
    message = "vce.Options must have the options of tests/vectors/options.json"
    assert list(vce.Options.__annotations__) == list(OPTIONS), message


@pytest.mark.parametrize(("name", "kind"), OPTIONS.items())
def test_each_option_has_the_type_of_its_kind(name: str, kind: str) -> None:
    annotation = vce.Options.__annotations__[name].__forward_arg__
    assert annotation == EXCEPTIONS.get(name, TYPES[kind])


def test_durations_are_those_of_the_vectors() -> None:
    assert {name for name, kind in OPTIONS.items() if kind == "duration"} == DURATIONS


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name, kind in OPTIONS.items() if kind in ("duration", "size", "integer")],
)
def test_a_number_is_converted_by_its_options_kind(name: str, kind: str) -> None:
    with pytest.raises(vce.ConfigError) as caught:
        vce.Client(**{name: -7})  # type: ignore[arg-type]
    assert name in str(caught.value)
    assert ('"-7000ms"' if kind == "duration" else '"-7"') in str(caught.value)


def endless() -> dict[str, Any]:
    acl: dict[str, Any] = {}
    acl["paths"] = acl
    return acl


@pytest.mark.parametrize(
    "acl", [endless(), {"paths": {1, 2}}, {"paths": float("nan")}, {"a": "\ud800"}]
)
def test_an_acl_that_is_no_json_is_a_config_error(acl: dict[str, Any]) -> None:
    with pytest.raises(vce.ConfigError, match="option acl") as caught:
        vce.Client(acl=acl)
    assert caught.value.status is vce.Status.ERR_CONFIG
