"""scripts/setup finds a Rust that is new enough, installs one, or says how."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
(LEAST,) = re.findall(r'^rust-version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
NEWER = {"rustc": "1.63.0+dfsg1-2", "rustc-web": "1.999.0+dfsg1-1~deb12u2"}
OLD = {"rustc": "1.63.0+dfsg1-2", "rustc-web": "1.70.0+dfsg1-7"}


def write_command(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def write_rust(machine: Path, version: str) -> None:
    for tool in ("cargo", "rustc"):
        write_command(machine, tool, f"echo {tool} {version} '(0123abcd 2026-01-01)'")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The only folder in PATH: what setup itself runs, and an apt-get that only takes notes."""
    for name in ("cat", "cut", "dirname", "head", "ls", "mktemp", "rm", "sed", "sort"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    (tmp_path / "installed").touch()
    note = f'echo "$*" >>{tmp_path}/installed'
    write_command(tmp_path, "apt-get", f"case $1 in install) {note} ;; esac")
    return tmp_path


def set_up(
    machine: Path, user: int, packages: Mapping[str, str], *what: str
) -> tuple[int, str, str]:
    """Its exit status, what it says, and what it has installed."""
    write_command(machine, "id", f"echo {user}")
    lines = (f"{name}) echo '  Candidate: {version}' ;;" for name, version in packages.items())
    write_command(machine, "apt-cache", f"case $2 in {' '.join(lines)} esac")
    done = subprocess.run(
        [ROOT / "scripts" / "setup", *what],
        env={"PATH": str(machine)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr, (machine / "installed").read_text().strip()


def test_root_gets_the_rust_that_is_new_enough(machine: Path) -> None:
    status, _, installed = set_up(machine, 0, NEWER)
    assert status == 0
    assert installed.endswith(" rustc-web cargo-web")


def test_root_gets_the_systems_own_rust_if_it_is_new_enough(machine: Path) -> None:
    status, _, installed = set_up(machine, 0, NEWER | {"rustc": LEAST + ".0"})
    assert status == 0
    assert installed.endswith(" rustc cargo")


@pytest.mark.parametrize("packages", [OLD, {"rustc-web": "(none)"}, {}])
@pytest.mark.parametrize("user", [0, 1000])
def test_rustup_is_named_if_no_package_will_do(
    machine: Path, user: int, packages: Mapping[str, str]
) -> None:
    status, said, installed = set_up(machine, user, packages)
    assert (status, installed) == (1, "")
    assert f"Rust {LEAST} or newer" in said
    assert "https://rustup.rs" in said
    assert "rustc" not in said


def test_other_users_are_told_both_ways(machine: Path) -> None:
    status, said, installed = set_up(machine, 1000, NEWER)
    assert (status, installed) == (1, "")
    assert re.search(r"^    apt-get install .* rustc-web cargo-web$", said, re.MULTILINE), said
    assert "https://rustup.rs" in said


@pytest.mark.parametrize("user", [0, 1000])
def test_an_older_rust_in_the_way_is_named(machine: Path, user: int) -> None:
    write_rust(machine, "1.70.0")
    status, said, installed = set_up(machine, user, NEWER)
    assert (status, installed) == (1, "")
    assert f"Rust {LEAST} or newer, but {machine}/cargo is 1.70.0" in said
    assert "rustup update stable" in said


def test_a_rust_that_does_not_run_is_named(machine: Path) -> None:
    write_rust(machine, LEAST + ".0")
    write_command(machine, "rustc", "echo 'rustup could not choose a version' >&2; exit 1")
    status, said, installed = set_up(machine, 0, NEWER)
    assert (status, installed) == (1, "")
    assert f"{machine}/rustc is not working" in said


@pytest.mark.parametrize("version", [LEAST + ".0", "1.999.1-nightly", "2.0.0"])
def test_a_new_enough_rust_stays(machine: Path, version: str) -> None:
    write_rust(machine, version)
    status, _, installed = set_up(machine, 0, NEWER)
    assert status == 0
    assert "python3" in installed
    assert "rustc" not in installed


def test_what_checks_the_style_of_rust_is_named(machine: Path) -> None:
    write_rust(machine, LEAST + ".0")
    status, said, installed = set_up(machine, 0, NEWER, "lint")
    assert (status, installed) == (1, "")
    assert "rustfmt is missing" in said
    assert "rustup component add rustfmt clippy" in said
