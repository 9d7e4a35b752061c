"""A video, or a network camera, whose pictures are larger than a Pi's memory is refused before they are decoded."""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from faceauthd.adapters import video_limits
from faceauthd.adapters.camera_av import AvCamera
from faceauthd.adapters.camera_av_live import LiveAvCamera, WantedStream
from faceauthd.adapters.camera_live import Patience
from faceauthd.adapters.clock import ManualClock, MonotonicClock
from faceauthd.errors import CameraError
from faceauthd.types import Frame
from tests.mjpeg_server import MjpegServer

pytest.importorskip("av", reason="video needs the extra 'av'")
ROOT = Path(__file__).parents[2]
HUGE = (14_000, 12_000)
"""Some 750 MB once it is decoded to RGB."""


def jpeg(size: tuple[int, int], says: tuple[int, int] | None = None) -> bytes:
    """A grey picture of `size`; its header `says` another one, as whoever makes such a stream need not send more."""
    out = BytesIO()
    Image.new("RGB", size, (90, 90, 90)).save(out, "JPEG")
    raw = bytearray(out.getvalue())
    if says is not None:
        at = raw.index(b"\xff\xc0") + 5
        raw[at : at + 4] = says[1].to_bytes(2, "big") + says[0].to_bytes(2, "big")
    return bytes(raw)


def test_a_huge_picture_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "huge.mjpeg").write_bytes(jpeg((64, 48), says=HUGE) * 4)
    with pytest.raises(CameraError, match="at most 20 megapixels") as refused:
        AvCamera(str(tmp_path / "huge.mjpeg"), ManualClock())
    assert "\n" not in str(refused.value)


def test_a_video_that_becomes_huge_ends_there(tmp_path: Path) -> None:
    small, huge = jpeg((64, 48)), jpeg((64, 48), says=HUGE)
    (tmp_path / "grows.mjpeg").write_bytes(small * 6 + huge * 6)
    camera = AvCamera(str(tmp_path / "grows.mjpeg"), ManualClock(), pace="fast")
    shapes = []
    while not camera.finished and (frame := camera.next_frame(0.5)):
        shapes.append(frame.main.shape)
    camera.close()
    assert set(shapes) == {(48, 64, 3)}


def test_the_largest_that_is_taken_is_taken(tmp_path: Path) -> None:
    (tmp_path / "4k.mjpeg").write_bytes(jpeg((3840, 2160)) * 2)
    camera = AvCamera(str(tmp_path / "4k.mjpeg"), ManualClock(), pace="fast")
    frame = camera.next_frame(5)
    assert frame is not None
    assert frame.main.shape == (2160, 3840, 3)
    camera.close()


def test_it_costs_no_memory(tmp_path: Path) -> None:
    """In a process of its own, whose peak is known."""
    (tmp_path / "huge.mjpeg").write_bytes(jpeg(HUGE))
    script = """
import resource, sys
from faceauthd.adapters.camera_av import AvCamera
from faceauthd.adapters.clock import ManualClock
from faceauthd.errors import CameraError
import av
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
try:
    AvCamera(sys.argv[1], ManualClock(), pace="fast").next_frame(5)
except CameraError:
    print(peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "huge.mjpeg")], capture_output=True, text=True, timeout=120
    )
    assert re.fullmatch(r"\d+\n", done.stdout), done.stderr
    assert int(done.stdout) < 100


def test_a_network_camera_that_sends_one_is_lost_with_the_reason(tmp_path: Path) -> None:
    patience = Patience(open_s=5.0, stall_s=2.0, grace_s=0.5, close_s=2.0, delays_s=(0.05, 0.1))
    with MjpegServer([jpeg((64, 48), says=HUGE)]) as server:
        camera = LiveAvCamera(server.url, WantedStream(), MonotonicClock(), patience=patience)
        shown: list[Frame | None] = []
        with pytest.raises(CameraError, match=r"is lost: what it sends cannot be decoded; .* at most 20 megapixels"):
            shown.extend(camera.next_frame(0.2) for _ in range(100))
        camera.close()
    assert not any(shown)


def test_a_decoder_that_gives_one_nevertheless_is_not_believed() -> None:
    frame = SimpleNamespace(
        width=5000,
        height=4001,
    )
    with pytest.raises(CameraError, match="cam: pictures of 5000x4001 pixels are too large; 20 megapixels is the most"):
        video_limits.check(frame, "cam")
    video_limits.check(SimpleNamespace(width=5000, height=4000), "cam")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("found-too-short.ts", "the video cannot be opened: End of file"),
        ("found-no-decoder.mp4", "this FFmpeg has no decoder for what it holds"),
    ],
)
def test_what_fuzzing_broke_it_with_is_refused_in_one_line(name: str, why: str) -> None:
    """FFmpeg's end of file is none of Python's OSErrors, and a stream of no known codec has no decoder to limit."""
    with pytest.raises(CameraError, match=why) as refused:
        AvCamera(str(ROOT / "tests/data/fuzz/video" / name), ManualClock())
    assert "\n" not in str(refused.value)
