"""models/manifest.yaml: what each model file must be."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from faceauthd.errors import ModelError
from faceauthd.threshold import Tail, Threshold, check_support, check_tail, threshold_for
from faceauthd.yamlfile import YamlError, load_yaml

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1
ROLES = ("detector", "landmarks", "embedder", "liveness", "eyes")


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output. A dimension is a size, or a name where any size will do."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}[{', '.join(map(str, self.shape))}]"


class CurvePoint(NamedTuple):
    """At the threshold `cosine` this share of impostor comparisons, `fmr`, matches."""

    fmr: float
    cosine: float


@dataclass(frozen=True, slots=True)
class ImpostorCurve:
    """False match rates of single comparisons measured for an embedder; the rarest last."""

    points: tuple[CurvePoint, ...]
    data: str
    date: str
    pairs: int
    tail: Tail | None = None
    """How the curve goes on below what the pairs show; docs/evaluation.md says how it is fitted."""

    def threshold_for(self, promise: float, templates: int, looks: int = 1) -> Threshold:
        """The cosine that keeps `promise` in a gallery of `templates` templates, with up to `looks` looks."""
        return threshold_for(promise, templates, self.points, self.tail, looks=looks)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model's entry."""

    role: str
    file: str
    sha256: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    licence: str
    impostor_curve: ImpostorCurve | None = None


def read_manifest(path: Path) -> dict[str, ModelCard]:
    """The cards by role, every role present. Raises ModelError."""
    try:
        data = load_yaml(path)
        if data["format"] != FORMAT:
            raise ModelError(f"format {data['format']} is not {FORMAT}; install the models of this release")
        cards = {role: _card(role, data["models"][role]) for role in ROLES}
    except YamlError as error:
        raise ModelError(f"{error}; restore the models folder from the release") from error
    except KeyError as error:
        raise ModelError(f"{path}: {error} is missing; restore the models folder from the release") from error
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ModelError):
            raise ModelError(f"{path}: {error}") from None
        raise ModelError(f"{path}: not a model manifest ({error}); restore it from the release") from error
    return cards


def _card(role: str, entry: dict[str, Any]) -> ModelCard:
    curve = entry.get("impostor_curve")
    return ModelCard(
        role=role,
        file=str(entry["file"]),
        sha256=str(entry["sha256"]).lower(),
        inputs=tuple(map(_tensor, entry["inputs"])),
        outputs=tuple(map(_tensor, entry["outputs"])),
        licence=str(entry["licence"]),
        impostor_curve=None if curve is None else curve_of(curve),
    )


def _tensor(entry: dict[str, Any]) -> Tensor:
    return Tensor(str(entry["name"]), str(entry["dtype"]), tuple(entry["shape"]))


def curve_of(entry: dict[str, Any]) -> ImpostorCurve:
    """The curve of a card. Raises ModelError, KeyError, TypeError or ValueError."""
    points, tail = _numbers(entry)
    check_tail(points, tail)
    check_support(points, int(entry["pairs"]))
    if "crc32" in entry and entry["crc32"] != checksum_of(entry):
        raise ModelError("the impostor curve's checksum is wrong: it is damaged; restore the manifest from the release")
    return ImpostorCurve(points, str(entry["data"]), str(entry["date"]), int(entry["pairs"]), tail)


def checksum_of(entry: dict[str, Any]) -> int:
    """CRC-32 of a curve's numbers, which the threshold comes from: a damaged digit would pass for a measurement."""
    points, tail = _numbers(entry)
    numbers = [*points, *(tail.upper if tail else ())]
    return zlib.crc32(";".join(f"{fmr!r},{cosine!r}" for fmr, cosine in numbers).encode())


def _numbers(entry: dict[str, Any]) -> tuple[tuple[CurvePoint, ...], Tail | None]:
    points = tuple(CurvePoint(float(point["fmr"]), float(point["cosine"])) for point in entry["points"])
    return points, None if entry.get("tail") is None else _tail(entry["tail"])


def _tail(entry: dict[str, Any]) -> Tail:
    interval = entry["interval"]
    return Tail(tuple(zip(map(float, interval["fmr"]), map(float, interval["upper"]), strict=True)))
