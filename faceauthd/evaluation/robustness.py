"""What bad conditions cost: one picture of each pair made worse, and shown to the door's own stages.

The other picture stands for what was enrolled, in good light. Every pair is tried twice, with the stages as they are
and without what `vision.tone` does for them, so that it can be seen what that buys.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.evaluation.attack_rates import Rate
from faceauthd.evaluation.degrade import CONDITIONS, Condition
from faceauthd.evaluation.people import person_of, split_people
from faceauthd.evaluation.subject import central, subject_of
from faceauthd.picture import load_picture
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.detect import Detector
from faceauthd.vision.embed import Embedder
from faceauthd.vision.eyes import EyeModel
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.quality import QualityGauge
from faceauthd.vision.tone import cleared, lifted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from faceauthd.evaluation.pairs import Pair
    from faceauthd.types import Picture, Quality, Vector
    from faceauthd.vision.pack import ModelPack

    Progress = Callable[[Sequence[Pair]], Iterable[Pair]]

DOOR_SCORE = 0.7
"""The detector's score that the door asks for (`vision.detector_score`)."""
_SEED = 4


@dataclass(frozen=True, slots=True)
class Glance:
    """What the door makes of a picture: its face's quality and embedding."""

    quality: Quality
    probe: Vector


@dataclass(frozen=True, slots=True)
class Trial:
    """One pair under one condition. `score` is the cosine to what was enrolled, None where no face was found."""

    condition: int
    person: str
    score: float | None
    quality: Quality | None
    plain: float | None
    """The score without what `vision.tone` does."""
    impostor: float | None
    """The cosine to somebody else's enrolled picture, which is another for every person."""


@dataclass(frozen=True, slots=True)
class Row:
    """One condition at one threshold. All rates are of the pairs tried but `missed`, which is of looks compared."""

    condition: Condition
    no_face: Rate
    refused: Rate
    """By the quality gate, of the faces found."""
    missed: Rate
    """FNMR of the looks that the gate lets through."""
    missed_all: Rate
    """As if there were no gate: of all faces found."""
    not_through: Rate
    """No face, or refused, or missed: one look in so many does not count for its owner."""
    plain_not_matched: Rate
    """No face or not matched without what `vision.tone` does, whatever the gate says."""
    not_matched: Rate
    """The same with it."""
    highest_impostor: float


class Mending:
    """Something done to a picture before a stage, which remembers whether it did anything the last time."""

    def __init__(self, mend: Callable[[Picture], Picture]) -> None:
        self._mend = mend
        self.has_changed = False

    def __call__(self, picture: Picture) -> Picture:
        mended = self._mend(picture)
        self.has_changed = mended is not picture
        return mended


class Door:
    """The stages of the door, on one picture; as they are, or without light being mended."""

    def __init__(self, pack: ModelPack, *, is_plain: bool = False) -> None:
        self.room = Mending(_as_it_is if is_plain else lifted)
        self.face = Mending(_as_it_is if is_plain else cleared)
        self._detector = Detector(pack.detector, self.room)
        self._landmarker = Landmarker(pack.landmarks)
        self._eyes = EyeModel(pack.eyes)
        self._gauge = QualityGauge()
        self._embedder = Embedder(pack.embedder, self.face)
        self._view = pack.view

    def enrolled(self, picture: Picture) -> tuple[Vector, NDArray[np.float32]] | None:
        """Embedding and landmarks of a portrait's subject; None if no face is found. Raises ModelError."""
        box = subject_of(picture, self._detector)
        if box is None:
            return None
        points = self._landmarker.locate(picture, [box])[0]
        return self._embedder.embed(self._view(picture, points)[np.newaxis])[0], points

    @property
    def has_mended(self) -> bool:
        """Whether the last look was at anything but the plain pixels."""
        return self.room.has_changed or self.face.has_changed

    def look(self, picture: Picture) -> Glance | None:
        """What a frame like `picture` gives; None if no face is found. Raises ModelError."""
        self.face.has_changed = False
        found = self._detector.find(picture, min_score=DOOR_SCORE)
        if not found:
            return None
        box = central(found, picture)
        points = self._landmarker.locate(picture, [box])[0]
        lids = self._eyes.openness(picture, points[np.newaxis])[0]
        try:
            crop = aligned_crop(picture, points)
        except ValueError:
            return None
        quality = self._gauge.judge(picture, box, points, float(lids.max()), crop)
        shown = crop if self._view is aligned_crop else self._view(picture, points)
        return Glance(quality, self._embedder.embed(shown[np.newaxis])[0])


class Who(enum.StrEnum):
    """Which people are tried: those that nothing was tuned on, those that it was, or all."""

    TEST = "test"
    TUNING = "tuning"
    ALL = "all"


def pairs_of(pairs: Sequence[Pair], who: Who) -> list[Pair]:
    """The pairs of one person that are of `who`; all of them where pictures lie in no folders that name people."""
    genuine = [pair for pair in pairs if pair.same]
    names = {person_of(pair.a) for pair in genuine}
    if who is Who.ALL or None in names:
        return genuine
    split = split_people(name for name in names if name is not None)
    chosen = split.test if who is Who.TEST else split.tuning
    return [pair for pair in genuine if person_of(pair.a) in chosen]


def one_pair_each(pairs: Sequence[Pair], most: int, who: Who = Who.TEST) -> list[Pair]:
    """The first pair of each person of `who`, at most `most` of them, spread evenly over the names."""
    firsts: dict[str, Pair] = {}
    for pair in sorted(pairs_of(pairs, who), key=lambda pair: (pair.a, pair.b)):
        firsts.setdefault(person_of(pair.a) or pair.a, pair)
    chosen = [firsts[name] for name in sorted(firsts)]
    if len(chosen) <= most:
        return chosen
    return [chosen[index * len(chosen) // most] for index in range(most)]


def try_out(
    folder: Path,
    pairs: Sequence[Pair],
    pack: ModelPack,
    progress: Progress,
    conditions: Sequence[Condition] = CONDITIONS,
) -> list[Trial]:
    """Every pair under every condition. Raises EvaluationError, PictureError, ModelError."""
    mended, plain = Door(pack), Door(pack, is_plain=True)
    trials: list[Trial] = []
    stranger: Vector | None = None
    for pair in progress(pairs):
        enrolled = mended.enrolled(load_picture(folder / pair.a))
        picture = load_picture(folder / pair.b)
        subject = mended.enrolled(picture)
        if enrolled is None or subject is None:
            continue
        person = person_of(pair.a) or pair.a
        for index, condition in enumerate(conditions):
            rng = np.random.default_rng((_SEED, len(trials)))
            worse = condition.apply(picture, subject[1], rng)
            seen = mended.look(worse)
            bare = plain.look(worse) if mended.has_mended else seen
            trials.append(
                Trial(
                    condition=index,
                    person=person,
                    score=None if seen is None else float(seen.probe @ enrolled[0]),
                    quality=None if seen is None else seen.quality,
                    plain=None if bare is None else float(bare.probe @ enrolled[0]),
                    impostor=None if seen is None or stranger is None else float(seen.probe @ stranger),
                )
            )
        stranger = enrolled[0]
    return trials


def rows_of(trials: Sequence[Trial], cosine: float, conditions: Sequence[Condition] = CONDITIONS) -> list[Row]:
    """The table at the threshold `cosine`."""
    return [
        _row(condition, [trial for trial in trials if trial.condition == index], cosine)
        for index, condition in enumerate(conditions)
    ]


def _row(condition: Condition, trials: Sequence[Trial], cosine: float) -> Row:
    found = [trial for trial in trials if trial.quality is not None]
    usable = [trial for trial in found if trial.quality is not None and trial.quality.is_usable]
    hits = sum(_reaches(trial.score, cosine) for trial in usable)
    all_hits = sum(_reaches(trial.score, cosine) for trial in found)
    plain_hits = sum(_reaches(trial.plain, cosine) for trial in trials)
    return Row(
        condition=condition,
        no_face=Rate(len(trials) - len(found), len(trials)),
        refused=Rate(len(found) - len(usable), len(found)),
        missed=Rate(len(usable) - hits, len(usable)),
        missed_all=Rate(len(found) - all_hits, len(found)),
        not_through=Rate(len(trials) - hits, len(trials)),
        plain_not_matched=Rate(len(trials) - plain_hits, len(trials)),
        not_matched=Rate(len(trials) - all_hits, len(trials)),
        highest_impostor=max((trial.impostor for trial in trials if trial.impostor is not None), default=-1.0),
    )


def _reaches(score: float | None, cosine: float) -> bool:
    return score is not None and score >= cosine


def _as_it_is(picture: Picture) -> Picture:
    return picture
