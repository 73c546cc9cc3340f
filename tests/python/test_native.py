"""Compares the ctypes declarations with the header."""

from __future__ import annotations

import ctypes
import enum
import re
from pathlib import Path
from typing import Any

import pytest

import vce
from vce import _native
from vce.errors import BY_STATUS

HEADER = Path(__file__).parents[2] / "include" / "vce.h"

SCALARS: dict[str, Any] = {
    "void": None,
    "bool": ctypes.c_bool,
    "int": ctypes.c_int,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "vce_status": ctypes.c_int,
    "vce_outcome": ctypes.c_int,
}
OBJECTS: dict[str, Any] = {
    "vce_config": _native.Config,
    "vce_client": _native.Client,
    "vce_event": _native.Event,
    "vce_event_list": _native.EventList,
    "vce_error": _native.Error,
    "vce_report": _native.Report,
}


def code() -> str:
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", HEADER.read_text(), flags=re.DOTALL)
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def declarations() -> dict[str, tuple[str, list[str]]]:
    found = {}
    pattern = r"([A-Za-z_][\w\s]*?[\s*]+)(vce_\w+)\s*\(([^()]*)\)\s*;"
    for result, name, arguments in re.findall(pattern, code()):
        kinds = [] if arguments.strip() in ("", "void") else arguments.split(",")
        found[name] = (result, [re.sub(r"\w+\s*$", "", kind) for kind in kinds])
    return found


def ctypes_of(kind: str, *, owned: bool = False) -> Any:
    """The ctypes type for a type of C; `owned` for text that the caller must free."""
    stars = kind.count("*")
    words = [
        word for word in kind.replace("*", " ").split() if word not in ("const", "struct", "extern")
    ]
    (name,) = words
    if name == "char" and stars == 1:
        return ctypes.c_void_p if owned else ctypes.c_char_p
    found = OBJECTS[name] if name in OBJECTS else SCALARS[name]
    for _ in range(stars):
        found = ctypes.POINTER(found)
    return found


def is_owned_text(kind: str) -> bool:
    return "char" in kind and "const" not in kind


def test_every_function_of_the_header_is_declared_and_no_other() -> None:
    assert declarations().keys() == _native.FUNCTIONS.keys()


@pytest.mark.parametrize("name", sorted(_native.FUNCTIONS))
def test_types_are_those_of_the_header(name: str) -> None:
    result, arguments = declarations()[name]
    expected = (
        ctypes_of(result, owned=is_owned_text(result)),
        tuple(ctypes_of(kind, owned=is_owned_text(kind)) for kind in arguments),
    )
    assert _native.FUNCTIONS[name] == expected
    function = getattr(_native.library(), name)
    assert (function.restype, tuple(function.argtypes)) == expected


def constants(prefix: str) -> dict[str, int]:
    return {
        name: int(number) for name, number in re.findall(rf"\b({prefix}\w+)\s*=\s*(\d+)", code())
    }


def members(kind: type[enum.Enum], prefix: str) -> dict[str, int]:
    return {prefix + member.name: member.value for member in kind}


def test_every_status_has_its_number() -> None:
    header = constants("VCE_")
    outcomes = constants("VCE_OUTCOME_")
    assert members(vce.Status, "VCE_") == {
        name: number for name, number in header.items() if name not in outcomes
    }


def test_every_outcome_has_its_number() -> None:
    assert members(vce.Outcome, "VCE_OUTCOME_") == constants("VCE_OUTCOME_")


@pytest.mark.parametrize("status", list(vce.Status))
def test_the_library_knows_each_status_by_the_same_name(status: vce.Status) -> None:
    assert _native.library().vce_status_name(status) == f"VCE_{status.name}".encode()


def test_every_error_status_has_a_class() -> None:
    assert BY_STATUS.keys() == set(vce.Status) - {vce.Status.OK, vce.Status.END}


def test_versions_agree() -> None:
    macros = dict(re.findall(r"#define VCE_VERSION_(MAJOR|MINOR|PATCH) (\d+)", HEADER.read_text()))
    header = ".".join(macros[part] for part in ("MAJOR", "MINOR", "PATCH"))
    assert vce.__version__ == vce.library_version() == header
