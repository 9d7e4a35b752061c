"""Makes the corpus that the fuzz suite begins with, one of each kind: `python -m tests.suites.fuzz_corpus`.

What once broke something (`found-...`) is left where it is. Codecs change, so the bytes may differ from time to time;
what is committed stays until somebody makes it anew.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.bundle.content import Bundle, encode
from faceauthd.bundle.sealed import Cost, seal
from faceauthd.control.verbs import VERBS
from faceauthd.gallery.contents import Origin
from faceauthd.gallery.taking import Entrant, Kept
from faceauthd.lockout import Lockout
from faceauthd.resources import shipped
from faceauthd.types import Role, Rules
from tests.gallery_kit import templates
from tests.loop_kit import TwoClocks
from tests.suites.fuzz_targets import CORPUS, PASSPHRASE

SIZE = (32, 24)
FRAMES = 4
CONFIGURATION = b"""gate: {unlock_s: 3, entry: press}
decision:
  false_accept_rate: 1.0e-5
  looks: 4
camera:
  source: "replay:/var/lib/pictures"
panel:
  pins: {relay: 17, exit_button: 27}
lockout: {refusals: 5}
log: {level: info, journal: stderr}
"""
SCENE = b"""fps: 8
size: [320, 240]
people:
- {face: astronaut, at: [0.5, 0.5]}
"""


def pictures() -> Iterator[tuple[str, bytes]]:
    image = Image.radial_gradient("L").resize(SIZE).convert("RGB")
    turned = Image.Exif()
    turned[0x0112] = 6
    kinds: list[tuple[str, str, dict[str, object]]] = [
        ("RGB", "PNG", {}),
        ("RGBA", "PNG", {}),
        ("I;16", "PNG", {}),
        ("P", "PNG", {"transparency": 0}),
        ("RGB", "JPEG", {"quality": 60}),
        ("CMYK", "JPEG", {"quality": 60}),
        ("L", "JPEG", {"progressive": True, "exif": turned}),
        ("RGB", "WEBP", {}),
        ("RGBA", "WEBP", {"lossless": True}),
        ("RGB", "BMP", {}),
        ("L", "TIFF", {"compression": "tiff_lzw"}),
        ("RGB", "TIFF", {}),
        ("P", "GIF", {"save_all": True, "append_images": [image.rotate(90).convert("P")]}),
        ("RGB", "PPM", {}),
    ]
    for mode, kind, options in kinds:
        file = io.BytesIO()
        made = Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257) if mode == "I;16" else image
        (made if mode == "I;16" else made.convert(mode)).save(file, kind, **options)
        yield f"{mode.replace(';', '')}.{kind.lower()}", file.getvalue()


def videos() -> Iterator[tuple[str, bytes]]:
    """Some frames in each container; a codec that this FFmpeg has not is left out."""
    import av

    frames = [np.full((48, 64, 3), (40 * number, 90, 200), np.uint8) for number in range(FRAMES)]
    kinds = (
        ("mjpeg", "mjpeg", "yuvj420p"),
        ("avi", "mjpeg", "yuvj420p"),
        ("mp4", "mpeg4", "yuv420p"),
        ("mkv", "mpeg4", "yuv420p"),
        ("webm", "libvpx", "yuv420p"),
        ("y4m", "wrapped_avframe", "yuv420p"),
        ("gif", "gif", "rgb8"),
    )
    for ending, codec, layout in kinds:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"four.{ending}"
            try:
                with av.open(str(path), "w") as container:
                    stream = container.add_stream(codec, rate=25)
                    stream.width, stream.height, stream.pix_fmt = 64, 48, layout
                    for frame in frames:
                        container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
                    container.mux(stream.encode(None))
            except (ValueError, OSError):
                continue
            yield path.name, path.read_bytes()


def lockouts() -> Iterator[tuple[str, bytes]]:
    for name, kept in (("on", Lockout((90.0,), 2, 400.0)), ("off", Lockout((80.0, 90.0), 0, None))):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lockout.json"
            LockoutFile(path, TwoClocks()).save(kept, 100.0)
            yield f"{name}.json", path.read_bytes()


def requests() -> Iterator[tuple[str, bytes]]:
    for verb in VERBS.values():
        args = {arg.name: "ann" for arg in verb.args}
        yield f"{verb.name}.json", json.dumps({"id": 1, "do": verb.name} | args).encode()


def bundle() -> Bundle:
    kept = tuple(Kept(template, 1.0, Origin.ENROLLED) for template in templates(1, 2))
    return Bundle("e" * 64, 1.0, (Entrant("ann", Role.ADMIN, 1.0, Rules(hours="mon-fri 08:00-18:00"), None, kept),))


def corpus() -> dict[str, dict[str, bytes]]:
    """What lies in each folder."""
    content = encode(bundle())
    models = (shipped("models") / "manifest.yaml").read_bytes()
    return {
        "configuration": {"small.yaml": CONFIGURATION, "laptop.yaml": (shipped("config") / "laptop.yaml").read_bytes()},
        "control-protocol": dict(requests()),
        "pictures": dict(pictures()),
        "video": dict(videos()),
        "model-cards": {"detector.yaml": models[: models.index(b"  landmarks:")]},
        "scenes": {"small.yaml": SCENE},
        "lockout-file": dict(lockouts()),
        "journal-fields": {"plain": b"ann", "red": b"\x1b[31mred\x1b[0m", "turned": "é\u202e\u2066\ud7ff".encode()},
        "sealed-exports": {"one.faceauth": seal(content, PASSPHRASE, Cost(log2_n=4))},
        "content-of-exports": {"one": content},
    }


def main() -> None:
    for folder, files in corpus().items():
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
        for path in (CORPUS / folder).iterdir():
            if not path.name.startswith("found-"):
                path.unlink()
        for name, raw in files.items():
            (CORPUS / folder / name).write_bytes(raw)


if __name__ == "__main__":
    main()
