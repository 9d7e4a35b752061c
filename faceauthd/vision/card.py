"""The card of an embedder that somebody brought: what it takes, what it gives, and how far to trust it."""

from __future__ import annotations

import enum
import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faceauthd.errors import ModelError
from faceauthd.vision.manifest import ImpostorCurve, curve_of
from faceauthd.yamlfile import YamlError, load_yaml

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1
WIDEST = 512
"""Numbers of an embedding that a gallery's row has room for; shorter ones are filled up with zeros, which changes no
cosine."""
SIDES = range(16, 513)
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
SHIPPED = "shipped"
_KEYS = frozenset(
    {"format", "name", "what", "input", "size", "layout", "colours", "mean", "deviation", "dimensions"}
    | {"licence", "origin", "sha256", "impostor_curve"}
)


class View(enum.StrEnum):
    """What of a picture is embedded."""

    ALIGNED = "aligned-face"
    WHOLE = "whole-picture"


@dataclass(frozen=True, slots=True)
class Recipe:
    """From pixels to the model's input, and how long its output is. Mean and deviation are of pixels from 0 to 255."""

    view: View
    size: int
    is_channels_first: bool
    is_bgr: bool
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    dimensions: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one input, without the batch."""
        return (3, self.size, self.size) if self.is_channels_first else (self.size, self.size, 3)

    def values(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The input, float32 (n, *shape), of RGB pixels (n, size, size, 3)."""
        colours = pixels[..., ::-1] if self.is_bgr else pixels
        mean, deviation = (np.array(three, dtype=np.float32) for three in (self.mean, self.deviation))
        values = (colours.astype(np.float32) - mean) / deviation
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2) if self.is_channels_first else values)


@dataclass(frozen=True, slots=True)
class EmbedderCard:
    """What is known of an embedder. `sha256` is empty on a card that came with a file not imported yet."""

    name: str
    sha256: str
    recipe: Recipe
    licence: str
    origin: str
    impostor_curve: ImpostorCurve | None

    @property
    def embedder_id(self) -> str:
        """What its templates are known by: the file's hash and the recipe. Other pixels make other embeddings."""
        said = json.dumps({"model": self.sha256, **asdict(self.recipe)}, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


def read_card(path: Path) -> tuple[EmbedderCard, dict[str, Any]]:
    """The card, and its data as it stands in the file. Raises ModelError that names the key and the remedy."""
    try:
        data = load_yaml(path)
        return card_of(data), data
    except YamlError as error:
        raise ModelError(str(error)) from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def card_of(data: object) -> EmbedderCard:
    """The card that this data is. Raises ModelError."""
    if not isinstance(data, dict):
        raise ModelError("not a card: write one key a line, as docs/embedders.md shows")
    if strange := sorted(map(str, data.keys() - _KEYS)):
        raise ModelError(f"there is no key '{strange[0]}' in a card; there are: {', '.join(sorted(_KEYS))}")
    if data.get("format") != FORMAT:
        raise ModelError(f"format: must be {FORMAT}")
    name = _text(data, "name")
    if not NAME.fullmatch(name) or name == SHIPPED:
        raise ModelError("name: must be a-z or 0-9, then up to 39 of a-z, 0-9, '.', '_' and '-'; and not 'shipped'")
    curve = data.get("impostor_curve")
    return EmbedderCard(
        name=name,
        sha256=str(data.get("sha256", "")),
        recipe=_recipe(data),
        licence=_text(data, "licence"),
        origin=_text(data, "origin"),
        impostor_curve=None if curve is None else _curve(curve),
    )


def _recipe(data: Mapping[str, Any]) -> Recipe:
    mean, deviation = _colours(data, "mean"), _colours(data, "deviation")
    if min(deviation) <= 0:
        raise ModelError("deviation: must be above 0 for each colour")
    return Recipe(
        view=View(_choice(data, "input", tuple(View))),
        size=_whole(data, "size", SIDES),
        is_channels_first=_choice(data, "layout", ("NCHW", "NHWC")) == "NCHW",
        is_bgr=_choice(data, "colours", ("RGB", "BGR")) == "BGR",
        mean=mean,
        deviation=deviation,
        dimensions=_whole(data, "dimensions", range(16, WIDEST + 1)),
    )


def _curve(data: object) -> ImpostorCurve:
    if not isinstance(data, dict):
        raise ModelError(
            "impostor_curve: must have points, data, date and pairs; leave it out if it was never measured"
        )
    try:
        return curve_of(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f"impostor_curve: {error} is missing or wrong; measure it with `faceauthd models measure`"
        ) from error


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ModelError(f"{key}: is missing; write it as one line of text")
    return value


def _choice(data: Mapping[str, Any], key: str, words: tuple[str, ...]) -> str:
    value = data.get(key)
    if value not in words:
        raise ModelError(f"{key}: must be one of {', '.join(words)}")
    return str(value)


def _whole(data: Mapping[str, Any], key: str, span: range) -> int:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value not in span:
        raise ModelError(f"{key}: must be a whole number from {span.start} to {span.stop - 1}")
    return value


def _colours(data: Mapping[str, Any], key: str) -> tuple[float, ...]:
    value = data.get(key)
    is_three = isinstance(value, list) and len(value) == 3
    if not is_three or not all(_is_number(number) for number in value or ()):
        raise ModelError(f"{key}: must be three numbers for pixels from 0 to 255, as [127.5, 127.5, 127.5]")
    return tuple(float(number) for number in value or ())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e6
