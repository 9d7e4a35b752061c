"""The pictures of a report: error trade-off, receiver operating characteristic, and both kinds of score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceauthd.svg import Axis, Plane, band, bars, chart, decades, legend, line, posts, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from faceauthd.evaluation.det import ErrorCurve

    Floats = NDArray[np.floating]

BLUE, ORANGE = "#0072b2", "#d55e00"
"""Told apart by the colour-blind too (Okabe and Ito, Color Universal Design, 2008)."""
BIN = 0.02


def det_chart(curve: ErrorCurve) -> str:
    """Misses against false matches, both axes logarithmic."""
    floor = 10.0 ** np.floor(np.log10(max(1e-4, min(curve.fnmr[curve.fnmr > 0], default=1e-3))))
    top = 10.0 ** np.ceil(np.log10(max(10 * floor, curve.high.max())))
    plane = Plane(_fmr_axis(curve), Axis("misses: FNMR", floor, top, decades(floor, top), is_log=True))
    return _with_band("Detection error trade-off", plane, curve, curve.fnmr, curve.low, curve.high)


def roc_chart(curve: ErrorCurve) -> str:
    """True accepts against false matches."""
    lowest = min(0.9, float(np.floor(10 * (1 - curve.high.max())) / 10))
    step = 0.02 if lowest >= 0.85 else 0.1
    plane = Plane(_fmr_axis(curve), Axis("true accepts: TAR = 1 - FNMR", lowest, 1.0, steps(lowest, 1.0, step)))
    return _with_band("Receiver operating characteristic", plane, curve, 1 - curve.fnmr, 1 - curve.high, 1 - curve.low)


def score_chart(scores: Floats, same: NDArray[np.bool_], thresholds: Sequence[tuple[str, float]]) -> str:
    """How pairs of one person and of two score, each as a share of their kind; `thresholds` are marked and named."""
    known = ~np.isnan(scores)
    edges = np.arange(np.floor(scores[known].min() / BIN), np.ceil(1 / BIN) + 1) * BIN
    one, two = (np.histogram(scores[known & kind], edges)[0] / max(1, int(kind.sum())) for kind in (same, ~same))
    top = float(np.ceil(20 * max(one.max(), two.max())) / 20)
    low = float(edges[0])
    plane = Plane(
        Axis("cosine", low, 1.0, steps(low, 1.0, 0.2)), Axis("share of the pairs", 0.0, top, steps(0, top, 0.05))
    )
    marks = [bars(plane, edges.tolist(), two.tolist(), ORANGE), bars(plane, edges.tolist(), one.tolist(), BLUE)]
    marks.append(posts(plane, thresholds))
    marks.append(legend([(BLUE, "of one person"), (ORANGE, "of two people")]))
    return chart("Scores", plane, marks)


def _fmr_axis(curve: ErrorCurve) -> Axis:
    low = float(curve.fmr[0])
    return Axis("false matches: FMR", low, 1.0, decades(low, 1.0), is_log=True)


def _with_band(title: str, plane: Plane, curve: ErrorCurve, ys: Floats, lows: Floats, highs: Floats) -> str:
    xs = curve.fmr.tolist()
    label = f"{curve.level:.0%} band, {curve.units} drawn anew"
    marks = [
        band(plane, xs, lows.tolist(), highs.tolist(), BLUE),
        line(plane, xs, ys.tolist(), BLUE),
        legend([(BLUE, label)]),
    ]
    return chart(title, plane, marks)
