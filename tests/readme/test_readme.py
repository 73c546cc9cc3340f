"""The README's programs do what it says: each line of it runs, in its order, as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
BUILD = ROOT / "build"
README = (ROOT / "README.md").read_text()

# A program stands after the name of its file, a command in a block of its own.
BLOCK = re.compile(
    r"^(?:`(?P<file>\S+)`:\n\n)?```(?P<language>\w+).*\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE
)
ADD_FAULT = """curl -sS "$VCE_SANDBOX_ADMIN_URL/faults" -d \
    '{"kind": "status", "on": "create", "status": 201, "body": "{}", "creates": true}'"""


def steps(heading: str) -> list[str]:
    """What a reader does up to the next heading, each step as a shell does it."""
    (section,) = re.findall(rf"^##+ {heading}$(.*?)^##", README, re.MULTILINE | re.DOTALL)
    return [
        text if language == "sh" else f"cat >{file} <<'README'\n{text}README\n"
        for file, language, text in BLOCK.findall(section)
    ]


@pytest.fixture
def checkout() -> Path:
    """This one, but programs and builds that a reader adds are not added to it."""
    checkout = BUILD / "readme" / "checkout"
    shutil.rmtree(checkout, ignore_errors=True)
    checkout.mkdir(parents=True)
    for entry in ROOT.iterdir():
        theirs = entry.name.startswith((".", "first")) or entry.name in ("build", "target", "venv")
        if not theirs:
            (checkout / entry.name).symlink_to(entry)
    (checkout / "target").symlink_to(TARGET)
    return checkout


def follow(checkout: Path, home: Path, commands: list[str]) -> None:
    """Follows the README up to a program's end. It says which event was created, and when it
    runs again and the server does not say so, that none is named."""
    *first, run = [*steps("Your first event"), *commands]
    told = "".join(f"{{\n{step}\n}} >&2\n" for step in first)
    script = f"trap 'kill $VCE_SANDBOX_PID' EXIT\n{told}{run}\n{ADD_FAULT} >&2\n{run}"

    ours = ("VONAGE_", "VCE_", "CONVERSATION_", "MEMBER_")
    environment = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    for tool in ("cargo", "rustup"):
        environment.setdefault(f"{tool.upper()}_HOME", str(Path.home() / f".{tool}"))
    environment |= {
        "HOME": str(home),
        "CARGO_TARGET_DIR": str(TARGET),
        # Without the network: what is needed was downloaded for the builds before.
        "CARGO_NET_OFFLINE": "true",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(BUILD / "python" / "downloaded"),
    }
    done = subprocess.run(
        ["sh", "-e", "-c", script],
        env=environment,
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    expected = "created event 1\ncreated event without an id\n"
    assert (done.returncode, done.stdout) == (0, expected), done.stderr


def test_c(checkout: Path, tmp_path: Path) -> None:
    program, compile_and_run = steps("C")
    follow(checkout, tmp_path, [program, compile_and_run])
    warnings = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
    subprocess.run(["cc", *warnings, "-Iinclude", "first.c"], cwd=checkout, check=True)


def test_php(checkout: Path, tmp_path: Path) -> None:
    follow(checkout, tmp_path, steps("PHP"))


def test_python(checkout: Path, tmp_path: Path) -> None:
    follow(checkout, tmp_path, steps("Python"))


def test_rust(checkout: Path, tmp_path: Path) -> None:
    new_package, program, run = steps("Rust")
    # Its own builds: those of the library's tests have files of the same names.
    target = f"export CARGO_TARGET_DIR={TARGET}/readme CARGO_PROFILE_DEV_DEBUG=none\n"
    versions = f"cp {ROOT}/Cargo.lock .\n"
    follow(checkout, tmp_path, [target, new_package, versions, program, run])
