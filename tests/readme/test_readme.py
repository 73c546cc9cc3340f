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


def test_c(environment: dict[str, str], tmp_path: Path) -> None:
    source, built = tmp_path / "first.c", tmp_path / "first"
    source.write_text(program("c"))
    warnings = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    link = ["-Iinclude", f"-L{RELEASE}", "-lvce", f"-Wl,-rpath,{RELEASE}"]
    subprocess.run(["cc", *warnings, str(source), *link, "-o", str(built)], cwd=ROOT, check=True)
    assert output([str(built)], environment) == "created event 1\n"


def test_php(environment: dict[str, str]) -> None:
    assert output(["php"], environment, program("php")) == "created event 1\n"


def test_python(environment: dict[str, str]) -> None:
    assert output([sys.executable, "-"], environment, program("python")) == "created event 1\n"
