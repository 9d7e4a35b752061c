"""Every write to the disk failed, cut short or caught by a power cut: gallery (SQLite's own writes as well), lockout,
export and backup.

A layer between the process and the C library (disk_shim.c) counts the changes to the files of a folder. Each of them
fails once, or from then on, with ENOSPC, EIO, EROFS, or writes half; or the power fails there, and what was not synced
is kept or lost in any part and any order. After each: everything confirmed is there, what was under way is there wholly
or not at all, nothing of anybody removed is left, and what was said was one line.
"""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.cli import ctl_bundle
from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery
from faceauthd.gallery.copying import back_up
from faceauthd.lockout import Lockout
from faceauthd.types import Role
from tests.gallery_kit import EMBEDDER, templates
from tests.integration import test_gallery_crash as gallery_story
from tests.loop_kit import TwoClocks
from tests.suites import disk
from tests.suites.disk import Disk, Mode
from tests.suites.figures import Budget, Figures

ROOT = Path(__file__).parents[2]
MOST_ROUNDS = 40
"""How often cuts are drawn before a lie is said to go unnoticed: a short run of the backup loses 1 to 4 worlds of 90,
and may by chance lose none."""


class Ended(Exception):
    """What the story was about failed, and was told."""


@dataclass(frozen=True)
class Story:
    """`begin` makes what is there before; `acts` are what is done, one after the other; `check` raises AssertionError
    or GalleryError unless the folder is in one of the states before and after the act that was under way."""

    name: str
    begin: Callable[[Path], None]
    acts: Sequence[Callable[[Path], None]]
    check: Callable[[Path, Sequence[int]], None]
    fails_silently: bool = False
    """A failed act does not raise: the door goes on."""


# ---------------------------------------------------------------- the stories


def nothing(folder: Path) -> None:
    del folder


def _gallery_act(number: int) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        with Gallery.open(folder / "gallery", embedder_id=EMBEDDER, first_capacity=2) as gallery:
            gallery_story.STORY[number][0](gallery)

    return act


def _gallery_whole(folder: Path) -> None:
    """As a daemon: opened once."""
    with Gallery.open(folder / "gallery", embedder_id=EMBEDDER, first_capacity=2) as gallery:
        for act, _ in gallery_story.STORY:
            act(gallery)


def _states() -> list[gallery_story.State]:
    states: list[gallery_story.State] = [{}]
    for _, outcome in gallery_story.STORY:
        states.append(outcome(states[-1]))
    return states


def check_gallery(folder: Path, done: Sequence[int]) -> None:
    gallery_story.check(folder / "gallery", [_states()[number] for number in done])


def check_gallery_whole(folder: Path, done: Sequence[int]) -> None:
    """Begun and not ended: any state of the story, and a whole one."""
    allowed = _states() if 0 in done else []
    gallery_story.check(folder / "gallery", [*allowed, *([_states()[-1]] if 1 in done else [])])


LOCKOUTS = (Lockout((90.0,), 0, None), Lockout((), 1, 130.0), Lockout((95.0,), 1, 160.0), Lockout())


def _lockout_act(number: int) -> Callable[[Path], None]:
    return lambda folder: LockoutFile(folder / "lockout.json", TwoClocks()).save(LOCKOUTS[number], 100.0)


def check_lockout(folder: Path, done: Sequence[int]) -> None:
    """It is one of the states, or a longer lockout than any of them: never shorter."""
    found = LockoutFile(folder / "lockout.json", TwoClocks()).load(100.0)
    allowed = [Lockout(), *LOCKOUTS]
    least_s = min(allowed[number].until_s or 0.0 for number in done)
    assert (found.until_s or 0.0) >= least_s - 1e-6, f"{found}, and the least is until {least_s}"
    assert found.level >= min(allowed[number].level for number in done)


def _export(name: bytes) -> Callable[[Path], None]:
    def end(_code: object, message: str, _kind: object) -> NoReturn:
        assert "\n" not in message
        raise Ended(message)

    def act(folder: Path) -> None:
        session = SimpleNamespace(end=end)
        ctl_bundle._write(session, folder / "people.faceauth", name * 9000, force=True)  # type: ignore[arg-type]

    return act


def check_export(folder: Path, done: Sequence[int]) -> None:
    file = folder / "people.faceauth"
    content = file.read_bytes() if file.exists() else None
    assert content in [(None, b"one" * 9000, b"two" * 9000)[number] for number in done], "the export is neither"


def _two_enrolled(folder: Path) -> None:
    with Gallery.open(folder / "gallery", embedder_id=EMBEDDER, first_capacity=8) as gallery:
        gallery.enroll("ann", Role.ADMIN, templates(1, 2), now=1.0)
        gallery.enroll("bea", Role.MEMBER, templates(2, 3), now=1.0)


def _back_up(folder: Path) -> None:
    back_up(folder / "gallery", folder / "copy")


def check_backup(folder: Path, done: Sequence[int]) -> None:
    if not (folder / "copy").exists():
        assert 0 in done, "there is no copy"
        return
    with Gallery.open(folder / "copy", embedder_id=EMBEDDER, on_repair=_never) as gallery:
        assert [(person.name, person.templates) for person in gallery.people()] == [("ann", 2), ("bea", 3)]


def _never(line: str) -> None:
    raise AssertionError(f"the copy had to be mended: {line}")


ACTS = tuple(_gallery_act(number) for number in range(len(gallery_story.STORY)))
STORIES = (
    Story("gallery, one daemon", nothing, (_gallery_whole,), check_gallery_whole),
    Story("gallery, opened for each change", nothing, ACTS, check_gallery),
    Story("lockout", nothing, tuple(map(_lockout_act, range(len(LOCKOUTS)))), check_lockout, fails_silently=True),
    Story("export", nothing, (_export(b"one"), _export(b"two")), check_export),
    Story("backup", _two_enrolled, (_back_up,), check_backup),
)


# ---------------------------------------------------------------- what is done to them


def play(
    story: Story, folder: Path, layer: Disk, fault: tuple[int, Mode] | None, log: int = -1
) -> tuple[list[int], list[int]]:
    """How many acts may be done, and where each of them ended in the log. Ends at the first that fails."""
    folder.mkdir()
    layer.watch(folder, log)
    story.begin(folder)
    ends, done, begun = [_at(log)], 0, layer.steps
    if fault is not None:
        layer.fail(*fault)
    try:
        for act in story.acts:
            before = layer.steps - begun
            act(folder)
            done += 1
            ends.append(_at(log))
            if story.fails_silently and fault is not None and before <= fault[0] < layer.steps - begun:
                return [done - 1, done], ends
    except GalleryError as error:
        if "\n" in str(error):
            raise AssertionError(f"more than one line: {error!r}") from error
        return [done, done + 1], ends
    except Ended:
        return [done, done + 1], ends
    finally:
        layer.heal()
    return [done], ends


def _at(log: int) -> int:
    return os.lseek(log, 0, os.SEEK_CUR) if log >= 0 else 0


def failing(figures: Figures, story: Story, layer: Disk, home: Path, most: int, dice: random.Random) -> None:
    """Each step, or `most` of them, fails in each way."""
    (home / "count").mkdir()
    layer.watch(home / "count")
    story.begin(home / "count")
    begun = layer.steps
    shutil.rmtree(home / "count")
    play(story, home / "count", layer, None)
    steps = layer.steps - begun
    shutil.rmtree(home / "count")
    tried = [(step, mode) for step in range(steps) for mode in Mode]
    for step, mode in tried if len(tried) <= most else dice.sample(tried, most):
        folder = home / "failing"
        try:
            done, _ = play(story, folder, layer, (step, mode))
            story.check(folder, done)
        except (AssertionError, GalleryError, OSError, ValueError) as error:
            figures.violation(f"{story.name}: {mode.name} at step {step}: {type(error).__name__}: {error}"[:300])
            done = []
        figures.count(f"{story.name}: writes failed")
        figures.count(f"{story.name}: of these that were told", int(len(done) > 1))
        shutil.rmtree(folder)
    figures.number(f"{story.name}: changes to the disk", steps)


def cutting(figures: Figures, story: Story, layer: Disk, home: Path, most: int, dice: random.Random) -> None:
    """The power fails after each change, or `most` of them. Where the disk lies about syncing, something has to be
    lost: else this would find nothing."""
    for what in _cut_anywhere(figures, story, layer, home, most, dice, syncs_lie=False):
        figures.violation(f"{story.name}: {what}")
    lost: list[str] = []
    for _ in range(MOST_ROUNDS):
        lost = lost or _cut_anywhere(Figures("lies"), story, layer, home, most, dice, syncs_lie=True)
    figures.number(f"{story.name}: losses on a disk that lies about syncing, which have to be", len(lost))
    if not lost:
        figures.violation(f"{story.name}: a disk that lies about syncing goes unnoticed")


def _cut_anywhere(
    figures: Figures, story: Story, layer: Disk, home: Path, most: int, dice: random.Random, *, syncs_lie: bool
) -> list[str]:
    """What was lost."""
    lost: list[str] = []
    log, folder = disk.recorder(), home / "recorded"
    _, ends = play(story, folder, layer, None, log)
    layer.watch(Path("/nowhere"))
    changes = [each for each in disk.read(log) if not (syncs_lie and each.kind in "SD")]
    os.close(log)
    begun = sum(change.end <= ends[0] for change in changes)
    cuts = list(range(begun, len(changes) + 1))
    for number in cuts if len(cuts) <= most else sorted(dice.sample(cuts, most)):
        at = changes[number - 1].end if number else 0
        done = [sum(end <= at for end in ends) - 1]
        if at > ends[done[0]]:
            done.append(done[0] + 1)
        for left in disk.cut(changes[:number], worlds=6, dice=dice):
            world = left.write(folder, home / "world")
            figures.count(f"{story.name}: power cuts, worlds opened after")
            try:
                story.check(world, done)
            except (AssertionError, GalleryError, OSError, ValueError) as error:
                said = " ".join(str(error).split())
                lost.append(f"cut after change {number} of {len(changes)}: {said}"[:300])
            shutil.rmtree(world)
    shutil.rmtree(folder)
    return lost


def inside(is_long: bool, seed: int) -> Figures:
    """With the layer preloaded."""
    logging.disable(logging.CRITICAL)
    figures, layer, dice = Figures("writes"), Disk(), random.Random(seed)
    budget = Budget(1800.0 if is_long else 60.0)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as home:
        for story in STORIES:
            if not budget.is_left:
                figures.skip(f"{story.name}: the time was used up")
                continue
            failing(figures, story, layer, Path(home), 10**6 if is_long else 40, dice)
            cutting(figures, story, layer, Path(home), 10**6 if is_long else 15, dice)
    return figures


def run(figures: Figures, *, is_long: bool, seed: int) -> None:
    """In a process of its own, which the layer is loaded into before anything else."""
    with tempfile.TemporaryDirectory() as home:
        built = disk.build(Path(home))
        if built is None:
            figures.skip("all of it: no C compiler here to build the layer with")
            return
        env = os.environ | {"LD_PRELOAD": str(built), disk.PRELOADED: str(built)}
        command = [sys.executable, "-m", "tests.suites.writes", str(seed), "--long" if is_long else "--short"]
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)
    except json.JSONDecodeError:
        figures.violation(f"it ended with {done.returncode}: {done.stderr[-600:]}")
        return
    figures.numbers.update(told["numbers"])
    figures.violations += told["violations"]
    figures.left_out += told["left_out"]


if __name__ == "__main__":
    found = inside(sys.argv[2] == "--long", int(sys.argv[1]))
    sys.stdout.write(json.dumps(vars(found)))
