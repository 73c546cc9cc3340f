"""The server of the benchmarks: nginx over TLS, which does as little work as a server can."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path

# An answer like the one in the API's documentation.
ANSWER = (
    '{"id":1,"type":"custom:my-event","from":"MEM-e46d9542-752a-4786-8f12-25a2e623a793",'
    '"body":{"key":"value"},"timestamp":"2026-01-01T14:00:00.000Z",'
    '"_embedded":{"from_user":{"id":"USR-82e028d9-5201-4f1e-8188-604b2d3471ec"}},'
    '"_links":{"self":{"href":"https://api.nexmo.com/v0.3/conversations/CON-1/events/1"}}}'
)
SLOW_ANSWER_S = 0.05
SYSTEM_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")

CONFIGURATION = """
{modules}
worker_processes 1;
worker_rlimit_nofile 8192;
daemon off;
error_log stderr crit;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  default_type application/json;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  ssl_certificate {folder}/server.pem;
  ssl_certificate_key {folder}/server.key;
  ssl_protocols TLSv1.3;
  ssl_session_cache shared:tls:8m;
  server {{
    listen 127.0.0.1:{fast} ssl backlog=4096;
    location / {{ return 201 '{answer}'; }}
  }}
  server {{
    listen 127.0.0.1:{slow} ssl backlog=4096;
    location / {{
      echo_read_request_body;
      echo_status 201;
      echo_sleep {slow_answer_s};
      echo -n '{answer}';
    }}
  }}
  server {{
    listen 127.0.0.1:{status};
    location / {{ stub_status; }}
  }}
}}
"""


@dataclasses.dataclass
class Server:
    """A running server; its certificate is for `localhost`."""

    fast_url: str
    """The server at this URL answers at once."""
    slow_url: str
    """The server at this URL answers after 50 ms."""
    ca_file: Path
    """The certificate authority alone."""
    system_roots: Path
    """The system's certificate authorities, followed by this one."""
    private_key: Path
    """Signs the tokens: RSA-2048, PKCS#8."""
    status_url: str
    master: int
    """The parent of the worker processes."""
    _asked: int = 0

    def place(self, cores: Iterable[int]) -> None:
        """Lets it run only on these cores from now on."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text()
        for process in map(int, children.split()):
            os.sched_setaffinity(process, cores)

    def requests(self) -> int:
        """Returns how many requests it has answered so far, without those of this method."""
        with urllib.request.urlopen(self.status_url, timeout=10) as answer:
            text = answer.read().decode()
        counted = re.search(r"\d+ \d+ (\d+)", text)
        assert counted, text
        self._asked += 1
        return int(counted[1]) - self._asked


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def _certificates(folder: Path) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    ca, ca_key = str(folder / "ca.pem"), str(folder / "ca.key")
    _openssl(
        "req", "-x509", *key, "-keyout", ca_key, "-out", ca, "-days", "30",
        "-subj", "/CN=libvce benchmark authority",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign",
    )  # fmt: skip
    _openssl(
        "req", "-x509", *key, "-CA", ca, "-CAkey", ca_key, "-days", "30", "-subj", "/CN=localhost",
        "-keyout", str(folder / "server.key"), "-out", str(folder / "server.pem"),
        "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE",
    )  # fmt: skip
    _openssl("genpkey", "-algorithm", "RSA", "-out", str(folder / "private.key"))
    roots = SYSTEM_ROOTS.read_text() + Path(ca).read_text()
    (folder / "roots.pem").write_text(roots)


@contextlib.contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """Runs a server with its files in `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder = folder.resolve()
    _certificates(folder)
    fast, slow, status = _free_ports(3)
    modules = "/usr/lib/nginx/modules/ngx_http_echo_module.so"
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            modules=f"load_module {modules};",
            folder=folder,
            answer=ANSWER,
            fast=fast,
            slow=slow,
            status=status,
            slow_answer_s=SLOW_ANSWER_S,
        )
    )
    environment = os.environ | {"PATH": os.environ.get("PATH", "") + ":/usr/sbin"}
    command = ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(configuration)]
    with subprocess.Popen(command, env=environment) as process:
        try:
            server = Server(
                fast_url=f"https://localhost:{fast}",
                slow_url=f"https://localhost:{slow}",
                ca_file=folder / "ca.pem",
                system_roots=folder / "roots.pem",
                private_key=folder / "private.key",
                status_url=f"http://127.0.0.1:{status}/",
                master=process.pid,
            )
            _await(process, status)
            yield server
        finally:
            process.terminate()


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 10
    while process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        if time.monotonic() > deadline:
            raise TimeoutError("nginx does not listen")
        time.sleep(0.01)
    raise RuntimeError("nginx did not start; see its message above")
