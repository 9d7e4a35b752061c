"""What the fuzz suite gives its inputs to, and the sound inputs that it begins with."""

from __future__ import annotations

import io
import json
import struct
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faceauthd.adapters.journal import JournaldJournal, JsonLinesJournal, StderrJournal
from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.bundle.content import decode
from faceauthd.bundle.sealed import unseal
from faceauthd.config import load_config
from faceauthd.config.render import reference_yaml
from faceauthd.control.protocol import Rejected, refusal_line
from faceauthd.control.verbs import VERBS, parse
from faceauthd.errors import BundleError, ConfigError, ModelError, PictureError, SceneError
from faceauthd.picture import MAX_PIXELS, load_picture
from faceauthd.resources import shipped
from faceauthd.scene.read import parse_scene
from faceauthd.types import Event, EventKind
from faceauthd.vision.manifest import read_manifest
from tests.loop_kit import TwoClocks

CORPUS = Path(__file__).parents[1] / "data" / "fuzz"
"""Sound inputs, made by `python -m tests.suites.fuzz_corpus`, and what once broke something: `found-...`."""


class Broken(AssertionError):
    """The input broke a promise."""


@dataclass(frozen=True)
class Target:
    """`tries` raises for what must not be. It begins with what is kept in `CORPUS`, and with `seeds`, which the product
    ships; `words` are put in.
    """

    name: str
    tries: Callable[[bytes], object]
    seeds: Sequence[bytes] = ()
    words: Sequence[bytes] = ()
    most_bytes: int | None = None
    """What one input may take while it is read, where that is asked."""

    @property
    def folder(self) -> Path:
        return CORPUS / self.name.replace(" ", "-")

    def kept(self) -> list[bytes]:
        """The corpus, what once broke something among it."""
        return [path.read_bytes() for path in sorted(self.folder.glob("*"))]


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


def wide_png(width: int, height: int) -> bytes:
    """A PNG whose header promises that size; a bomb, since its pixels are zeros that pack to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000), 9) * 4
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


PASSPHRASE = "a long passphrase"  # noqa: S105  of the sample


def sealed_export(raw: bytes) -> None:
    """Altered anywhere it is refused, by the tag or before."""
    try:
        unseal(raw, PASSPHRASE)
    except BundleError as error:
        if "\n" in str(error):
            raise Broken(f"more than one line: {error!r}") from error
        return
    if raw not in Target("sealed exports", sealed_export).kept():
        raise Broken("altered, and opened")


def export_content(raw: bytes) -> None:
    try:
        decode(raw)
    except BundleError as error:
        if "\n" in str(error):
            raise Broken(f"more than one line: {error!r}") from error


_YAML = (b": ", b"\n- ", b"&a ", b"*a", b"!!python/object:os.system ", b"{", b"[" * 300, b"null", b".nan", b"1e400")
_JSON = (b'"', b"{", b"[" * 2000, b"\\u0000", b"1e999", b"-1", b"NaN", b"\xff")
_TERMINAL = (b"\x1b]0;x\x07", b"\r", b"\x9b", b"\xc2\x9b", b"\xe2\x80\xae")
PICTURE_BYTES = 400 << 20
"""The most that reading one picture may take, the largest that is taken among them."""
EXPORT_BYTES = 300 << 20
"""The same of an export: what its key derivation may ask for (sealed.py), and little more."""


def targets() -> list[Target]:
    models = (shipped("models") / "manifest.yaml").read_bytes()
    scenes = [path.read_bytes() for path in sorted((Path(__file__).parents[2] / "config/scenes").glob("*.yaml"))]
    return [
        Target("configuration", configuration, [reference_yaml().encode()], _YAML),
        Target("control protocol", protocol, words=_JSON),
        Target("pictures", picture, [wide_png(50_000, 50_000)], most_bytes=PICTURE_BYTES),
        Target("model cards", model_card, [models], _YAML),
        Target("scenes", scene, scenes, _YAML),
        Target("lockout file", lockout, words=_JSON),
        Target("journal fields", journal, words=_TERMINAL),
        Target("sealed exports", sealed_export, most_bytes=EXPORT_BYTES),
        Target("content of exports", export_content, words=_JSON, most_bytes=EXPORT_BYTES),
    ]
