"""The C programs, linked to the shared and the static library, also in valgrind."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import HERE, SHARED, STATIC, VALGRIND, compiled, run

PROGRAMS = ["abi.c", "vectors.c", "flow.c", "cpp.cpp"]


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
@pytest.mark.parametrize("name", [*PROGRAMS, "slow_dns.c", "fork.c"])
def test_program(build: Path, environment: dict[str, str], name: str, linkage: list[str]) -> None:
    program = compiled(build, HERE / name, linkage)
    assert run(program, environment=environment).stderr == ""


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_in_valgrind(
    build: Path, plain_environment: dict[str, str], name: str, linkage: list[str]
) -> None:
    program = compiled(build, HERE / name, linkage)
    # valgrind is slow, and this does not test time limits.
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
