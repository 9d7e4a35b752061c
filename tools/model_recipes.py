"""What each shipped model is made of: its place in the package, its pixels, and how its answer is finished."""

from __future__ import annotations

from dataclasses import dataclass

PACKAGE = "faceplugin-face-recognition-js"
VERSION = "0.0.1"
TARBALL_SHA256 = "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba"


@dataclass(frozen=True)
class Recipe:
    """One model: where it is in the package, what its pixels are, and how its answer is finished."""

    role: str
    source: str
    source_sha256: str
    size: tuple[int, int]
    """(height, width)"""
    outputs: tuple[str, ...]
    what: str
    licence: str = "MIT"
    is_grey: bool = False
    takes_bgr: bool = False
    mean: float = 0.0
    scale: float = 1.0
    """The original is fed (pixel - mean) * scale."""
    finish: str = "as-is"
    """`as-is`, `flat`, `unit` (rows of length 1) or `softmax`."""
    batch: str | int = "n"

    @property
    def file(self) -> str:
        return f"{self.role}.onnx"


RECIPES = (
    Recipe(
        "detector",
        "fr_detect.onnx",
        "6c0256ccd3164f844736a401faf936ec2930764a87ae39442180887d0c5c8854",
        (240, 320),
        ("scores", "boxes"),
        "face detector, Ultra-Light RFB-320",
        mean=127.0,
        scale=1 / 128,
        batch=1,
    ),
    Recipe(
        "landmarks",
        "fr_landmark.onnx",
        "f10b0ba1d2a8a099adefede1ebf3733e44fe370715e7303dbeb7f59c02142258",
        (64, 64),
        ("points",),
        "68 facial landmarks in iBUG order",
        is_grey=True,
        scale=1 / 256,
    ),
    Recipe(
        "embedder",
        "fr_feature.onnx",
        "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581",
        (112, 112),
        ("embedding",),
        "face embedder, MobileFaceNet, 512 values of unit length",
        takes_bgr=True,
        mean=127.0,
        scale=1 / 128,
        finish="unit",
    ),
    Recipe(
        "liveness",
        "fr_liveness.onnx",
        "afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d",
        (128, 128),
        ("probabilities",),
        "presentation-attack detector, MiniFASNet (Silent-Face); classes live, attack, attack",
        licence="Apache-2.0",
        takes_bgr=True,
        finish="softmax",
    ),
    Recipe(
        "eyes",
        "fr_eye.onnx",
        "1afcea006abc1ccac3c517022abde0aa092bed74ff3c9fe6878483ef9e6e38de",
        (24, 24),
        ("probabilities",),
        "one eye open or closed; classes closed, open",
        is_grey=True,
        scale=1 / 255,
        finish="softmax",
    ),
)
