"""Writes the vectors as arrays of C: vectors.py tests/vectors include/vce.h > vectors.inc"""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path
from typing import Any


def joined(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return b"".join(text.encode() * count for text, count in value)


def content(case: dict[str, Any]) -> bytes:
    if "base64" in case:
        return base64.b64decode(case["base64"])
    return joined(case.get("text", case.get("parts")))


def literal(text: bytes) -> str:
    """An array of bytes: C99 compilers may refuse string literals over 4095 characters."""
    assert 0 not in text
    return "(const char[]){" + ",".join(str(b if b < 128 else b - 256) for b in text + b"\0") + "}"


def main(folder: str, header: str) -> None:
    constants = dict(re.findall(r"(VCE_\w+) = (\d+)", Path(header).read_text()))
    constants["REFUSED"] = "-1"
    for name in ("types", "bodies", "ids"):
        print(f"static const struct vector {name}[] = {{")
        for case in json.loads(Path(folder, f"{name}.json").read_text()):
            name_in_c, text = json.dumps(case["name"]), literal(content(case))
            status = constants[case["status"]]
            print(f"    {{{name_in_c}, {text}, {status}, {case['offset']}}},")
        print("};")


main(*sys.argv[1:])
