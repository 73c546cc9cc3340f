"""No call costs more than before. Costs are counted, not timed: a busy machine has the same.

`counts.json` holds the costs. After a deliberate change, or a change of rustc or the C library:
VCE_WRITE_COUNTS=1 make test-instructions
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from counting import CALLS, Costs, compiled, costs_under_callgrind, system_calls_under_strace
from sandbox_program import running_sandbox

COUNTS = Path(__file__).with_name("counts.json")
WRITE = "VCE_WRITE_COUNTS=1 make test-instructions"
# For instructions only. In five runs on a quiet machine and four on a busy one they varied by
# 0.2 % for creating, by 0.1 % for enqueuing (hashes have random keys), and not at all for
# validation. Allocations and system calls did not vary.
SLACK = 0.01

TYPE = "custom:" + "aZ0_-" * 18 + "xyz"
BODY = '{"key":"value"}'
ITEM = '{"name":"café \\"au lait\\"","price":-12.50e1,"paid":true},'


def long_body() -> str:
    """Returns a body of the largest allowed size."""
    items = '{"items":[' + ITEM * 65
    return items + "1" * (4096 - len((items + "]}").encode())) + "]}"


class Case(NamedTuple):
    name: str
    call: str
    text: str
    server: str = "plain"


CASES = [
    Case("validate_type", "validate_type", TYPE),
    Case("validate_body", "validate_body", BODY),
    Case("validate_body, 4 KiB", "validate_body", long_body()),
    Case("enqueue_event", "enqueue_event", BODY),
    Case("create_event, plain", "create_event", BODY),
    Case("create_event, TLS", "create_event", BODY, server="tls"),
]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("instructions"))


@pytest.fixture(scope="session")
def environments() -> Iterator[dict[str, dict[str, str]]]:
    with running_sandbox() as plain, running_sandbox("--tls") as tls:
        # valgrind is slow, and the time limits are not tested here.
        yield {"plain": plain | {"VCE_TIMEOUT": "5m"}, "tls": tls | {"VCE_TIMEOUT": "5m"}}


def write(name: str, costs: Costs) -> None:
    written = json.loads(COUNTS.read_text()) | {name: costs}
    ordered = {case.name: written[case.name] for case in CASES if case.name in written}
    COUNTS.write_text(json.dumps(ordered, indent=2) + "\n")


def compared(name: str, costs: Costs) -> tuple[list[str], list[str]]:
    """Returns the costs above the written counts, and those below."""
    written: Costs = json.loads(COUNTS.read_text())[name]
    above: list[str] = []
    below: list[str] = []
    for kind in sorted({*written, *costs}):
        was, now = written.get(kind, 0), costs.get(kind, 0)
        slack = round(was * SLACK) if kind == "instructions" else 0
        if abs(now - was) > slack:
            (above if now > was else below).append(f"{name}: {kind}: {now:,} instead of {was:,}")
    return above, below


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_costs(
    case: Case,
    program: Path,
    environments: dict[str, dict[str, str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = [str(program), case.call, str(CALLS), case.text]
    environment = environments[case.server]
    costs = costs_under_callgrind(call, environment)
    costs |= system_calls_under_strace(call, environment)
    if os.environ.get("VCE_WRITE_COUNTS"):
        write(case.name, costs)
    above, below = compared(case.name, costs)
    if below:
        with capsys.disabled():
            print("", *below, f"To keep the lower counts: {WRITE}", sep="\n")
    if above:
        pytest.fail("\n".join([*above, f"To accept the higher counts: {WRITE}"]), pytrace=False)
