"""Counts what single calls of the library cost: instructions, allocations, system calls.

Only the calling thread is counted, and only while it is inside the library.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RELEASE = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release"
FLAGS = ["-std=c99", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1"]
LIBRARY = [f"-L{RELEASE}", "-lvce", f"-Wl,-rpath,{RELEASE}"]

# The first calls connect, sign a token and fill caches.
WARM_UP = 20
CALLS = WARM_UP + 100

# The C library's functions that allocate memory.
ALLOCATORS = {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign"}

Costs = dict[str, int]


def compiled(folder: Path) -> Path:
    program = folder / "calls"
    paths = [f"-I{ROOT / 'include'}", str(HERE / "calls.c"), "-o", str(program)]
    subprocess.run(["gcc", *FLAGS, *paths, *LIBRARY], check=True)
    return program


def costs_under_callgrind(call: list[str], environment: dict[str, str]) -> Costs:
    """Counts the instructions and allocations of a usual call, and of freeing its event.

    valgrind simulates a processor, so every machine with AVX2 runs the same code paths of ring,
    memchr and the C library.
    """
    output = Path(call[0]).with_name("callgrind.out")
    options = [f"--toggle-collect={function}" for function in (f"vce_{call[1]}", "vce_event_free")]
    options += ["--combine-dumps=yes", f"--callgrind-out-file={output}"]
    _run(["valgrind", "--quiet", "--tool=callgrind", *options, *call], environment)
    with output.open() as lines:
        costs = _usual(_callgrind_parts(lines))
    assert "instructions" in costs, f"callgrind did not see vce_{call[1]}"
    return costs


def system_calls_under_strace(call: list[str], environment: dict[str, str]) -> Costs:
    """Counts the system calls of a usual call, without threads: strace does not follow them."""
    output = Path(call[0]).with_name("strace.out")
    _run(["strace", "--quiet=all", f"--output={output}", *call], environment)
    parts = output.read_text().split("getppid()")
    return _usual(
        Counter(f"system call {name}" for name in re.findall(r"^(\w+)\(", part, re.MULTILINE))
        for part in parts[:-1]
    )


def _run(command: list[str], environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    except FileNotFoundError:
        raise RuntimeError(f"{command[0]} is missing; scripts/setup installs it") from None
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def _callgrind_parts(lines: Iterable[str]) -> Iterator[Counter[str]]:
    """Returns what callgrind wrote at each mark of the program."""
    names: dict[str, str] = {}  # callgrind writes each name once, and then only its number
    callee = ""
    part: Counter[str] = Counter()
    for line in lines:
        if named := re.match(r"(c?)fn=(\(\d+\))(?: (.+))?", line):
            called, number, name = named.groups()
            names.setdefault(number, name)
            callee = names[number] if called else callee
        elif (called_often := re.match(r"calls=(\d+)", line)) and callee in ALLOCATORS:
            part["allocations"] += int(called_often[1])
        elif total := re.match(r"totals: (\d+)", line):
            part["instructions"] = int(total[1])
            yield part
            part = Counter()


def _usual(every_call: Iterable[Counter[str]]) -> Costs:
    """Returns the medians, which leave out rare costs: a growing table, a new connection."""
    counted = list(every_call)[WARM_UP:CALLS]
    assert len(counted) == CALLS - WARM_UP, f"only {len(counted)} calls were counted"
    kinds = sorted({kind for each in counted for kind in each})
    medians = {kind: round(statistics.median(each[kind] for each in counted)) for kind in kinds}
    return {kind: median for kind, median in medians.items() if median > 0}
