"""The README's programs do what it says, as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "target" / "release"


def program(language: str) -> str:
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return str(text)


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    command = [os.environ["VCE_SANDBOX"], "--tls", "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        sandbox = json.loads(process.stdout.readline())
        yield os.environ | {
            "VONAGE_APPLICATION_ID": sandbox["application_id"],
            "VONAGE_APPLICATION_PRIVATE_KEY_PATH": sandbox["private_key_path"],
            "CONVERSATION_ID": sandbox["conversation_id"],
            "VCE_BASE_URL": sandbox["base_url"],
            "VCE_CA_FILE": sandbox["ca_file"],
            "VCE_PROXY": "none",
            "VCE_LIBRARY_PATH": str(RELEASE / "libvce.so"),
        }
        process.communicate()


def output(command: list[str], environment: dict[str, str], text: str | None = None) -> str:
    done = subprocess.run(command, env=environment, input=text, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_c(environment: dict[str, str], tmp_path: Path) -> None:
    source, built, soname = tmp_path / "first.c", tmp_path / "first", RELEASE / "libvce.so.0"
    source.write_text(program("c"))
    if not soname.is_symlink():
        soname.symlink_to("libvce.so")
    warnings = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    link = ["-Iinclude", f"-L{RELEASE}", "-lvce", f"-Wl,-rpath,{RELEASE}"]
    subprocess.run(["cc", *warnings, str(source), *link, "-o", str(built)], cwd=ROOT, check=True)
    assert output([str(built)], environment) == "created event 1\n"


def test_php(environment: dict[str, str]) -> None:
    assert output(["php"], environment, program("php")) == "created event 1\n"


def test_python(environment: dict[str, str]) -> None:
    assert output([sys.executable, "-"], environment, program("python")) == "created event 1\n"
