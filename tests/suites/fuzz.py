"""What comes from outside, damaged at random: a clear refusal or a sound value, never anything else, within a bound of
memory for each input. It begins with what is kept in tests/data/fuzz; an input that broke something is kept there too.
"""

from __future__ import annotations

import hashlib
import io
import logging
import random
import resource
import time
from functools import partial

from PIL import Image

from faceauthd.errors import PictureError
from faceauthd.picture import load_picture
from tests.suites import fuzz_video
from tests.suites.figures import Budget, Figures
from tests.suites.fuzz_damage import damaged
from tests.suites.fuzz_targets import PICTURE_BYTES, Target, targets, wide_png
from tests.suites.peak import peak_of

SLOWEST_S = 20.0
LARGEST = (5000, 5000)
"""A picture of the most pixels that are taken."""
KINDS = (
    ("RGB", "JPEG"), ("CMYK", "JPEG"), ("L", "JPEG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"),
    ("I;16", "PNG"), ("RGB", "WEBP"), ("RGBA", "WEBP"), ("P", "GIF"), ("RGB", "TIFF"), ("RGB", "BMP"), ("L", "PPM"),
)  # fmt: skip


def attack(target: Target, figures: Figures, budget: Budget, dice: random.Random) -> None:
    seeds = [*target.kept(), *target.seeds]
    for seed in seeds:
        _try(target, seed, figures)
    tries = len(seeds)
    while budget.is_left:
        _try(target, damaged(dice.choice(seeds), dice.choice(seeds), target.words, dice), figures)
        tries += 1
    figures.number(f"{target.name}: inputs", tries)


def _try(target: Target, raw: bytes, figures: Figures) -> None:
    began_s, took = time.monotonic(), None
    try:
        if target.most_bytes is None:
            target.tries(raw)
        else:
            took = peak_of(partial(target.tries, raw))
    except Exception as error:  # noqa: BLE001  whatever it is, it must not be
        _keep(target, raw)
        figures.violation(f"{target.name}: {type(error).__name__}: {error}"[:300])
    lasted_s = time.monotonic() - began_s
    figures.worst("slowest input, s", lasted_s)
    if lasted_s > SLOWEST_S:
        _keep(target, raw)
        figures.violation(f"{target.name}: an input of {len(raw)} bytes took {lasted_s:.1f} s")
    if took is not None and target.most_bytes is not None:
        figures.worst(f"{target.name}: most memory that one took, MiB", took / 2**20)
        if took > target.most_bytes:
            _keep(target, raw)
            figures.violation(f"{target.name}: an input of {len(raw)} bytes took {took / 2**20:.0f} MiB")


def _keep(target: Target, raw: bytes) -> None:
    """At most twenty of a target: what breaks everything would else fill the disk."""
    target.folder.mkdir(parents=True, exist_ok=True)
    if len(list(target.folder.glob("found-*"))) < 20:
        (target.folder / f"found-{hashlib.sha256(raw).hexdigest()[:16]}").write_bytes(raw)


def _peak_bytes() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def bombs(figures: Figures) -> None:
    """Pictures that promise to be huge are refused by their header."""
    before = _peak_bytes()
    for width, height in ((50_000, 50_000), (50_000, 10), (10, 50_000), (2**31 - 1, 2**31 - 1), (12_000, 12_000)):
        began_s = time.monotonic()
        try:
            load_picture(wide_png(width, height))
        except PictureError:
            figures.count("decompression bombs refused by their header")
        else:
            figures.violation(f"a picture of {width}x{height} pixels was read")
        if time.monotonic() - began_s > 2.0:
            figures.violation(f"a picture of {width}x{height} pixels was decoded before it was refused")
    grown = _peak_bytes() - before
    if grown > 64 * 2**20:
        figures.violation(f"refusing pictures by their header took {grown / 2**20:.0f} MiB")


def largest(figures: Figures) -> None:
    """The largest picture that is taken, in each format: what it costs while it is read."""
    worst = 0.0
    for mode, kind in KINDS:
        file = io.BytesIO()
        Image.new(mode, LARGEST).save(file, kind, **({"transparency": 0} if (mode, kind) == ("P", "PNG") else {}))
        took = peak_of(partial(load_picture, file.getvalue()))
        if took is None:
            figures.skip("what one picture costs: this kernel does not tell a peak anew (/proc/self/clear_refs)")
            return
        worst = max(worst, took / 2**20)
        if took > PICTURE_BYTES:
            figures.violation(f"reading a {kind} of 25 megapixels, {mode}, takes {took / 2**20:.0f} MiB")
    bound = PICTURE_BYTES / 2**20
    figures.number("pictures of 25 megapixels, each format: most memory, MiB", f"{worst:.0f}, the bound is {bound:.0f}")


def run(figures: Figures, *, is_long: bool, seed: int) -> None:
    """Each target for a minute and a half (long) or six seconds."""
    logging.disable(logging.CRITICAL)
    bombs(figures)
    largest(figures)
    seconds = 90.0 if is_long else 6.0
    for number, target in enumerate(targets()):
        attack(target, figures, Budget(seconds), random.Random(seed + number))
    fuzz_video.attack(figures, seconds, seed)
    logging.disable(logging.NOTSET)
