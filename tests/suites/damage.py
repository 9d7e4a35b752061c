"""Every kind of damage to each file of the state folder and of the models.

Never a false accept: whoever is matched is matched by their own template. Never a traceback. What was lost is named, in
what the journal is told or in the one line of a refusal; and what a refusal leaves is left as it was.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.errors import GalleryError, ModelError
from faceauthd.gallery import Gallery, match
from faceauthd.lockout import Lockout
from faceauthd.resources import shipped
from faceauthd.threshold import threshold_for
from faceauthd.types import Role
from faceauthd.vision.manifest import read_manifest
from faceauthd.vision.pack import ModelPack
from tests.gallery_kit import EMBEDDER, templates, unit_vectors
from tests.loop_kit import TwoClocks
from tests.suites.figures import Budget, Figures

FALSE_ACCEPT = 0.4
"""Random unit vectors of 512 numbers reach 0.25 in one of a million pairs; any threshold in force is above this."""
PEOPLE = {"ann": (1, 3), "bea": (2, 3), "cem": (3, 2)}
"""By name: the seed of their templates, and how many."""
REMOVED_SEED, STRANGER_SEED, DISABLED_SEED = 7, 8, 9


@dataclass
class Sample:
    """A folder as a daemon leaves it, with older copies of its files, and what it holds."""

    folder: Path
    older: Path
    checked: Counter[str] = field(default_factory=Counter)

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.is_file() and path.name != "gallery.lock")


def build(home: Path, *, is_in_use: bool = False) -> Sample:
    """Ann, Bea and Cem; somebody disabled; somebody removed, who is in the older copies.

    With the copy in int8 that large galleries have, and what a cut may leave half written. `is_in_use`: as a power cut
    leaves it under a running daemon, with SQLite's log and its index.
    """
    home.mkdir()
    folder, older = home / "whole", home / "older"
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=8) as gallery:
        for name, (seed, count) in PEOPLE.items():
            gallery.enroll(name, Role.MEMBER, templates(seed, count), now=1.0)
        gallery.enroll("rex", Role.MEMBER, templates(REMOVED_SEED, 2), now=1.0)
        gallery.enroll("dis", Role.MEMBER, templates(DISABLED_SEED, 2), now=1.0)
    shutil.copytree(folder, older)
    with Gallery.open(folder, embedder_id=EMBEDDER) as gallery:
        gallery.remove("rex")
        gallery.rename("cem", "cem")
        gallery.set_disabled("dis", is_disabled=True)  # which leaves its pages in SQLite's log
        if is_in_use:
            shutil.copytree(folder, home / "cut")
    folder = home / "cut" if is_in_use else folder
    (folder / "embeddings.npy.new").write_bytes((folder / "embeddings.npy").read_bytes()[:9000])
    LockoutFile(folder / "lockout.json", TwoClocks()).save(Lockout((), 2, 400.0), 100.0)
    (folder / "lockout.new").write_bytes(b'{"level": 0')
    return Sample(folder, older)


Damage = Callable[[bytearray, random.Random], None]


def flip(raw: bytearray, dice: random.Random) -> None:
    at = dice.randrange(8 * len(raw))
    raw[at // 8] ^= 1 << at % 8


def many_flips(raw: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(2, 64)):
        flip(raw, dice)


def truncate(raw: bytearray, dice: random.Random) -> None:
    del raw[dice.randrange(len(raw)) :]


def zero_page(raw: bytearray, dice: random.Random) -> None:
    size = dice.choice([512, 4096])
    at = size * dice.randrange(-(-len(raw) // size))
    raw[at : at + size] = bytes(len(raw[at : at + size]))


def swap_pages(raw: bytearray, dice: random.Random) -> None:
    size = dice.choice([512, 2048, 4096])
    pages = len(raw) // size
    if pages < 2:
        return flip(raw, dice)
    one, other = (size * page for page in dice.sample(range(pages), 2))
    raw[one : one + size], raw[other : other + size] = raw[other : other + size], raw[one : one + size]
    return None


def noise_page(raw: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(raw))
    raw[at : at + 512] = dice.randbytes(len(raw[at : at + 512]))


def grow(raw: bytearray, dice: random.Random) -> None:
    raw.extend(dice.randbytes(dice.choice([1, 2048, 4096])))


def empty(raw: bytearray, dice: random.Random) -> None:
    raw.clear()


KINDS: tuple[Damage, ...] = (flip, flip, many_flips, truncate, zero_page, swap_pages, noise_page, grow, empty)


def truth(seed: int) -> str | None:
    return next((name for name, (own, _) in PEOPLE.items() if own == seed), None)


def judge(folder: Path, what: str, figures: Figures) -> str:
    """Open it; how it went: whole, mended, refused. Anything that must not be is a violation."""
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "gallery.lock"}
    told: list[str] = []
    try:
        gallery = Gallery.open(folder, embedder_id=EMBEDDER, on_repair=told.append)
    except GalleryError as error:
        if "\n" in str(error) or len(str(error)) < 20:
            figures.violation(f"{what}: refused without a clear line: {error!r}")
        changed = _changed(folder, before)
        if changed:
            figures.violation(f"{what}: refused, but changed were {', '.join(changed)}: {error}")
        return "refused"
    except Exception as error:  # noqa: BLE001  a traceback is what must never come
        figures.violation(f"{what}: {type(error).__name__}: {error}"[:300])
        return "traceback"
    with gallery:
        lost = 0
        for seed in (*[own for own, _ in PEOPLE.values()], REMOVED_SEED, STRANGER_SEED, DISABLED_SEED):
            for probe in unit_vectors(seed, 3 if seed != 3 else 2):
                best = gallery.matcher.best(probe[np.newaxis])[0]
                person = gallery.person_by_id(best.person_id) if best and best.score >= FALSE_ACCEPT else None
                if person is not None and person.rules.is_disabled:
                    person = None  # known, and kept out by their rules
                if person is not None and person.name != truth(seed):
                    figures.violation(f"{what}: FALSE ACCEPT of seed {seed} as {person.name}")
                lost += person is None and truth(seed) is not None
        if lost and not told:
            figures.violation(f"{what}: {lost} templates are gone, and nobody was told")
        figures.count("templates set aside, and told", lost)
    return "mended, and told" if told else "whole"


def _changed(folder: Path, before: dict[str, bytes]) -> list[str]:
    """What a refusal did not leave as it was, to the last byte."""
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "gallery.lock"}
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


@contextmanager
def copy_of(sample: Sample) -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as home:
        yield shutil.copytree(sample.folder, Path(home) / "gallery")


@contextmanager
def scanned_in_int8() -> Iterator[None]:
    """As if this gallery were a large one, which has a copy in int8."""
    before, match.WORTH_ROWS = match.WORTH_ROWS, 1  # type: ignore[attr-defined]
    try:
        yield
    finally:
        match.WORTH_ROWS = before  # type: ignore[attr-defined]


def state_folder(
    figures: Figures, sample: Sample, state: str, trials: int, budget: Budget, dice: random.Random
) -> None:
    outcomes: dict[str, Counter[str]] = {}
    for trial in range(trials):
        if not budget.is_left:
            figures.skip(f"{trials - trial} of {trials} damages to the state folder: the time was used up")
            break
        path, kind = dice.choice(sample.files), dice.choice(KINDS)
        with copy_of(sample) as folder:
            raw = bytearray(path.read_bytes())
            kind(raw, dice)
            (folder / path.name).write_bytes(bytes(raw))
            what = f"{kind.__name__} in {path.name}, {state} (trial {trial})"
            outcome = judge(folder, what, figures)
            if path.name == "lockout.json":
                lockout = LockoutFile(folder / path.name, TwoClocks()).load(100.0)
                if not lockout.is_on(399.0) and raw != path.read_bytes():
                    figures.violation(f"{what}: the lockout got shorter: {lockout}")
                outcome = "lockout kept"
            if trial % 100 == 0:
                cli(folder, what, figures)
        figures.count("damages to the state folder")
        outcomes.setdefault(path.name, Counter())[outcome] += 1
    rows = [[name, ", ".join(f"{what}: {many}" for what, many in found.items())] for name, found in outcomes.items()]
    figures.table((f"file, {state}", "what came of the damage"), sorted(rows))


def cli(folder: Path, what: str, figures: Figures) -> None:
    """What somebody at a terminal is told: never a traceback."""
    arguments = ("doctor", "--set", f"gallery.path={folder}", "--set", "camera.source=none")
    command = [sys.executable, "-m", "faceauthd", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        figures.skip(f"{what}: `faceauthd doctor` took longer than five minutes on this machine")
        return
    figures.count("commands run on damaged folders")
    if "Traceback" in done.stdout + done.stderr or done.returncode < 0:
        figures.violation(f"{what}: `faceauthd doctor` says {done.stderr[-300:]}")


def older_copies(figures: Figures, sample: Sample, state: str) -> None:
    """One file restored from a backup and the other not, and a file missing: recognised, and nobody comes back."""
    for name in ("people.sqlite3", "embeddings.npy"):
        with copy_of(sample) as folder:
            shutil.copyfile(sample.older / name, folder / name)
            figures.number(f"{state}: older {name} beside the newer other", judge(folder, f"older {name}", figures))
        with copy_of(sample) as folder:
            (folder / name).unlink()
            figures.number(f"{state}: {name} missing", judge(folder, f"{name} missing", figures))


def models(figures: Figures, trials: int, dice: random.Random) -> None:
    """A damaged model or manifest stops the start; a manifest whose damage goes unnoticed lowers no threshold."""
    folder = shipped("models")
    cards = read_manifest(folder / "manifest.yaml")
    before = _threshold(folder)
    unnoticed = 0
    for trial in range(trials):
        with tempfile.TemporaryDirectory() as home:
            copied = Path(home)
            for path in folder.iterdir():
                (copied / path.name).symlink_to(path)
            name = "manifest.yaml" if trial % 3 else dice.choice(sorted(card.file for card in cards.values()))
            raw, kind = bytearray((folder / name).read_bytes()), dice.choice(KINDS)
            kind(raw, dice)
            (copied / name).unlink()
            (copied / name).write_bytes(bytes(raw))
            what = f"{kind.__name__} in {name} (trial {trial})"
            figures.count("damages to models and manifest")
            try:
                if name.endswith(".yaml"):
                    after = _threshold(copied)
                else:
                    ModelPack.open(copied)
                    after = -1.0
            except ModelError as error:
                figures.count("of these refused")
                if "\n" in str(error):
                    figures.violation(f"{what}: {error!r} is not one line")
                continue
            except Exception as error:  # noqa: BLE001  a traceback is what must never come
                figures.violation(f"{what}: {type(error).__name__}: {error}"[:300])
                continue
            unnoticed += 1
            if after < before - 1e-9:
                figures.violation(f"{what}: unnoticed, and the threshold falls from {before:.4f} to {after:.4f}")
    figures.number("damages to the manifest that changed nothing that counts", unnoticed)


def _threshold(folder: Path) -> float:
    card = read_manifest(folder / "manifest.yaml")["embedder"].impostor_curve
    if card is None:
        return 2.0  # without a curve the daemon does not start
    return threshold_for(1e-5, 25, card.points, card.tail, looks=8).cosine


def run(figures: Figures, *, is_long: bool, seed: int) -> None:
    logging.disable(logging.CRITICAL)
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as home:
        with scanned_in_int8():
            for name in ("at rest", "in use"):
                sample = build(Path(home) / name, is_in_use=name == "in use")
                each = (10_000, Budget(900.0)) if is_long else (300, Budget(20.0))
                state_folder(figures, sample, name, *each, dice)
                older_copies(figures, sample, name)
        models(figures, 6000 if is_long else 150, dice)
    logging.disable(logging.NOTSET)
