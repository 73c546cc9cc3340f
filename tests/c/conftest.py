"""The programs' build folder, and sandboxes for programs that do not start their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import ROOT
from sandbox_program import running_sandbox


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
