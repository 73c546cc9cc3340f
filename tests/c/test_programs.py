"""The C programs and examples, linked to the shared and the static library, also in valgrind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_program import running_sandbox

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "target" / "release"
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", "-g", f"-I{ROOT / 'include'}"]
SHARED = [f"-L{RELEASE}", "-lvce", f"-Wl,-rpath,{RELEASE}"]
STATIC = [str(RELEASE / "libvce.a"), "-lpthread", "-ldl", "-lm"]
VALGRIND = [
    "valgrind",
    "--quiet",
    "--leak-check=full",
    "--show-leak-kinds=definite,indirect,possible",
    "--errors-for-leak-kinds=definite,indirect,possible",
    f"--suppressions={ROOT / 'tests' / 'c' / 'valgrind.supp'}",
    "--error-exitcode=99",
]
# valgrind takes what TLS's ciphers, written in assembly, put out for uninitialised. Over plain
# HTTP nothing is let pass.
VALGRIND_TLS = [*VALGRIND, "--undef-value-errors=no"]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("c")
    vectors = subprocess.run(
        [
            sys.executable,
            ROOT / "tests/c/vectors.py",
            ROOT / "tests/vectors",
            ROOT / "include/vce.h",
        ],
        check=True,
        stdout=subprocess.PIPE,
    )
    (folder / "vectors.inc").write_bytes(vectors.stdout)
    return folder


@pytest.fixture(scope="session")
def environment() -> Iterator[dict[str, str]]:
    with running_sandbox("--tls") as variables:
        yield variables


@pytest.fixture(scope="session")
def plain_environment() -> Iterator[dict[str, str]]:
    with running_sandbox() as variables:
        yield variables


def compiled(build: Path, source: Path, linkage: list[str]) -> Path:
    program = build / f"{source.stem}-{'shared' if linkage is SHARED else 'static'}"
    compiler = ["g++", "-std=c++17"] if source.suffix == ".cpp" else ["gcc", "-std=c99"]
    if source.stem in ("slow_dns", "fork"):  # atomics; and getaddrinfo must be seen by libvce.so
        compiler = ["gcc", "-std=c11", "-rdynamic"]
    subprocess.run(
        [*compiler, *FLAGS, f"-I{build}", str(source), "-o", str(program), *linkage, "-lpthread"],
        check=True,
    )
    return program


def run(
    program: Path,
    *arguments: str,
    environment: dict[str, str],
    under: list[str] | None = None,
    status: int = 0,
) -> subprocess.CompletedProcess[str]:
    command = [*(under or []), str(program), *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == status, f"{command}: {result.stdout}{result.stderr}"
    return result


PROGRAMS = ["abi.c", "vectors.c", "flow.c", "cpp.cpp"]


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
@pytest.mark.parametrize("name", [*PROGRAMS, "slow_dns.c", "fork.c"])
def test_program(build: Path, environment: dict[str, str], name: str, linkage: list[str]) -> None:
    program = compiled(build, ROOT / "tests" / "c" / name, linkage)
    assert run(program, environment=environment).stderr == ""


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_in_valgrind(
    build: Path, plain_environment: dict[str, str], name: str, linkage: list[str]
) -> None:
    program = compiled(build, ROOT / "tests" / "c" / name, linkage)
    # valgrind is slow, and the limits are not what is tested here.
    assert (
        run(program, environment=plain_environment | {"VCE_TIMEOUT": "5m"}, under=VALGRIND).stderr
        == ""
    )


def test_valgrind_does_find_a_leak(build: Path, environment: dict[str, str]) -> None:
    source = build / "leak.c"
    source.write_text("#include <vce.h>\nint main(void) { return vce_config_new() == 0; }\n")
    result = run(
        compiled(build, source, SHARED), environment=environment, under=VALGRIND, status=99
    )
    assert "definitely lost" in result.stderr


EXAMPLES = ROOT / "bindings" / "c" / "examples"


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


def test_example_validate(build: Path, environment: dict[str, str]) -> None:
    validate = compiled(build, EXAMPLES / "validate.c", SHARED)
    assert run(validate, "custom:a", '{"a":1}', environment=environment).stdout == "valid\n"
    shown = run(validate, "custom:a b", environment=environment, status=1).stdout.splitlines()
    assert shown[0].startswith("VCE_ERR_TYPE_CHARACTER: ")
    assert shown[1:] == ["    custom:a b", "            ^"]
