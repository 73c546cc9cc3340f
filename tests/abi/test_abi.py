"""What programs are compiled against does not change by accident.

`abi.txt` holds the constants and prototypes of include/vce.h. After a deliberate change:
VCE_WRITE_ABI=1 make test-abi
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = Path(__file__).with_name("abi.txt")
LIBRARY = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release" / "libvce.so"
HEADERS = ["include/vce.h", "bindings/php/include/vce.php.h"]


def declarations(header: str) -> list[str]:
    """The header without comments and directives, a declaration a line."""
    text = re.sub(r"/\*.*?\*/", " ", (ROOT / header).read_text(), flags=re.DOTALL)
    text = re.sub(r"^\s*#.*$", " ", text, flags=re.MULTILINE)
    text = re.sub(r'extern "C" \{', " ", text)
    lines = re.findall(r"typedef enum \w+ \{.*?\} \w+;|[^;{}]+;", text, flags=re.DOTALL)
    return sorted(" ".join(line.split()) for line in lines)


def functions(header: str) -> set[str]:
    return {match for line in declarations(header) for match in re.findall(r"(vce_\w+)\(", line)}


def test_the_header_is_the_snapshot() -> None:
    text = "\n".join(declarations(HEADERS[0])) + "\n"
    if os.environ.get("VCE_WRITE_ABI"):
        SNAPSHOT.write_text(text)
    assert text == SNAPSHOT.read_text()


def test_both_headers_declare_the_same() -> None:
    assert declarations(HEADERS[0]) == declarations(HEADERS[1])


def test_the_library_exports_what_the_header_declares_and_nothing_else() -> None:
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", LIBRARY], check=True, capture_output=True, text=True
    )
    exported = {line.split()[-1].split("@")[0] for line in listed.stdout.splitlines()}
    assert exported == functions(HEADERS[0])
    assert len(exported) > 30


def test_the_library_has_its_name_and_stays_loaded() -> None:
    dynamic = subprocess.run(
        ["readelf", "-d", LIBRARY], check=True, capture_output=True, text=True
    ).stdout
    assert "Library soname: [libvce.so.0]" in dynamic
    assert "NODELETE" in dynamic


def test_the_build_left_the_committed_headers_as_they_were() -> None:
    changed = subprocess.run(
        ["git", "diff", "--stat", "HEAD", "--", *HEADERS],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    untracked = subprocess.run(
        ["git", "ls-files", "--others", "--", *HEADERS],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert changed.stdout + untracked.stdout == "", "commit the headers that the build generated"


def test_the_header_includes_nothing_but_the_standard_library() -> None:
    included = re.findall(r"#include (.+)", (ROOT / HEADERS[0]).read_text())
    assert included == ["<stdbool.h>", "<stdint.h>"]
