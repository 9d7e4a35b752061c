"""An embedder that somebody brought, made to look like ours: uint8 pixels in, unit rows of the gallery's width out."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import numpy as np

from faceauthd.errors import ModelError
from faceauthd.picture import resize
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.card import WIDEST, EmbedderCard, Recipe, View
from faceauthd.vision.onnx_file import contents_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from faceauthd.types import Picture
    from faceauthd.vision.net import Net

MOST_BYTES = 256 << 20
"""Largest model: a Raspberry Pi with 1 GiB has to hold it beside everything else."""
_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that onnxruntime itself brings; any other domain needs a library of somebody's."""
_SHORTEST = 1e-6
"""A row of this length has no direction to speak of."""
_REPEAT_TOLERANCE = 1e-4
"""Cosine that a face may lose if others are embedded with it: float32 sums in another order lose a thousandth of it."""
_TOO_ALIKE = 0.9999


class Raw(Protocol):
    """The loaded model itself, on its own kind of input."""

    @property
    def batch(self) -> int | None:
        """How many inputs it takes at once; None for any number."""
        ...

    def run(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Its first output. Raises ModelError."""
        ...


class ForeignNet:
    """A `vision.net.Net` of somebody's model and the recipe on its card."""

    def __init__(self, raw: Raw, card: EmbedderCard) -> None:
        self._raw = raw
        self._card = card

    def run(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        """Unit rows (n, 512) of pictures (n, size, size, 3); raises ModelError for what is no embedding."""
        values = self._card.recipe.values(pixels)
        step = self._raw.batch or len(values)
        parts = [self._raw.run(values[first : first + step]) for first in range(0, len(values), step)]
        rows = np.concatenate(parts).astype(np.float32)
        wanted = (len(values), self._card.recipe.dimensions)
        if rows.shape != wanted:
            raise ModelError(f"{self._card.name}: gives an output of shape {rows.shape}, the card says {wanted}")
        if not np.isfinite(rows).all():
            raise ModelError(f"{self._card.name}: gave numbers that are not finite; export it again, in float32")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if (lengths < _SHORTEST).any():
            raise ModelError(f"{self._card.name}: gave an embedding of length zero; this is no face embedder")
        whole = np.zeros((len(rows), WIDEST), np.float32)
        whole[:, : rows.shape[1]] = rows / lengths
        return (whole,)


class Viewing:
    """What of a picture an embedder of this recipe is shown."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def __call__(self, picture: Picture, landmarks: NDArray[np.float32]) -> Picture:
        """RGB (size, size, 3). Raises ValueError if the landmarks are all one point and the face is to be aligned."""
        size = self._recipe.size
        if self._recipe.view is View.WHOLE:
            return resize(picture, (size, size))
        return aligned_crop(picture, landmarks, size)


def check_content(content: bytes, card: EmbedderCard) -> None:
    """Raise ModelError unless the file is whole in itself, and the one its card is of."""
    if len(content) > MOST_BYTES:
        raise ModelError(f"{card.name}: larger than {MOST_BYTES >> 20} MiB, which a Raspberry Pi cannot hold")
    found = hashlib.sha256(content).hexdigest()
    if card.sha256 and found != card.sha256:
        raise ModelError(f"{card.name}: SHA-256 is {found}, the card says {card.sha256}; import the model again")
    contents = contents_of(content)
    if contents.is_external:
        raise ModelError(f"{card.name}: its values lie in another file; export it as one file, without external data")
    for domain, operator in contents.domains.items():
        if domain not in _DOMAINS:
            raise ModelError(
                f"{card.name}: has operators of its own ({domain}.{operator}); export it with standard ones"
            )


def try_out(net: Net, views: Sequence[Picture], name: str) -> None:
    """Run it on different faces, alone and together, twice. Raises ModelError if it is no embedder to rely on."""
    pixels = np.stack(views)
    (together,) = net.run(pixels)
    (again,) = net.run(pixels)
    if not np.array_equal(together, again):
        raise ModelError(f"{name}: gives another answer each time; export it for inference (dropout off)")
    alone = np.concatenate([net.run(one[np.newaxis])[0] for one in pixels])
    if (np.einsum("ij,ij->i", together, alone) < 1 - _REPEAT_TOLERANCE).any():
        raise ModelError(f"{name}: a face's embedding depends on those beside it; export it for inference")
    if float(together[0] @ together[1]) > _TOO_ALIKE:
        raise ModelError(f"{name}: embeds two people alike; check mean, deviation, layout and colours on its card")
