"""Puts the C library into the wheel, which then fits one platform and every Python 3."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILE_NAME = "libvce.so.0"


class LibraryBuildHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        library = self._library()
        if version == "editable":
            # The package is imported from the source tree, so the library must be there.
            shutil.copyfile(library, Path(self.root, "src", "vce", FILE_NAME))
        else:
            build_data["force_include"][str(library)] = f"vce/{FILE_NAME}"
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"

    def _library(self) -> Path:
        """The library named by VCE_LIBRARY, or one built by Cargo now."""
        if ready := os.environ.get("VCE_LIBRARY"):
            return Path(ready).resolve(strict=True)
        repository = Path(self.root).parents[1]
        subprocess.run(["cargo", "build", "--release"], cwd=repository, check=True)
        target = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
        return (repository / target / "release" / "libvce.so").resolve(strict=True)
