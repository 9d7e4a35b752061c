"""Pictures in: every kind that Pillow meets, upright and RGB; what cannot be taken is refused in one line."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faceauthd.errors import PictureError
from faceauthd.picture import MIN_SIDE, grey, load_picture, reduced, resize, save_picture, warp
from faceauthd.types import Box


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def bare_png(width: int, height: int) -> bytes:
    """A PNG whose header states a size, and whose pixels are not there."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (20, 30), 77), (77, 77, 77)),
        (Image.new("1", (20, 30), 1), (255, 255, 255)),
        (Image.new("RGB", (20, 30), (1, 2, 3)), (1, 2, 3)),
        (Image.new("RGBA", (20, 30), (10, 20, 30, 255)), (10, 20, 30)),
        (Image.new("RGBA", (20, 30), (10, 20, 30, 0)), (128, 128, 128)),
        (Image.new("LA", (20, 30), (50, 255)), (50, 50, 50)),
        (Image.new("RGB", (20, 30), (200, 10, 10)).quantize(4), (200, 10, 10)),
        (Image.fromarray(np.full((30, 20), 65535, np.uint16)), (255, 255, 255)),
        (Image.fromarray(np.full((30, 20), 257 * 90, np.uint16)), (90, 90, 90)),
    ],
    ids=["grey", "bilevel", "rgb", "rgba", "transparent", "grey-alpha", "palette", "16-bit-white", "16-bit-grey"],
)
def test_every_kind_of_png_becomes_rgb(image: Image.Image, expected: tuple[int, int, int]) -> None:
    picture = load_picture(encoded(image))

    assert picture.shape == (30, 20, 3)
    assert picture.dtype == np.uint8
    assert np.abs(picture.astype(int) - expected).max() <= 1


def test_cmyk_jpeg_becomes_rgb() -> None:
    picture = load_picture(encoded(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), "JPEG", quality=95))

    assert np.abs(picture.astype(int) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int) -> None:
    upright = Image.fromarray(np.kron(np.arange(6, dtype=np.uint8).reshape(3, 2) * 40, np.ones((16, 16), np.uint8)))
    stored_by = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose that gives what a camera stores
    stored = upright.transpose(Image.Transpose(stored_by[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = load_picture(encoded(stored, "PNG", exif=exif))

    assert picture[:, :, 0].tolist() == np.asarray(upright).tolist()


def test_a_picture_is_read_from_a_path_and_a_stream(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    path = tmp_path / "noise.png"
    save_picture(noise, path)

    assert np.array_equal(load_picture(path), noise)
    with path.open("rb") as file:
        assert np.array_equal(load_picture(file), noise)


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (50_000, 20), (20, 50_000), (9_000, 9_000)])
def test_too_large_is_refused_by_the_header(width: int, height: int) -> None:
    with pytest.raises(PictureError, match="too large; scale it down") as caught:
        load_picture(bare_png(width, height))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (MIN_SIDE - 1, 100), (100, MIN_SIDE - 1)])
def test_too_small_is_refused(width: int, height: int) -> None:
    with pytest.raises(PictureError, match=f"{width}x{height} pixels is too small; give at least {MIN_SIDE}"):
        load_picture(encoded(Image.new("RGB", (width, height))))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_file_cut_anywhere_is_refused_in_one_line(kind: str) -> None:
    whole = encoded(Image.fromarray(np.random.default_rng(2).integers(0, 256, (64, 64, 3), dtype=np.uint8)), kind)

    for kept in (0, 1, 10, len(whole) // 4, len(whole) // 2):
        with pytest.raises(PictureError) as caught:
            load_picture(whole[:kept])
        assert "\n" not in str(caught.value)


def test_floating_point_pixels_are_refused() -> None:
    with pytest.raises(PictureError, match="no known range"):
        load_picture(encoded(Image.fromarray(np.ones((32, 32), np.float32)), "TIFF"))


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "letter.jpg"
    path.write_text("Dear Sir,")

    with pytest.raises(PictureError, match=r"letter\.jpg: not a picture in a format known here; save it as JPEG"):
        load_picture(path)
    with pytest.raises(PictureError, match="no such picture"):
        load_picture(tmp_path / "gone.jpg")
    with pytest.raises(PictureError, match="not a file"):
        load_picture(tmp_path)


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="cannot be written"):
        save_picture(np.zeros((20, 20, 3), np.uint8), tmp_path / "no" / "such" / "folder.png")
    with pytest.raises(PictureError, match="cannot be written"):
        save_picture(np.zeros((20, 20, 3), np.uint8), tmp_path / "picture.what")


def test_grey_weighs_colours_as_bt601() -> None:
    picture = np.array([[(255, 0, 0), (0, 255, 0), (0, 0, 255)]], dtype=np.uint8)

    assert grey(picture).tolist() == [[76, 150, 29]]


def test_resize_averages_what_it_merges() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))

    small = resize(stripes, (8, 8))

    assert np.abs(small[:, 2:-2].astype(int) - 127).max() <= 6


def test_resize_of_a_box_takes_that_part_only() -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[10:20, 20:30] = (9, 99, 199)

    part = resize(picture, (5, 7), Box(20, 10, 30, 20))

    assert part.shape == (7, 5, 3)
    assert (part == (9, 99, 199)).all()


def test_resize_repeats_the_edge_outside() -> None:
    ramp = np.tile(np.arange(0, 200, 10, dtype=np.uint8), (20, 1))

    part = resize(ramp, (40, 20), Box(-10, 0, 30, 20))

    assert (part[:, :8] == 0).all()
    assert (part[:, -8:] == 190).all()


def test_warp_by_the_identity_changes_nothing() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (33, 47, 3), dtype=np.uint8)

    assert np.array_equal(warp(noise, np.array([(1.0, 0, 0), (0, 1.0, 0)]), (47, 33)), noise)


def test_warp_shifts_whole_pixels_exactly() -> None:
    noise = np.random.default_rng(4).integers(0, 256, (30, 30, 3), dtype=np.uint8)

    moved = warp(noise, np.array([(1.0, 0, 5), (0, 1.0, -3)]), (30, 30))

    assert np.array_equal(moved[:27, 5:], noise[3:, :25])
    assert moved[:, :4].max() == 0


def test_warp_does_not_alias_when_it_shrinks() -> None:
    checks = (np.indices((400, 400)).sum(axis=0) % 2 * 255).astype(np.uint8)
    picture = np.repeat(checks[:, :, np.newaxis], 3, axis=2)

    small = warp(picture, np.array([(0.2, 0, 0), (0, 0.2, 0)]), (80, 80))

    assert np.abs(small[2:-2, 2:-2].astype(int) - 127).max() <= 6


@pytest.mark.parametrize("shrink", [1.0, 0.45, 0.2, 0.07])
def test_warp_keeps_the_place_of_things(shrink: float) -> None:
    picture = np.zeros((600, 600, 3), np.uint8)
    picture[200:260, 300:360] = 255  # centre (330, 230)

    mapped = warp(picture, np.array([(shrink, 0, 3), (0, shrink, 7)]), (700, 700))

    weights = mapped[:, :, 0].astype(float)
    rows, columns = np.indices(weights.shape) + 0.5
    found = ((weights * columns).sum() / weights.sum(), (weights * rows).sum() / weights.sum())
    assert found == pytest.approx((330 * shrink + 3, 230 * shrink + 7), abs=0.15)


def test_reduced_pictures_hold_the_means_of_squares() -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[:2, :2] = [[[10, 0, 0], [20, 0, 0]], [[30, 0, 0], [40, 0, 0]]]
    half = reduced(picture, 2)
    assert half.shape == (2, 3, 3)
    assert half[0, 0].tolist() == [25, 0, 0]
    assert half.sum() == 25
    assert reduced(picture, 1) is picture


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "I;16"])
def test_a_picture_is_read_with_little_more_memory_than_it_has_pixels(mode: str) -> None:
    """In a process of its own, whose peak is known: at most ten bytes a pixel, the decoder's own among them."""
    script = f"""
import io
from PIL import Image
from faceauthd.picture import load_picture
out = io.BytesIO()
load_picture(b"P6 16 16 255 " + bytes(768))
Image.new({mode!r}, (4000, 4000)).save(out, "PNG", compress_level=1)
open("/proc/self/clear_refs", "w").write("5")
now = lambda name: next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name)) * 1024
before = now("VmRSS:")
load_picture(out.getvalue())
print((now("VmHWM:") - before) / 16e6)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    if "clear_refs" in done.stderr:
        pytest.skip("this kernel does not tell a peak anew")
    assert float(done.stdout) < 10.0, done.stderr
