"""The README's programs do what it says, as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_program import answer_next_create, running_sandbox

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release"


def program(language: str) -> str:
    (text,) = re.findall(
        rf"^```{language}\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    return str(text)


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    with running_sandbox("--tls") as variables:
        yield variables | {"VCE_LIBRARY_PATH": str(RELEASE / "libvce.so")}


def output(command: list[str], environment: dict[str, str], text: str | None = None) -> str:
    done = subprocess.run(
        command, env=environment, input=text, cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def c_program(tmp_path: Path) -> list[str]:
    source, built = tmp_path / "first.c", tmp_path / "first"
    source.write_text(program("c"))
    warnings = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    link = ["-Iinclude", f"-L{RELEASE}", "-lvce", f"-Wl,-rpath,{RELEASE}"]
    subprocess.run(["cc", *warnings, str(source), *link, "-o", str(built)], cwd=ROOT, check=True)
    return [str(built)]


def check(environment: dict[str, str], command: list[str], text: str | None = None) -> None:
    """It says which event was created, and if the server does not, that none is named."""
    assert output(command, environment, text) == "created event 1\n"
    answer_next_create(environment, 201, "{}")
    assert output(command, environment, text) == "created event without an id\n"


def test_c(environment: dict[str, str], tmp_path: Path) -> None:
    check(environment, c_program(tmp_path))


def test_one_eval_leads_to_the_sandbox(environment: dict[str, str], tmp_path: Path) -> None:
    (line,) = re.findall(r"^eval .*$", (ROOT / "README.md").read_text(), re.MULTILINE)
    script = f"{line}\ntrap 'kill $VCE_SANDBOX_PID' EXIT\n$0"
    ours = ("VONAGE_", "VCE_", "CONVERSATION_", "MEMBER_")
    bare = {name: value for name, value in environment.items() if not name.startswith(ours)}
    command = ["sh", "-c", script, *c_program(tmp_path)]
    assert output(command, bare) == "created event 1\n"


def test_php(environment: dict[str, str]) -> None:
    check(environment, ["php"], program("php"))


def test_python(environment: dict[str, str]) -> None:
    check(environment, [sys.executable, "-"], program("python"))
