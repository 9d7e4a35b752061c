"""What `pip install` puts in place is complete, and needs neither a compiler nor a Pi."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from faceauthd import __version__
from faceauthd.resources import shipped

ROOT = Path(__file__).parents[2]
KINDS = ("models", "config", "systemd", "faces")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

pytestmark = pytest.mark.skipif(
    not (ROOT / "dev").is_file(), reason="tells of a checkout or an unpacked source archive"
)


def _build(source: Path, target: str, into: Path) -> Path:
    """Build with the hatchling that is installed here, so that no network is needed."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(into)]
    built = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (archive,) = into.iterdir()
    return archive


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


def _in_checkout(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(folder))


def test_the_wheel_holds_every_module_and_everything_that_is_shipped(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"faceauthd/{name}" for name in _in_checkout(ROOT / "faceauthd")}
    for kind in KINDS:
        files = {f"faceauthd/_data/{kind}/{name}" for name in _in_checkout(shipped(kind))}
        assert files, kind
        wanted |= files
    assert {name for name in names if ".dist-info/" not in name} == wanted


def test_the_wheel_names_its_licences_and_commands(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = f"faceauthd-{__version__}.dist-info"
    for licence in PROJECT["license-files"]:
        assert f"{info}/licenses/{licence}" in archive.namelist()
    commands = archive.read(f"{info}/entry_points.txt").decode()
    assert "faceauthd = faceauthd.cli.main:main" in commands
    assert "faceauthctl = faceauthd.cli.ctl:main" in commands
    assert wheel.name.endswith("-py3-none-any.whl")


def test_a_wheel_from_the_source_archive_is_the_same(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Debian 12's Python knows no filters
        archive.extractall(tmp_path / "source", **safely)  # type: ignore[arg-type]  # noqa: S202  built just now
    (unpacked,) = (tmp_path / "source").iterdir()
    again = _build(unpacked, "wheel", tmp_path / "wheel")
    before, after = zipfile.ZipFile(wheel), zipfile.ZipFile(again)
    assert {i.filename: i.CRC for i in before.infolist()} == {i.filename: i.CRC for i in after.infolist()}


def test_the_source_archive_can_pass_the_tests(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"dev", "pyproject.toml", ".ci/run", "tests/unit/test_packaging.py", "CHANGELOG.md"} <= names


def test_what_needs_a_pi_or_a_compiler_is_an_extra() -> None:
    plain = " ".join(PROJECT["dependencies"])
    for name in ("picamera2", "lgpio"):
        assert name not in plain
        assert any(line.startswith(name) for line in PROJECT["optional-dependencies"]["pi"])


def _of_extra(extra: str) -> Iterator[str]:
    """What it asks for; other extras of ours that it names are unfolded."""
    for line in PROJECT["optional-dependencies"][extra]:
        asked = Requirement(line)
        if asked.name == PROJECT["name"]:
            yield from (each for named in sorted(asked.extras) for each in _of_extra(named))
        else:
            yield line


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("requirements.lock", ("large-gallery",)), ("requirements-test.lock", ("test",))],
    ids=["run", "test"],
)
def test_the_lock_holds_what_is_asked_for_with_hashes(lock: str, extras: tuple[str, ...]) -> None:
    """If this fails, run `./dev lock`."""
    entries = re.sub(r" \\\n\s+", " ", (ROOT / lock).read_text()).splitlines()[1:]
    assert [entry for entry in entries if not re.search(r" --hash=sha256:[0-9a-f]{64}", entry)] == []
    locked = [Requirement(entry.partition(" --hash=")[0]) for entry in entries]
    here = {entry.name.lower(): entry for entry in locked if entry.marker is None or entry.marker.evaluate()}
    for line in (*PROJECT["dependencies"], *(line for extra in extras for line in _of_extra(extra))):
        asked = Requirement(line)
        if asked.marker is None or asked.marker.evaluate():
            (pinned,) = here[asked.name.lower()].specifier
            assert pinned.operator == "=="
            assert asked.specifier.contains(pinned.version), f"{line} is not met by {pinned}"


@pytest.mark.slow
def test_an_installed_wheel_runs_the_demo_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """In a venv of its own, as a user would have it; needs a network, or pip's cache."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    install = [str(venv / "bin/python"), "-m", "pip", "install", "--quiet", "--only-binary=:all:", str(wheel)]
    subprocess.run(install, check=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(venv / "bin/faceauthd"), "demo", "--json"]
    played = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stderr
    assert '"unlocked"' in played.stdout
    assert list(elsewhere.iterdir()) == []
