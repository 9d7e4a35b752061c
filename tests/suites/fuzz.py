"""What comes from outside, damaged at random: a clear refusal or a sound value, never anything else, within a bound of
memory. An input that broke something is kept in tests/data/fuzz and tried first from then on.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import logging
import random
import resource
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from faceauthd.adapters.journal import JournaldJournal, JsonLinesJournal, StderrJournal
from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.config import load_config
from faceauthd.config.render import reference_yaml
from faceauthd.control.protocol import Rejected, refusal_line
from faceauthd.control.verbs import VERBS, parse
from faceauthd.errors import ConfigError, ModelError, PictureError, SceneError
from faceauthd.lockout import Lockout
from faceauthd.picture import MAX_PIXELS, load_picture
from faceauthd.resources import shipped
from faceauthd.scene.read import parse_scene
from faceauthd.types import Event, EventKind
from faceauthd.vision.manifest import read_manifest
from tests.loop_kit import TwoClocks
from tests.suites.figures import Budget, Figures

CORPUS = Path(__file__).parents[1] / "data" / "fuzz"
MEMORY_BYTES = 6 * 3 * MAX_PIXELS
"""What reading a picture may add to the process: a few copies of the largest one that is taken."""


class Broken(AssertionError):
    """The input broke a promise."""


@dataclass(frozen=True)
class Target:
    """`seeds` are sound inputs to begin with, `words` what is put in; `tries` raises for what must not be."""

    name: str
    seeds: Sequence[bytes]
    tries: Callable[[bytes], object]
    words: Sequence[bytes] = ()


def damaged(seed: bytes, other: bytes, words: Sequence[bytes], dice: random.Random) -> bytes:
    """One to eight changes of the kinds that fuzzers make."""
    raw = bytearray(seed)
    for _ in range(dice.choice([1, 1, 2, 3, 8])):
        at = dice.randrange(len(raw) + 1)
        match dice.randrange(8):
            case 0 if raw:
                raw[at % len(raw)] ^= 1 << dice.randrange(8)
            case 1:
                raw[at:at] = dice.randbytes(dice.randint(1, 8))
            case 2:
                del raw[at : at + dice.randint(1, 64)]
            case 3:
                del raw[at:]
            case 4 if other:
                begin = dice.randrange(len(other))
                raw[at:at] = other[begin : begin + dice.randint(1, 200)]
            case 5 if words:
                raw[at:at] = dice.choice(words)
            case 6:
                raw[at : at + 4] = dice.choice([b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"\0\0\xc3\x50"])
            case _:
                raw[at:at] = raw[at : at + dice.randint(1, 100)] * dice.randint(1, 20)
    return bytes(raw[:200_000])


# ---------------------------------------------------------------- the targets


def configuration(raw: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(raw)
        file.flush()
        try:
            load_config(Path(file.name), env={"HOME": "/h"})
        except ConfigError as error:
            if not error.problems or not all(problem.isprintable() for problem in error.problems):
                raise Broken(f"problems that cannot be printed: {error.problems}") from error


def protocol(raw: bytes) -> None:
    found = parse(raw)
    if isinstance(found, Rejected):
        told = refusal_line(found.id, found.refusal)
        if not (told.isascii() and told.count(b"\n") == 1 and len(told) < 3000):
            raise Broken(f"a refusal of {len(told)} bytes")
    elif found.verb is not VERBS[found.verb.name]:
        raise Broken("a verb that there is not")


def picture(raw: bytes) -> None:
    try:
        taken = load_picture(raw)
    except PictureError as error:
        if "\n" in str(error):
            raise Broken(f"more than one line: {error!r}") from error
        return
    if taken.ndim != 3 or taken.shape[2] != 3 or taken.shape[0] * taken.shape[1] > MAX_PIXELS:
        raise Broken(f"a picture of shape {taken.shape}")


def model_card(raw: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(raw)
        file.flush()
        try:
            read_manifest(Path(file.name))
        except ModelError as error:
            if "\n" in str(error):
                raise Broken(f"more than one line: {error!r}") from error


def scene(raw: bytes) -> None:
    try:
        parse_scene(raw.decode("utf-8", "replace"), "fuzzed")
    except SceneError:
        return


def lockout(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lockout.json"
        path.write_bytes(raw)
        kept = LockoutFile(path, TwoClocks()).load(100.0)
        if not (kept.level >= 0 and (kept.until_s is None or kept.until_s < 1e7)):
            raise Broken(f"{kept}")


def journal(raw: bytes) -> None:
    """Names and details from outside in every journal: one line, and nothing that acts on a terminal."""
    text = raw.decode("utf-8", "surrogateescape")
    event = Event(EventKind.ENROLLED, 1.0, person=text, detail=text, fields=(("what", text), (text, 1)))
    sent: list[dict[str, str]] = []
    lines, plain = io.StringIO(), io.StringIO()
    JsonLinesJournal(lines).record(event)
    StderrJournal(plain).record(event)
    JournaldJournal(lambda message, **fields: sent.append({"MESSAGE": message, **fields})).record(event)
    told = [lines.getvalue(), plain.getvalue()]
    if not all(each.endswith("\n") and each[:-1].isprintable() for each in told):
        raise Broken(f"control characters are written: {told!r}"[:200])
    if json.loads(told[0])["event"] != "enrolled" or not sent:
        raise Broken("an event that was not written, or as another")
    for name, value in sent[0].items():
        if not name.isascii() or not value.isprintable() or "\n" in value:
            raise Broken(f"journald is sent {name}={value!r}"[:200])


def _pictures() -> list[bytes]:
    image = Image.radial_gradient("L").resize((96, 80)).convert("RGB")
    seeds = []
    for kind in ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM"):
        for mode in ("RGB", "L"):
            stream = io.BytesIO()
            image.convert(mode).save(stream, kind)
            seeds.append(stream.getvalue())
    return [*seeds, wide_png(50_000, 50_000), (shipped("faces") / "astronaut.jpg").read_bytes()[:20_000]]


def wide_png(width: int, height: int) -> bytes:
    """A PNG whose header promises that size; a bomb, since its pixels are zeros that pack to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000), 9) * 4
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def targets() -> list[Target]:
    manifest = (shipped("models") / "manifest.yaml").read_bytes()
    scenes = [path.read_bytes() for path in sorted((Path(__file__).parents[2] / "faceauthd/scene").rglob("*.yaml"))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lockout.json"
        LockoutFile(path, TwoClocks()).save(Lockout((90.0,), 2, 400.0), 100.0)
        kept = path.read_bytes()
    requests = [
        json.dumps({"id": 1, "do": verb.name} | {arg.name: "ann" for arg in verb.args}).encode()
        for verb in VERBS.values()
    ]
    yaml_words = (
        b": ",
        b"\n- ",
        b"&a ",
        b"*a",
        b"!!python/object:os.system ",
        b"{",
        b"[" * 300,
        b"null",
        b".nan",
        b"1e400",
    )
    return [
        Target("configuration", [reference_yaml().encode(), b"gate: {unlock_s: 3}\n"], configuration, yaml_words),
        Target(
            "control protocol", requests, protocol, (b'"', b"{", b"[" * 2000, b"\\u0000", b"1e999", b"NaN", b"\xff")
        ),
        Target("pictures", _pictures(), picture),
        Target("model cards", [manifest], model_card, yaml_words),
        Target("scenes", scenes or [b"fps: 8\n"], scene, yaml_words),
        Target("lockout file", [kept], lockout, (b"1e999", b"-1", b"NaN", b"[" * 2000)),
        Target(
            "journal fields",
            [b"ann", b"\x1b[31mred\x1b[0m", "é\u202e\u2066\ud7ff".encode()],
            journal,
            (b"\x1b]0;x\x07", b"\r", b"\x9b", b"\xc2\x9b", b"\xe2\x80\xae"),
        ),
    ]


def attack(target: Target, figures: Figures, budget: Budget, dice: random.Random) -> None:
    kept = sorted((CORPUS / target.name.replace(" ", "-")).glob("*")) if CORPUS.is_dir() else []
    for path in kept:
        _try(target, path.read_bytes(), figures)
    for seed in target.seeds:
        _try(target, seed, figures)
    tries = len(kept) + len(target.seeds)
    while budget.is_left:
        raw = damaged(dice.choice(target.seeds), dice.choice(target.seeds), target.words, dice)
        _try(target, raw, figures)
        tries += 1
    figures.number(f"{target.name}: inputs", tries)


def _try(target: Target, raw: bytes, figures: Figures) -> None:
    began_s = time.monotonic()
    try:
        target.tries(raw)
    except Exception as error:  # noqa: BLE001  whatever it is, it must not be
        _keep(target, raw)
        figures.violation(f"{target.name}: {type(error).__name__}: {error}"[:300])
    lasted_s = time.monotonic() - began_s
    figures.worst("slowest input, s", lasted_s)
    if lasted_s > 20.0:
        _keep(target, raw)
        figures.violation(f"{target.name}: an input of {len(raw)} bytes took {lasted_s:.1f} s")


def _keep(target: Target, raw: bytes) -> None:
    """At most twenty of a target: what breaks everything would else fill the disk."""
    folder = CORPUS / target.name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    if len(list(folder.iterdir())) >= 20:
        return
    (folder / hashlib.sha256(raw).hexdigest()[:16]).write_bytes(raw)


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


def sealed(figures: Figures, trials: int, dice: random.Random) -> None:
    """An exported file that was altered anywhere is refused, by the tag or before; what is inside is checked too."""
    if importlib.util.find_spec("faceauthd.bundle") is None or importlib.util.find_spec("cryptography") is None:
        figures.skip("sealed exports: no cryptography library here")
        return
    from faceauthd.bundle.content import Bundle, decode, encode
    from faceauthd.bundle.sealed import Cost, seal, unseal
    from faceauthd.errors import BundleError

    content = encode(Bundle("e" * 64, 1.0, ()))
    whole = seal(content, "a long passphrase", Cost(log2_n=4))
    if decode(unseal(whole, "a long passphrase")) != Bundle("e" * 64, 1.0, ()):
        figures.violation("sealed exports: what was sealed is not what comes out")
    for trial in range(trials):
        figures.count("sealed exports: inputs", 2)
        altered = damaged(whole, whole, (), dice)
        try:
            given = unseal(altered, "a long passphrase")
        except BundleError:
            given = content
        except Exception as error:  # noqa: BLE001  whatever it is, it must not be
            figures.violation(f"sealed exports: {type(error).__name__}: {error}"[:300])
            given = content
        else:
            if altered != whole:
                figures.violation(f"sealed exports: altered, and opened (trial {trial})")
        try:
            decode(damaged(given, given, (b"1e999", b"NaN", b'{"', b"[" * 3000), dice))
        except BundleError:
            continue
        except Exception as error:  # noqa: BLE001
            figures.violation(f"content of exports: {type(error).__name__}: {error}"[:300])


def run(figures: Figures, *, is_long: bool, seed: int) -> None:
    """Each target for a minute and a half (long) or six seconds, the same bound of memory for all of them."""
    logging.disable(logging.CRITICAL)
    bombs(figures)
    before = _peak_bytes()
    for number, target in enumerate(targets()):
        attack(target, figures, Budget(90.0 if is_long else 6.0), random.Random(seed + number))
    grown = _peak_bytes() - before
    figures.number("memory: most that was added, MiB", round(grown / 2**20))
    if grown > MEMORY_BYTES:
        figures.violation(f"the inputs took {grown / 2**20:.0f} MiB more, the bound is {MEMORY_BYTES / 2**20:.0f}")
    sealed(figures, 2000 if is_long else 60, random.Random(seed))
    figures.skip("video through PyAV: its decoders are not ours; tests hold how large a picture may be")
    logging.disable(logging.NOTSET)
