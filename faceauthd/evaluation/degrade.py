"""What a bad day does to a picture of a face: darkness, a lamp behind, blur, noise, distance, things worn.

Each is a function of the picture, the 68 landmarks of the face in it and a generator of random numbers; light is
changed as light is, in linear values, and lengths are shares of the distance between the eyes, so that a condition is
the same whatever the picture's size. Nothing here knows what the door makes of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.evaluation import worn
from faceauthd.picture import as_jpeg, grey, load_picture, resize, warp
from faceauthd.scene.blur import blur, convolve
from faceauthd.scene.head import Head, Turn
from faceauthd.scene.light import GAMMA
from faceauthd.vision.registration import sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Picture

    Degrading = Callable[[Picture, NDArray[np.float32], np.random.Generator], Picture]

_FULL_WELL = 4000.0
"""Electrons of white in a small sensor at the gain that a dim room asks for: photon noise is the root of the count."""
_READ_ELECTRONS = 6.0
"""Noise of reading a pixel of such a sensor, in electrons."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`group` gathers the steps of one trouble; `name` says how much of it."""

    group: str
    name: str
    apply: Degrading


def _as_is(picture: Picture, _: NDArray[np.float32], __: np.random.Generator) -> Picture:
    return picture


def _dim(picture: Picture, _: NDArray[np.float32], rng: np.random.Generator, *, level: float) -> Picture:
    """So much of the light, and the camera at its limit: fewer photons, and the noise of counting and reading them."""
    return _exposed(_linear(picture) * level, rng)


def _backlit(picture: Picture, points: NDArray[np.float32], rng: np.random.Generator, *, level: float) -> Picture:
    """A bright window behind: it is burnt out, the face gets `level` of the light, and glare veils all a little."""
    head = Head.of(points)
    x, y = _grid(picture)
    beyond = np.hypot((x - head.centre[0]) / head.radii[0], (y - head.centre[1]) / head.radii[1]) - 1.0
    shoulders = (y > points[8, 1]) & (np.abs(x - points[8, 0]) < 2.0 * head.radii[0])
    window = np.where(shoulders, 0.0, np.clip(beyond / 0.15, 0.0, 1.0))[..., np.newaxis]
    return _exposed(_linear(picture) * level * (1 - window) + window + 0.02, rng)


def _half_lit(picture: Picture, points: NDArray[np.float32], rng: np.random.Generator, *, level: float) -> Picture:
    """A lamp to one side: the other half of the face gets `level` of its light."""
    x, _ = _grid(picture)
    across = (x - points[27, 0]) / _eyes(points)
    share = level + (1 - level) / (1 + np.exp(-6.0 * across))
    return _exposed(_linear(picture) * share[..., np.newaxis], rng)


def _defocused(picture: Picture, points: NDArray[np.float32], _: np.random.Generator, *, sigma: float) -> Picture:
    return _bytes(blur(picture, sigma * _eyes(points)))


def _moved(picture: Picture, points: NDArray[np.float32], _: np.random.Generator, *, far: float, axis: int) -> Picture:
    """The face went so far while the shutter was open."""
    length = max(1, 2 * round(far * _eyes(points) / 2) + 1)
    return _bytes(convolve(picture.astype(np.float32), np.full(length, 1 / length, dtype=np.float32), axis))


def _noisy(picture: Picture, _: NDArray[np.float32], rng: np.random.Generator, *, deviation: float) -> Picture:
    return _bytes(picture + rng.normal(0.0, deviation, picture.shape))


def _packed(picture: Picture, _: NDArray[np.float32], __: np.random.Generator, *, quality: int) -> Picture:
    return load_picture(as_jpeg(picture, quality=quality))


def _far(picture: Picture, points: NDArray[np.float32], _: np.random.Generator, *, eyes_px: float) -> Picture:
    """As far away as eyes `eyes_px` pixels apart are; the picture is that much smaller."""
    scale = min(1.0, eyes_px / _eyes(points))
    return resize(picture, (max(16, round(picture.shape[1] * scale)), max(16, round(picture.shape[0] * scale))))


def _tilted(picture: Picture, points: NDArray[np.float32], _: np.random.Generator, *, deg: float) -> Picture:
    """The head leans to one shoulder; what comes in from beyond the picture repeats its edge."""
    reach = max(picture.shape[:2]) // 2
    wide = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    cos, sin = math.cos(math.radians(deg)), math.sin(math.radians(deg))
    x, y = points[30]
    turn = np.array(
        ((cos, -sin, x - cos * (x + reach) + sin * (y + reach)), (sin, cos, y - sin * (x + reach) - cos * (y + reach)))
    )
    return warp(wide, turn, (picture.shape[1], picture.shape[0]))


def _turned(
    picture: Picture, points: NDArray[np.float32], _: np.random.Generator, *, yaw: float, pitch: float
) -> Picture:
    """The head turns by so much more than it did, by the shape of a head (`scene.head`)."""
    source = Head.of(points).turned_from(np.stack(_grid(picture), axis=-1), Turn(yaw, pitch)) - np.float32(0.5)
    planes = np.moveaxis(picture.astype(np.float32), -1, 0)
    return _bytes(np.stack([sample(plane, source[..., 0], source[..., 1]) for plane in planes], axis=-1))


def _infrared(picture: Picture, _: NDArray[np.float32], __: np.random.Generator) -> Picture:
    """As a camera without its infrared filter sees by its own lamp: no colour, and skin and lips alike and fair."""
    light = _linear(picture)
    alone = 0.85 * light[..., 0] + 0.10 * light[..., 1] + 0.05 * light[..., 2]
    return _stored(np.repeat(alone[..., np.newaxis], 3, axis=2))


def _grey(picture: Picture, _: NDArray[np.float32], __: np.random.Generator) -> Picture:
    return np.repeat(grey(picture)[..., np.newaxis], 3, axis=2)


def _worn(picture: Picture, points: NDArray[np.float32], _: np.random.Generator, *, what: worn.Drawing) -> Picture:
    return what(picture, points)


CONDITIONS: tuple[Condition, ...] = (
    Condition("as it is", "", _as_is),
    Condition("darkness", "1/10 of the light", partial(_dim, level=0.1)),
    Condition("darkness", "1/30", partial(_dim, level=1 / 30)),
    Condition("darkness", "1/100", partial(_dim, level=0.01)),
    Condition("backlight", "face at 1/4", partial(_backlit, level=0.25)),
    Condition("backlight", "face at 1/12", partial(_backlit, level=1 / 12)),
    Condition("light from one side", "other side at 1/10", partial(_half_lit, level=0.1)),
    Condition("out of focus", "blur of 5 % of the eyes' distance", partial(_defocused, sigma=0.05)),
    Condition("out of focus", "10 %", partial(_defocused, sigma=0.10)),
    Condition("moving across", "by 15 % of the eyes' distance", partial(_moved, far=0.15, axis=1)),
    Condition("moving across", "30 %", partial(_moved, far=0.30, axis=1)),
    Condition("nodding", "by 30 % of the eyes' distance", partial(_moved, far=0.30, axis=0)),
    Condition("noise", "deviation 10 of 255", partial(_noisy, deviation=10.0)),
    Condition("noise", "deviation 25", partial(_noisy, deviation=25.0)),
    Condition("JPEG", "quality 30", partial(_packed, quality=30)),
    Condition("JPEG", "quality 10", partial(_packed, quality=10)),
    Condition("far away", "eyes 24 px apart", partial(_far, eyes_px=24.0)),
    Condition("far away", "eyes 16 px apart", partial(_far, eyes_px=16.0)),
    Condition("far away", "eyes 11 px apart", partial(_far, eyes_px=11.0)),
    Condition("tilted", "15 degrees more", partial(_tilted, deg=15.0)),
    Condition("tilted", "30", partial(_tilted, deg=30.0)),
    Condition("turned", "15 degrees more", partial(_turned, yaw=15.0, pitch=0.0)),
    Condition("turned", "30", partial(_turned, yaw=30.0, pitch=0.0)),
    Condition("looking down", "15 degrees more", partial(_turned, yaw=0.0, pitch=-15.0)),
    Condition("glasses", "rims", partial(_worn, what=worn.glasses)),
    Condition("glasses", "dark", partial(_worn, what=worn.sunglasses)),
    Condition("mask", "over mouth and nose", partial(_worn, what=worn.mask)),
    Condition("grey", "no colour", _grey),
    Condition("grey", "as by an infrared lamp", _infrared),
)


def _linear(picture: Picture) -> NDArray[np.float64]:
    light: NDArray[np.float64] = (picture / 255.0) ** GAMMA
    return light


def _stored(light: NDArray[np.float64]) -> Picture:
    return _bytes(255.0 * np.clip(light, 0.0, 1.0) ** (1 / GAMMA))


def _exposed(light: NDArray[np.float64], rng: np.random.Generator) -> Picture:
    electrons = np.clip(light, 0.0, 1.0) * _FULL_WELL
    deviation = np.sqrt(electrons + _READ_ELECTRONS**2)
    return _stored((electrons + rng.normal(0.0, 1.0, light.shape) * deviation) / _FULL_WELL)


def _bytes(values: NDArray[np.floating]) -> Picture:
    pixels: Picture = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels


def _grid(picture: Picture) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.meshgrid(np.arange(picture.shape[1]) + 0.5, np.arange(picture.shape[0]) + 0.5)
    return x, y


def _eyes(points: NDArray[np.float32]) -> float:
    """The distance between the eyes, in pixels; never quite nothing."""
    return max(1.0, float(np.linalg.norm(points[36:42].mean(axis=0) - points[42:48].mean(axis=0))))
