"""`python -m tools.guide`: draw the pictures of docs/guide.md out of the records, or play the stories anew."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.guide import recording
from tools.guide.pictures import drawn
from tools.guide.recording import Story

FOLDER = Path(__file__).resolve().parents[2] / "docs/guide"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; with --check the exit code is 1 if a picture is out of date."""
    parser = argparse.ArgumentParser(prog="python -m tools.guide", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a picture is out of date")
    parser.add_argument(
        "--record", nargs="*", metavar="STORY", help="play these stories (all, if none is named); takes minutes"
    )
    options = parser.parse_args(arguments)
    if options.record is not None:
        for name, story in record(options.record):
            recording.save({**recording.load(), name: story})
    pictures = drawn(recording.load())
    stale = [name for name, text in pictures.items() if not _is(FOLDER / name, text)]
    for name in stale:
        print(f"docs/guide/{name} is out of date")
        if not options.check:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / name).write_text(pictures[name])
    return int(options.check and bool(stale))


def record(names: Sequence[str]) -> Iterator[tuple[str, Story]]:
    """Play the stories of those names, or all, one after the other."""
    from tools.guide.stage import play, say
    from tools.guide.stories import STORIES

    os.environ.update(TZ="UTC", COLUMNS="118", TERM="xterm-256color")
    os.environ.pop("NO_COLOR", None)
    time.tzset()
    home = Path.cwd()
    for name in names or STORIES:
        with tempfile.TemporaryDirectory(prefix="faceauthd-guide-") as folder:
            prepare(Path(folder), home, with_attack=name == "photograph")
            os.chdir(folder)
            try:
                story = play(STORIES[name], Path(folder))
            finally:
                os.chdir(home)
        say(f"{name}: {', '.join(story.kinds())}")
        yield name, story


def prepare(folder: Path, home: Path, *, with_attack: bool) -> None:
    """What the stories find in the folder they are played in: photographs, a passphrase, and an attack if need be."""
    shutil.copytree(home / "tests/data/faces", folder / "tests/data/faces", ignore=shutil.ignore_patterns("*matte*"))
    (folder / "words").write_text("correct horse battery staple\n")
    if with_attack:
        from tools.attack_kit.__main__ import main as attack

        (folder / "people").mkdir()
        shutil.copy(home / "tests/data/faces/hopper.jpg", folder / "people")
        attack([str(folder / "clips"), "--faces", str(folder / "people"), "--people", "all", "--clips", "1",
                "--species", "tablet", "--seconds", "6", "--fps", "10"])  # fmt: skip
        (folder / "clips/tablet/0000-hopper").rename(folder / "attack")


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
