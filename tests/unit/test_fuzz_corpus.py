"""The corpus that the fuzz suite begins with: one of each kind, sound, small."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from faceauthd.bundle.content import decode
from faceauthd.bundle.sealed import unseal
from faceauthd.picture import load_picture
from tests.suites import fuzz_targets, fuzz_video
from tests.suites.figures import Budget, Figures
from tests.suites.fuzz import attack
from tests.suites.fuzz_targets import CORPUS, PASSPHRASE, Broken, Target, targets
from tests.suites.peak import peak_of

MOST_BYTES = 200_000


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_every_kind_of_input_has_some_and_none_of_them_breaks_anything(target: Target) -> None:
    assert target.kept()
    for raw in target.kept():
        target.tries(raw)


def test_the_whole_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < MOST_BYTES
    wanted = {target.folder.name for target in targets()} | {fuzz_video.FOLDER.name}
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} == wanted


def test_what_is_sound_in_it_is_read() -> None:
    """A corpus of nothing but refusals would try nothing."""
    pictures = [path for path in (CORPUS / "pictures").iterdir() if not path.name.startswith("found-")]
    assert {load_picture(path).shape for path in pictures} == {(24, 32, 3), (32, 24, 3)}
    assert len({path.suffix for path in pictures}) == 7
    whole = (CORPUS / "sealed-exports/one.faceauth").read_bytes()
    assert [person.name for person in decode(unseal(whole, PASSPHRASE)).people] == ["ann"]


def test_the_videos_of_it_are_shown() -> None:
    pytest.importorskip("av", reason="video needs the extra 'av'")
    videos = [path for path in fuzz_video.FOLDER.iterdir() if not path.name.startswith("found-")]
    assert len(videos) >= 4
    assert all(fuzz_video.show(path) for path in videos)


def test_an_input_that_breaks_something_is_kept_and_tried_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz_targets, "CORPUS", tmp_path)

    def breaks(raw: bytes) -> None:
        if raw != b"sound":
            raise Broken("it is not what it was")

    target = Target("a target", breaks, [b"sound"])
    figures = Figures("fuzz")
    attack(target, figures, Budget(0.1), random.Random(1))
    kept = target.kept()
    assert figures.violations
    assert kept
    assert len(kept) <= 20
    again = Figures("fuzz")
    attack(target, again, Budget(0.0), random.Random(2))
    assert len(again.violations) == len(kept)


def test_an_input_that_takes_too_much_memory_is_a_violation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if peak_of(lambda: None) is None:
        pytest.skip("this kernel does not tell a peak anew")
    monkeypatch.setattr(fuzz_targets, "CORPUS", tmp_path)
    figures = Figures("fuzz")
    target = Target("a target", lambda raw: bytearray(64 << 20).count(1), [b"x"], most_bytes=32 << 20)
    attack(target, figures, Budget(0.0), random.Random(1))
    assert [each for each in figures.violations if each.endswith(" MiB")]
    wide = Target("a target", lambda raw: bytearray(64 << 20).count(1), [b"x"], most_bytes=100 << 20)
    none = Figures("fuzz")
    attack(wide, none, Budget(0.0), random.Random(1))
    assert not none.violations


def test_a_process_that_ends_over_a_video_is_told_and_the_video_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz_video, "FOLDER", tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    (home / "1-7.avi").write_bytes(b"RIFF")
    figures = Figures("fuzz")
    fuzz_video._tell(figures, home, subprocess.CompletedProcess([], -11, "", ""))
    assert figures.violations == ["video: the process ended: signal 11"]
    assert (tmp_path / "found-1-7.avi").read_bytes() == b"RIFF"
