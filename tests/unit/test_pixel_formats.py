"""Pixel formats: each against a picture whose bytes are laid out here, by the formats' definitions."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from faceauthd.adapters.orientation import Orientation
from faceauthd.adapters.pixel_formats import Colour, Layout, to_rgb
from faceauthd.errors import CameraError
from tests.pixel_kit import LUMA, PACKED, PLANAR, buffer_of, row_bytes

Bytes = NDArray[np.uint8]
WIDTH, HEIGHT = 12, 8


def colours() -> Bytes:
    """Blocks of two by two pixels in many colours, so that nothing is lost where four pixels share theirs."""
    blocks = np.random.default_rng(5).integers(0, 256, (HEIGHT // 2, WIDTH // 2, 3), dtype=np.uint8)
    return blocks.repeat(2, axis=0).repeat(2, axis=1)


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("padding", [0, 4, 20])
def test_packed_formats_are_exact(name: str, padding: int) -> None:
    picture, stride = colours(), row_bytes(name, WIDTH) + padding
    shown = to_rgb(buffer_of(picture, name, stride), Layout(name, WIDTH, HEIGHT, stride))
    np.testing.assert_array_equal(shown, picture)


@pytest.mark.parametrize("name", PLANAR)
@pytest.mark.parametrize("padding", [0, 4, 20])
def test_yuv_comes_back_within_what_eight_bits_lose(name: str, padding: int) -> None:
    picture, stride = colours(), WIDTH + padding
    shown = to_rgb(buffer_of(picture, name, stride), Layout(name, WIDTH, HEIGHT, stride))
    assert shown.dtype == np.uint8
    assert np.abs(shown.astype(int) - picture).max() <= 2


@pytest.mark.parametrize("matrix", LUMA)
@pytest.mark.parametrize("is_full_range", [True, False])
def test_yuv_is_read_as_what_it_is(matrix: Literal["BT.601", "BT.709", "BT.2020"], is_full_range: bool) -> None:
    picture, colour = colours(), Colour(matrix, is_full_range)
    shown = to_rgb(buffer_of(picture, "NV12", WIDTH, colour), Layout("NV12", WIDTH, HEIGHT, WIDTH, colour))
    assert np.abs(shown.astype(int) - picture).max() <= 3


@pytest.mark.parametrize("name", ["NV12", "YUV420"])
def test_greys_are_full_range_and_exact(name: str) -> None:
    picture = np.linspace(0, 255, HEIGHT * WIDTH).astype(np.uint8).reshape(HEIGHT, WIDTH, 1).repeat(3, axis=2)
    np.testing.assert_array_equal(to_rgb(buffer_of(picture, name, WIDTH), Layout(name, WIDTH, HEIGHT, WIDTH)), picture)


def test_impossible_colours_are_clipped_and_never_wrap_round() -> None:
    buffer = np.full(WIDTH * HEIGHT * 3 // 2, 255, np.uint8)
    layout = Layout("NV12", WIDTH, HEIGHT, WIDTH)
    np.testing.assert_array_equal(to_rgb(buffer, layout)[0, 0], [255, 121, 255])
    np.testing.assert_array_equal(to_rgb(np.zeros_like(buffer), layout)[0, 0], [0, 135, 0])


@pytest.mark.parametrize("name", ["BGR888", "XRGB8888", "NV12", "YUV420"])
def test_a_buffer_that_ends_too_early_is_an_error_and_one_that_just_suffices_is_none(name: str) -> None:
    wide = {"BGR888": 3, "XRGB8888": 4}.get(name, 1) * WIDTH
    layout = Layout(name, WIDTH, HEIGHT, wide + 8)
    buffer = np.zeros(layout.bytes_needed, np.uint8)
    assert to_rgb(buffer, layout).shape == (HEIGHT, WIDTH, 3)
    with pytest.raises(CameraError, match=rf"a frame of 12x8 {name} came with {buffer.size - 1} bytes instead of"):
        to_rgb(buffer[:-1], layout)


@pytest.mark.parametrize(
    ("layout", "says"),
    [
        (Layout("SRGGB10_CSI2P", 12, 8, 15), r"gives 12x8 SRGGB10_CSI2P, but only ABGR8888, ARGB8888, .* can be read"),
        (Layout("NV12", 11, 8, 12), "11x8 NV12, which has half samples of colour; ask for an even size"),
        (Layout("YUV420", 12, 8, 13), "half samples of colour"),
        (Layout("BGR888", 12, 8, 35), "in rows of 35 bytes"),
        (Layout("BGR888", 0, 8, 36), "in rows of 36 bytes"),
    ],
)
def test_what_cannot_be_read_is_named(layout: Layout, says: str) -> None:
    with pytest.raises(CameraError, match=says):
        to_rgb(np.zeros(4096, np.uint8), layout)


# --- orientation


def corners(picture: Bytes) -> list[int]:
    """Top left, top right, bottom left, bottom right."""
    return [int(picture[y, x, 0]) for y in (0, -1) for x in (0, -1)]


@pytest.mark.parametrize(
    ("orientation", "stands"),
    [
        (Orientation(), [1, 2, 3, 4]),
        (Orientation(hflip=True), [2, 1, 4, 3]),
        (Orientation(vflip=True), [3, 4, 1, 2]),
        (Orientation(90), [3, 1, 4, 2]),
        (Orientation(180), [4, 3, 2, 1]),
        (Orientation(270), [2, 4, 1, 3]),
        (Orientation(90, hflip=True), [4, 2, 3, 1]),
        (Orientation(270, vflip=True), [4, 2, 3, 1]),
    ],
)
def test_a_picture_is_mirrored_and_then_turned_clockwise(orientation: Orientation, stands: list[int]) -> None:
    picture = np.zeros((6, 4, 3), np.uint8)
    picture[0, 0], picture[0, -1], picture[-1, 0], picture[-1, -1] = 1, 2, 3, 4
    upright = orientation.apply(picture)
    assert corners(upright) == stands
    assert upright.flags.c_contiguous
    assert upright.shape == ((4, 6, 3) if orientation.rotation in (90, 270) else (6, 4, 3))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("given", [(False, False), (True, False), (False, True), (True, True)])
def test_what_the_camera_did_itself_is_not_done_twice(rotation: int, given: tuple[bool, bool]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (6, 4, 3), dtype=np.uint8)
    for wanted in (Orientation(rotation, h, v) for h in (False, True) for v in (False, True)):
        by_camera = Orientation(0, *given).apply(picture)
        np.testing.assert_array_equal(wanted.after(*given).apply(by_camera), wanted.apply(picture))
