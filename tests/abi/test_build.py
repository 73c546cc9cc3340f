"""Make looks for what cargo builds where cargo puts it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ["lib", "test-c", "test-abi", "test-php", "test-python", "test-readme", "demo-built"]


@pytest.mark.parametrize("folder", ["elsewhere", "/tmp/elsewhere"])
def test_every_target_follows_cargos_folder(folder: str) -> None:
    environment = {**os.environ, "CARGO_TARGET_DIR": folder, "MAKEFLAGS": ""}
    said = subprocess.run(
        ["make", "--dry-run", *TARGETS],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in ("release/libvce.so", "debug/vce-sandbox"):
        places = {word.split("=")[-1] for word in said.split() if word.rstrip(".0").endswith(name)}
        assert places
        assert all(place.startswith(str(ROOT / folder)) for place in places), places
