"""From a verification to its report: the figures drawn and set beside the promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.errors import EvaluationError, ModelError
from faceauthd.evaluation.charts import det_chart, roc_chart, score_chart
from faceauthd.evaluation.det import error_curve, units_of
from faceauthd.evaluation.hardest import hardest, thumbnail
from faceauthd.evaluation.published import PUBLISHED, Liveness
from faceauthd.evaluation.report import InForce, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faceauthd.evaluation.pairs import Pair
    from faceauthd.evaluation.robustness import Row
    from faceauthd.evaluation.runner import Verification
    from faceauthd.vision.manifest import ImpostorCurve

GALLERIES = (5, 50, 500)
"""Templates: one person's; a household's or a workshop's; a company's."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the reader has to know to believe a report, or to make it again."""

    images: Path
    pairs: Path
    date: str
    command: str
    promise: float
    looks: int
    """How many an attempt may have: they share the promise."""
    whose: str = "the default promise"
    galleries: tuple[int, ...] = GALLERIES
    """Templates that thresholds are shown for."""
    liveness: Liveness = PUBLISHED


def report_of(
    found: Verification,
    pairs: Sequence[Pair],
    curve: ImpostorCurve | None,
    about: Circumstances,
    *,
    with_images: bool,
    robustness: Sequence[Row] = (),
) -> Report:
    """The report of `found`, measured on `pairs`. Raises EvaluationError without a `curve`, PictureError."""
    if curve is None:
        raise EvaluationError(
            "the embedder's card has no impostor curve, so there is no threshold to report; measure one for it"
        )
    same = np.array([pair.same for pair in pairs])
    in_force = (_in_force(curve, about, count, found.scores[same]) for count in about.galleries)
    thresholds = tuple(row for row in in_force if row is not None)
    errors = error_curve(found.scores, same, units_of(pairs))
    low, high = hardest(found.scores, pairs, same=True), hardest(found.scores, pairs, same=False)
    shown = sorted({name for pair in (*low, *high) for name in (pair.a, pair.b)}) if with_images else []
    posts = [(f"{row.templates} templates", row.cosine) for row in thresholds]
    return Report(
        date=about.date,
        command=about.command,
        promise=about.promise,
        data=_data(found, about, curve),
        figures=_figures(found),
        charts={
            "det": det_chart(errors),
            "roc": roc_chart(errors),
            "scores": score_chart(found.scores, same, posts),
        },
        thresholds=thresholds,
        lowest_genuine=low,
        highest_impostor=high,
        thumbnails={name: thumbnail(about.images / name) for name in shown},
        robustness=tuple(robustness),
        liveness=about.liveness,
        whose=about.whose,
    )


def _in_force(curve: ImpostorCurve, about: Circumstances, templates: int, genuine: np.ndarray) -> InForce | None:
    """None where no cosine keeps the promise: a weak embedder, or a large gallery."""
    try:
        threshold = curve.threshold_for(about.promise, templates, about.looks)
    except ModelError:
        return None
    return InForce(
        templates=templates,
        cosine=threshold.cosine,
        per_comparison=threshold.per_comparison,
        is_extrapolated=threshold.is_extrapolated,
        missed=float(np.mean(~(genuine >= threshold.cosine))),
    )


def _data(found: Verification, about: Circumstances, curve: ImpostorCurve) -> list[tuple[str, str]]:
    return [
        ("pictures", f"{found.pictures} in {about.images.name}"),
        ("pairs", f"{found.genuine_pairs} of one person, {found.impostor_pairs} of two, from {about.pairs.name}"),
        ("no face found in", f"{len(found.failures_to_acquire)} pictures"),
        ("the embedder's curve", f"{curve.pairs:,} pairs of {curve.data}, {curve.date}"),
    ]


def _figures(found: Verification) -> list[tuple[str, str]]:
    folds = found.fold_accuracies
    spread = f"{min(folds):.4f} to {max(folds):.4f} over {len(folds)} folds"
    rows = [("accuracy", f"{found.accuracy:.4f} ({spread})")]
    rows += [
        (f"TAR at FMR {key}", f"{rate:.4f} above cosine {found.threshold_at_fmr[key]:.3f}")
        for key, rate in found.tar_at_fmr.items()
    ]
    return [*rows, ("milliseconds a face", f"{found.ms_per_face:.1f}")]
