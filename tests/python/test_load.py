"""Where the library is found, and what the wheel contains."""

from __future__ import annotations

import importlib.metadata
import os
import pickle
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

import vce
from vce import _native

REPOSITORY = Path(__file__).parents[2]
BINDING = REPOSITORY / "bindings" / "python"


@pytest.fixture
def _unloaded() -> None:
    """Forget the library, so that the next call looks for it."""
    _native.library.cache_clear()


def test_the_installed_wheel_is_tested() -> None:
    assert Path(vce.__file__).parent == Path(sysconfig.get_path("purelib"), "vce")


def test_the_wheel_fits_one_platform_and_every_python() -> None:
    tag = re.search(r"^Tag: (.*)$", wheel_metadata(), flags=re.MULTILINE)
    assert tag is not None
    assert re.fullmatch(r"py3-none-\w+_" + os.uname().machine, tag[1])
    assert "Root-Is-Purelib: false" in wheel_metadata()


def wheel_metadata() -> str:
    text = importlib.metadata.distribution("libvce").read_text("WHEEL")
    assert text is not None
    return text


def test_the_wheel_holds_library_types_and_licences() -> None:
    files = {str(file) for file in importlib.metadata.files("libvce") or ()}
    assert {"vce/libvce.so.0", "vce/py.typed"} <= files
    assert {Path(file).name for file in files if "licenses/" in file} == {
        "LICENSE-APACHE",
        "LICENSE-MIT",
    }
    assert importlib.metadata.version("libvce") == vce.__version__


@pytest.mark.usefixtures("_unloaded")
def test_the_environment_names_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = str(Path(vce.__file__).with_name(_native.FILE_NAME))
    monkeypatch.setenv("VCE_LIBRARY_PATH", inside)
    assert _native.library()._name == inside


@pytest.mark.usefixtures("_unloaded")
def test_a_named_library_that_is_missing_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCE_LIBRARY_PATH", "/nowhere/libvce.so")
    with pytest.raises(vce.LibraryLoadError, match=r"/nowhere/libvce\.so"):
        vce.is_valid_type("custom:a")
    monkeypatch.delenv("VCE_LIBRARY_PATH")
    assert vce.is_valid_type("custom:a")


def test_every_path_tried_is_listed() -> None:
    # In a new interpreter, because the system finds a library by its name once it is loaded.
    script = """
import vce
vce._native.__file__ = "/empty/vce/_native.py"
try:
    vce.library_version()
except vce.LibraryLoadError as error:
    print(error)
"""
    printed = subprocess.check_output([sys.executable, "-W", "error", "-c", script], text=True)
    lines = printed.splitlines()
    assert "not found" in lines[0]
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "/empty/vce/libvce.so.0",
        "libvce.so.0",
    ]


def older(path: Path) -> str:
    """A library with every function, of another version."""
    functions = _native.FUNCTIONS.keys() - {"vce_version"}
    source = 'const char *vce_version(void) { return "7.8.9"; }\n'
    path.with_suffix(".c").write_text(source + "\n".join(f"void {f}(void) {{}}" for f in functions))
    command = ["cc", "-shared", "-fPIC", "-o", str(path), str(path.with_suffix(".c"))]
    subprocess.run(command, check=True)
    return str(path)


@pytest.mark.usefixtures("_unloaded")
@pytest.mark.parametrize(
    ("library", "reason"),
    [
        ("/nowhere/libvce.so", "No such file"),
        ("/etc/passwd", "/etc/passwd: "),
        ("libc.so.6", "libc.so.6 has no function vce_version"),
        ("older", "is libvce 7.8.9"),
    ],
)
def test_a_library_that_cannot_be_used_is_one_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, library: str, reason: str
) -> None:
    path = older(tmp_path / "libolder.so") if library == "older" else library
    monkeypatch.setenv("VCE_LIBRARY_PATH", path)
    calls: list[Callable[[], object]] = [
        vce.library_version,
        lambda: vce.is_valid_type("custom:a"),
        lambda: vce.validate_body({}),
        lambda: vce.Client(token="none"),
        lambda: vce.AsyncClient.from_env(),
    ]
    for call in calls:
        with pytest.raises(vce.VceError) as caught:
            call()
        error = caught.value
        assert isinstance(error, vce.LibraryLoadError)
        assert isinstance(error, OSError)
        assert (error.status, error.outcome) == (vce.Status.ERR_INTERNAL, vce.Outcome.NOT_CREATED)
        # What was tried, why it failed, and what to do.
        assert path in str(error)
        assert reason in str(error)
        assert "VCE_LIBRARY_PATH" in str(error)
        assert "install" in str(error)
        copy = pickle.loads(pickle.dumps(error))
        assert (str(copy), vars(copy)) == (str(error), vars(error))


def test_importing_loads_nothing() -> None:
    script = "import vce; assert vce._native.library.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)


def test_an_editable_installation_finds_its_library(tmp_path: Path) -> None:
    source = tmp_path / "python"
    shutil.copytree(BINDING, source, ignore=shutil.ignore_patterns("libvce*", "dist"))
    library = Path(vce.__file__).with_name(_native.FILE_NAME)
    command = f"""-m pip --quiet --disable-pip-version-check install --ignore-installed --no-index
        --no-deps --no-build-isolation --prefix={tmp_path} --editable {source}"""
    subprocess.run(
        [sys.executable, *command.split()],
        env={**os.environ, "VCE_LIBRARY": str(library)},
        check=True,
    )
    (site_packages,) = tmp_path.glob("lib*/python*/site-packages")
    script = (
        f"import site; site.addsitedir({str(site_packages)!r})\n"
        "import vce; print(vce.library_version(), vce.__file__)"
    )
    # -S: without the environment's own site-packages, which contain the wheel.
    printed = subprocess.check_output([sys.executable, "-S", "-c", script], text=True)
    assert printed.split() == [vce.__version__, str(source / "src" / "vce" / "__init__.py")]
