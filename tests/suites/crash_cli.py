"""`faceauthctl` killed at random instants while it exports, imports and makes a backup.

Under the name that was given there is the whole of it or nothing, and what was there before stays until then; an import
is carried out wholly or not at all, whatever becomes of whoever asked for it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faceauthd.bundle import content, sealed
from faceauthd.bundle.content import Bundle
from faceauthd.errors import BundleError, FaceauthdError
from faceauthd.gallery import Gallery
from faceauthd.resources import shipped
from faceauthd.types import Role
from faceauthd.vision.pack import ModelPack
from tests.gallery_kit import templates
from tests.suites.crash_daemon import Known, entrant, pack
from tests.suites.daemon_under_attack import live
from tests.suites.figures import Budget, Figures

PASSPHRASE = "a long passphrase, for tests"  # noqa: S105  # noqa: S105
PEOPLE = 12


def command(folder: Path, *words: str) -> None:
    """Run `faceauthctl` in this process, forked with all of it loaded; never returns."""
    from faceauthd.cli import ctl

    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    sealed.Cost.__init__.__defaults__ = (10, 8, 1)  # type: ignore[misc]  # what takes long here is not what is tried
    settings = {"gallery.path": folder / "gallery", "control.socket": folder / "control.sock"}
    sys.argv = [
        "faceauthctl",
        *words,
        *[each for key, value in settings.items() for each in ("--set", f"{key}={value}")],
    ]
    ctl.main()


def killed(folder: Path, longest_s: float, dice: random.Random, *words: str) -> bool:
    """Whether it was killed before it ended by itself."""
    child = os.fork()
    if not child:
        try:
            command(folder, *words)
        finally:
            os._exit(0)
    end_s = time.monotonic() + dice.random() * longest_s
    while time.monotonic() < end_s:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def exports(figures: Figures, folder: Path, trials: int, longest_s: float, dice: random.Random) -> None:
    """An older export is replaced (`--force`): there is the older or the new one, whole."""
    file, older = folder / "people.faceauth", b""
    (folder / "passphrase").write_text(PASSPHRASE)
    for trial in range(trials):
        cut = killed(
            folder, longest_s, dice, "export", str(file), "--force", "--passphrase-file", f"{folder}/passphrase"
        )
        figures.count("faceauthctl export: kills", int(cut))
        raw = file.read_bytes() if file.exists() else b""
        figures.count("faceauthctl export: written anew", int(raw != older))
        older = raw
        if file.exists():
            try:
                people = content.decode(sealed.unseal(raw, PASSPHRASE)).people
                assert len(people) == PEOPLE, f"{len(people)} people"
            except (BundleError, AssertionError) as error:
                figures.violation(f"kill {trial} of an export: {error}")
        if open_to_others := _open_to_others(folder.glob(".people*")):
            figures.violation(f"kill {trial} of an export left {open_to_others} open to others")
        for left in folder.glob(".people*"):
            left.unlink()


def backups(figures: Figures, folder: Path, trials: int, longest_s: float, dice: random.Random) -> None:
    """There is no copy, or one that opens with everybody; what a kill leaves beside it, nobody else may read."""
    for trial in range(trials):
        target = folder / "copy"
        figures.count("faceauthctl backup: kills", int(killed(folder, longest_s, dice, "backup", str(target))))
        figures.count("faceauthctl backup: made", int(target.exists()))
        if target.exists():
            try:
                with Gallery.open(target, embedder_id=pack().embedder_id) as gallery:
                    assert len(gallery.people()) == PEOPLE
            except (FaceauthdError, AssertionError) as error:
                figures.violation(f"kill {trial} of a backup: {error}")
            shutil.rmtree(target)
        part = folder / "copy.part"
        if open_to_others := _open_to_others([part] if part.exists() else []):
            figures.violation(f"kill {trial} of a backup left {open_to_others} open to others")
        # the next trial begins over what this one left


def _open_to_others(paths: Iterator[Path] | list[Path]) -> list[str]:
    return [path.name for path in paths if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)]


def imports(figures: Figures, folder: Path, trials: int, longest_s: float, dice: random.Random) -> None:
    """Two people come in one file: both are there, or neither."""
    file = folder / "two.faceauth"
    (folder / "passphrase").write_text(PASSPHRASE)
    for trial in range(trials):
        people = {f"t{trial}-{number}": Known(10_000 + 2 * trial + number) for number in range(2)}
        bundle = Bundle(pack().embedder_id, 1.0, tuple(entrant(name, known) for name, known in people.items()))
        file.write_bytes(sealed.seal(content.encode(bundle), PASSPHRASE, sealed.Cost(10, 8, 1)))
        words = ("import", str(file), "--yes", "--passphrase-file", f"{folder}/passphrase")
        cut = killed(folder, longest_s, dice, *words)
        figures.count("faceauthctl import: kills", int(cut))
        time.sleep(0.1)  # what was handed over is carried out, or was not yet
        with Gallery.open(folder / "gallery", embedder_id=pack().embedder_id, read_only=True) as gallery:
            found = [person for name in people if (person := gallery.person(name)) is not None]
        figures.count("faceauthctl import: carried out", int(bool(found)))
        if len(found) == 1 or any(person.templates != 3 for person in found):
            figures.violation(f"kill {trial} of an import: half of it is there: {found}")
        if not cut and not found:
            figures.violation(f"import {trial} ended, and nobody came")


@contextmanager
def daemon(folder: Path) -> Iterator[None]:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            live(folder, writer, 1)
        finally:
            os._exit(1)
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            if "serving" not in pipe.readline():
                raise AssertionError("the daemon did not start")
            yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def lasts_s(folder: Path, *words: str) -> float:
    """How long a whole one takes here and now, so that the kills fall into all of it."""
    began_s = time.monotonic()
    if killed(folder, 1e9, random.Random(1), *words):
        raise AssertionError("it was killed")
    return time.monotonic() - began_s


def commands(figures: Figures, trials: int, budget: Budget, dice: random.Random) -> None:
    """So many kills of each."""
    import faceauthd.cli.ctl  # loaded before the forks
    import faceauthd.cli.ctl_bundle  # noqa: F401

    pack()
    ModelPack.open = lambda *_, **__: pack()  # type: ignore[method-assign, assignment]
    assert shipped("models")
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        with Gallery.open(folder / "gallery", embedder_id=pack().embedder_id) as gallery:
            for number in range(PEOPLE):
                gallery.enroll(f"p{number}", Role.MEMBER, templates(5000 + number, 3), now=1.0)
        (folder / "passphrase").write_text(PASSPHRASE)
        longest_s = 1.2 * lasts_s(folder, "export", f"{folder}/first", "--passphrase-file", f"{folder}/passphrase")
        figures.worst("faceauthctl: an export that is not killed takes, s", longest_s / 1.2)
        for what in (exports, backups):
            if budget.is_left:
                what(figures, folder, trials, longest_s, dice)
        with daemon(folder):
            if budget.is_left:
                imports(figures, folder, trials, 1.5 * longest_s, dice)
