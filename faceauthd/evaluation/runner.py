"""Measures verification on labelled pairs, each picture embedded once through exactly the product's stages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.evaluation.pairs import pictures_of
from faceauthd.evaluation.subject import subject_of
from faceauthd.evaluation.verification import accuracy_over_folds, tar_at_fmr, threshold_at_fmr
from faceauthd.picture import load_picture
from faceauthd.vision.detect import Detector
from faceauthd.vision.embed import SIZE, Embedder
from faceauthd.vision.eyes import EyeModel
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.quality import QualityGauge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from faceauthd.evaluation.pairs import Pair
    from faceauthd.types import Box, Picture, Quality, Vector
    from faceauthd.vision.pack import ModelPack

    Progress = Callable[[Sequence[str]], Iterable[str]]

FMRS = {"1e-2": 1e-2, "1e-3": 1e-3, "1e-4": 1e-4}


@dataclass(frozen=True, slots=True)
class Verification:
    """What `evaluate` found out. `fold_accuracies` are in the order of the folds' numbers."""

    fold_accuracies: list[float]
    tar_at_fmr: dict[str, float]
    threshold_at_fmr: dict[str, float]
    genuine_pairs: int
    impostor_pairs: int
    pictures: int
    failures_to_acquire: list[str]
    """The pictures in which no face was found."""
    ms_per_face: float
    scores: NDArray[np.floating]
    """(pairs,): the cosine of each pair, NaN where a picture gave no face."""

    @property
    def accuracy(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.fold_accuracies))


class FaceReader:
    """From a picture to its subject's embedding."""

    def __init__(self, pack: ModelPack) -> None:
        self._detector = Detector(pack.detector)
        self._landmarker = Landmarker(pack.landmarks)
        self._embedder = Embedder(pack.embedder)
        self._view = pack.view
        self._eyes = EyeModel(pack.eyes)
        self._gauge = QualityGauge()

    def read(self, picture: Picture) -> Vector | None:
        """The embedding (512,), or None if no face is found. Raises ModelError."""
        found = self._located(picture)
        return None if found is None else self._embedded(picture, found[1])

    def look(self, picture: Picture) -> tuple[Vector, float] | None:
        """The embedding (512,) and the quality, 0 to 1; None if no face is found. Raises ModelError."""
        found = self._located(picture)
        if found is None:
            return None
        return self._embedded(picture, found[1]), self._judged(picture, *found).score

    def _judged(self, picture: Picture, box: Box, landmarks: NDArray[np.float32]) -> Quality:
        """As at the door, eyes included."""
        lids = self._eyes.openness(picture, landmarks[np.newaxis])[0]
        return self._gauge.judge(picture, box, landmarks, float(lids.max()))

    def _located(self, picture: Picture) -> tuple[Box, NDArray[np.float32]] | None:
        box = subject_of(picture, self._detector)
        return None if box is None else (box, self._landmarker.locate(picture, [box])[0])

    def _embedded(self, picture: Picture, landmarks: NDArray[np.float32]) -> Vector:
        row: Vector = self._embedder.embed(self._view(picture, landmarks)[np.newaxis])[0]
        return row


def embed_pictures(
    folder: Path, names: Sequence[str], reader: FaceReader, progress: Progress
) -> tuple[NDArray[np.float32], float]:
    """Rows (n, 512), NaN where no face was found, and the seconds spent without reading files.

    Raises PictureError, ModelError.
    """
    rows = np.full((len(names), SIZE), np.nan, dtype=np.float32)
    spent_s = 0.0
    for index, name in enumerate(progress(names)):
        picture = load_picture(folder / name)
        begun = time.perf_counter()
        row = reader.read(picture)
        spent_s += time.perf_counter() - begun
        if row is not None:
            rows[index] = row
    return rows, spent_s


def measure(folder: Path, pairs: Sequence[Pair], reader: FaceReader, progress: Progress) -> Verification:
    """Embed and compare; `progress` passes the names on, one by one.

    Raises EvaluationError, PictureError, ModelError.
    """
    names = pictures_of(pairs, folder)
    rows, spent_s = embed_pictures(folder, names, reader, progress)
    at = {name: index for index, name in enumerate(names)}
    scores = np.einsum("ij,ij->i", rows[[at[pair.a] for pair in pairs]], rows[[at[pair.b] for pair in pairs]])
    same = np.array([pair.same for pair in pairs])
    return Verification(
        fold_accuracies=accuracy_over_folds(scores, same, np.array([pair.fold for pair in pairs])),
        tar_at_fmr={key: tar_at_fmr(scores, same, fmr) for key, fmr in FMRS.items()},
        threshold_at_fmr={key: threshold_at_fmr(scores[~same], fmr) for key, fmr in FMRS.items()},
        genuine_pairs=int(same.sum()),
        impostor_pairs=int((~same).sum()),
        pictures=len(names),
        failures_to_acquire=[name for name, row in zip(names, rows, strict=True) if np.isnan(row[0])],
        ms_per_face=1000 * spent_s / len(names),
        scores=scores,
    )
