"""Describes the machine on which the figures were measured."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path


def described() -> str:
    """Returns its processors, memory and system, to be used within a sentence."""
    cores = f"{os.cpu_count()} cores"
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    assert memory, "/proc/meminfo has no MemTotal"
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return (
        f"{cores} of {model[1] if model else platform.machine()}, "
        f"{round(int(memory[1]) / 2**20)} GiB, {system}, Linux {platform.release()}"
    )


def software() -> str:
    """Returns the versions on which the figures depend most."""
    curl = subprocess.run(["curl", "--version"], check=True, capture_output=True, text=True)
    nginx = subprocess.run(["/usr/sbin/nginx", "-v"], check=True, capture_output=True, text=True)
    versions = re.findall(r"(?:libcurl|OpenSSL|nginx)/[\d.]+", curl.stdout + nginx.stderr)
    return ", ".join(version.replace("/", " ") for version in versions)
