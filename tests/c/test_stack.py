"""The stack size that the header asks for is enough, directly and through a proxy."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import HERE, ROOT, SHARED, STATIC, compiled, run

ENVIRONMENT = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}


def documented_bytes() -> int:
    (kib,) = re.findall(r"needs a stack of (\d+) KiB", (ROOT / "include/vce.h").read_text())
    return int(kib) * 1024


@pytest.mark.parametrize("linkage", [SHARED, STATIC], ids=["shared", "static"])
def test_the_documented_stack_is_enough(build: Path, linkage: list[str]) -> None:
    program = compiled(build, HERE / "stack.c", linkage)
    assert run(program, str(documented_bytes()), environment=ENVIRONMENT).stderr == ""


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def tunnel(client: socket.socket) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n") and (byte := client.recv(1)):
        head += byte
    host, port = head.split()[1].decode().rsplit(":", 1)
    try:
        server = socket.create_connection((host, int(port)))
    except OSError:
        client.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        client.close()
        return
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    threading.Thread(target=pass_on, args=(client, server), daemon=True).start()
    pass_on(server, client)


@pytest.fixture
def proxy() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=tunnel, args=(client,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_it_is_enough_for_a_proxy_too(build: Path, proxy: str) -> None:
    program = compiled(build, HERE / "stack.c", SHARED)
    environment = {**ENVIRONMENT, "VCE_PROXY": proxy}
    assert run(program, str(documented_bytes()), environment=environment).stderr == ""
