"""How C programs are built and run: with the shared or the static library, also in valgrind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "c"
EXAMPLES = ROOT / "bindings" / "c" / "examples"
RELEASE = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release"
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", "-g", f"-I{ROOT / 'include'}"]
SHARED = [f"-L{RELEASE}", "-lvce", f"-Wl,-rpath,{RELEASE}"]
STATIC = [str(RELEASE / "libvce.a"), "-lpthread", "-ldl", "-lm"]


def valgrind(*leak_kinds: str) -> list[str]:
    return [
        "valgrind",
        "--quiet",
        "--leak-check=full",
        f"--show-leak-kinds={','.join(leak_kinds)}",
        f"--errors-for-leak-kinds={','.join(leak_kinds)}",
        f"--suppressions={ROOT / 'tests' / 'c' / 'valgrind.supp'}",
        "--error-exitcode=99",
    ]


VALGRIND = valgrind("definite", "indirect", "possible")
VALGRIND_DEFINITE = valgrind("definite")
# valgrind takes the output of TLS's ciphers, which are written in assembly, for uninitialised.
# Over plain HTTP it checks everything.
VALGRIND_TLS = [*VALGRIND, "--undef-value-errors=no"]

# The code that all programs about sending in the background use.
SUPPORT = [HERE / name for name in ("sandbox.c", "client.c", "process.c")]


def compiler(source: Path) -> list[str]:
    if source.suffix == ".cpp":
        return ["g++", "-std=c++17"]
    text = source.read_text()
    standard = "-std=c11" if "<stdatomic.h>" in text else "-std=c99"
    # libvce.so must find the program's functions before the system's.
    replaces = source.stem == "slow_dns" or "RTLD_NEXT" in text
    return ["gcc", standard, *(["-rdynamic"] if replaces else [])]


def compiled(build: Path, source: Path, linkage: list[str]) -> Path:
    folder = build / source.parent.name
    folder.mkdir(exist_ok=True)
    program = folder / f"{source.stem}-{'shared' if linkage is SHARED else 'static'}"
    sources = [source, *SUPPORT] if '"sandbox.h"' in source.read_text() else [source]
    paths = [*map(str, sources), "-o", str(program)]
    subprocess.run(
        [*compiler(source), *FLAGS, f"-I{build}", *paths, *linkage, "-lpthread", "-ldl"], check=True
    )
    return program


def run(
    program: Path,
    *arguments: str,
    environment: dict[str, str],
    under: list[str] | None = None,
    status: int = 0,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    command = [*(under or []), str(program), *arguments]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=timeout
    )
    assert result.returncode == status, f"{command}: {result.stdout}{result.stderr}"
    return result
