"""Error curves, charts and the page they stand on."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from faceauthd.errors import EvaluationError
from faceauthd.evaluation.charts import det_chart, roc_chart, score_chart
from faceauthd.evaluation.det import error_curve, fnmr_at, units_of
from faceauthd.evaluation.hardest import HardPair, hardest
from faceauthd.evaluation.pairs import Pair
from faceauthd.evaluation.raster import as_pixels
from faceauthd.evaluation.report import InForce, Report, as_html, write_report
from faceauthd.evaluation.verification import tar_at_fmr
from faceauthd.picture import load_picture
from faceauthd.svg import (
    BOTTOM,
    HEIGHT,
    TOP,
    WIDTH,
    Axis,
    Plane,
    bars,
    chart,
    decades,
    line,
    posts,
    steps,
)

RNG = np.random.default_rng(8)
SAME = np.arange(400) < 200
SCORES = np.where(SAME, RNG.normal(0.6, 0.15, 400), RNG.normal(0.0, 0.15, 400)).clip(-1, 1)
PAIRS = [
    Pair(index % 10, f"p{index % 40}/a{index}.jpg", f"p{index % 40 if same else 40 + index % 37}/b.jpg", bool(same))
    for index, same in enumerate(SAME)
]


def test_the_curve_agrees_with_the_figures() -> None:
    for fmr in (0.005, 0.01, 0.1, 0.5):
        missed = fnmr_at(np.array([fmr]), SCORES, SAME, np.ones(400))[0]
        assert missed == pytest.approx(1 - tar_at_fmr(SCORES, SAME, fmr))


def test_a_pair_that_counts_twice_is_two_pairs() -> None:
    weights = RNG.integers(0, 3, 400)
    fmr = np.logspace(-2, 0, 20)
    repeated = np.repeat(np.arange(400), weights)

    weighted = fnmr_at(fmr, SCORES, SAME, weights.astype(float))

    assert weighted == pytest.approx(fnmr_at(fmr, SCORES[repeated], SAME[repeated], np.ones(len(repeated))))


def test_the_band_holds_the_curve_and_says_what_was_drawn() -> None:
    curve = error_curve(SCORES, SAME, units_of(PAIRS), draws=60)

    assert curve.units == "people"
    assert (curve.low <= curve.fnmr + 1e-12).all()
    assert (curve.fnmr <= curve.high + 1e-12).all()
    assert (curve.high - curve.low).max() > 0.01
    assert (np.diff(curve.fnmr) <= 0).all()


def test_a_picture_without_a_face_is_missed_at_every_rate() -> None:
    scores = SCORES.copy()
    scores[0] = np.nan

    assert error_curve(scores, SAME, units_of(PAIRS), draws=5).fnmr[-1] == pytest.approx(1 / 200)


def test_without_folders_folds_are_drawn() -> None:
    pairs = [Pair(3, "a.jpg", "b.jpg", True), Pair(5, "x/a.jpg", "b.jpg", False)]
    assert units_of(pairs).kind == "folds"
    assert units_of(pairs).of.tolist() == [[0, 0], [1, 1]]


def test_the_hardest_pairs_come_first() -> None:
    pairs = [Pair(0, "a", "b", True), Pair(0, "c", "d", True), Pair(1, "e", "f", False), Pair(1, "g", "h", True)]
    scores = np.array([0.4, 0.2, 0.3, np.nan])

    assert hardest(scores, pairs, same=True) == (HardPair("c", "d", 0.2), HardPair("a", "b", 0.4))
    assert hardest(scores, pairs, same=False) == (HardPair("e", "f", 0.3),)


def test_axes_place_values_where_they_belong() -> None:
    log, flat = Axis("x", 1e-4, 1.0, decades(1e-4, 1.0), is_log=True), Axis("y", 0.0, 2.0, steps(0, 2, 0.5))

    assert [label for _, label in log.ticks] == ["1e-4", "1e-3", "1e-2", "1e-1", "1"]
    assert [label for _, label in flat.ticks] == ["0.0", "0.5", "1.0", "1.5", "2.0"]
    assert log.share(1e-2) == pytest.approx(0.5)
    assert log.share(0.0) == 0.0
    assert flat.share(9) == 1.0
    (left, bottom), (right, top) = Plane(log, flat).at(1e-4, 0), Plane(log, flat).at(1, 2)
    assert left < right
    assert top < bottom


def test_marks_lie_where_their_values_are() -> None:
    plane = Plane(Axis("x", 0, 1, ()), Axis("y", 0, 1, ()))
    (x0, y0), (x1, y1) = plane.at(0.25, 0.5), plane.at(0.5, 1.0)

    assert f'points="{x0:g},{y0:g} {x1:g},{y1:g}"' in line(plane, [0.25, 0.5], [0.5, 1.0], "red")
    drawn = bars(plane, [0.25, 0.5, 0.75], [0.5, 0.0], "red")
    assert drawn.count("<rect") == 1
    assert f'x="{x0}" y="{y0}" width="{x1 - x0:.2f}"' in drawn


@pytest.mark.parametrize("is_perfect", [False, True])
def test_charts_are_well_formed(is_perfect: bool) -> None:
    scores = np.where(SAME, 0.8, 0.1) if is_perfect else SCORES
    curve = error_curve(scores, SAME, units_of(PAIRS), draws=20)
    for svg in (det_chart(curve), roc_chart(curve), score_chart(scores, SAME, [("5 <templates>", 0.5)])):
        root = ElementTree.fromstring(svg)  # noqa: S314  # our own text
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "nan" not in svg


def report(**changes: object) -> Report:
    values = {
        "date": "2026-11-23",
        "command": "faceauthd evaluate --images 'a & b'",
        "promise": 1e-5,
        "data": [("pairs", "2 of <x>")],
        "figures": [("accuracy", "0.99")],
        "charts": {"det": '<svg xmlns="http://www.w3.org/2000/svg"></svg>'},
        "thresholds": [InForce(5, 0.54, 2e-6, False, 0.1), InForce(50, 0.59, 2e-7, True, 0.2)],
        "lowest_genuine": [HardPair("<script>.jpg", "b.jpg", 0.1)],
        "highest_impostor": [HardPair("c.jpg", "d.jpg", 0.5)],
    }
    return Report(**(values | changes))  # type: ignore[arg-type]


class Addresses(HTMLParser):
    """Everything a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "data", "action"}]
        self.found += [tag] if tag in {"script", "link", "iframe", "object", "embed"} else []


def test_the_page_asks_for_nothing_and_believes_no_name() -> None:
    page = as_html(report())

    addresses = Addresses()
    addresses.feed(page)
    assert addresses.found == []
    assert not re.search(r"url\(|@import", page)
    assert "script" not in page, "no name without its picture"
    named = as_html(report(thumbnails={"<script>.jpg": "data:image/jpeg;base64,AA=="}))
    assert "&lt;script&gt;.jpg" in named
    assert "<script" not in named
    assert "'a &amp; b'" in page.replace("&#x27;", "'")


def test_without_pictures_the_hardest_pairs_are_scores_alone() -> None:
    page = as_html(report())
    assert "0.100" in page
    assert not any(name in page for name in ("b.jpg", "c.jpg", "d.jpg"))


def test_a_chart_is_the_same_in_pixels_as_it_is_drawn() -> None:
    """Bars, bands, words and posts lie where the SVG says, at twice the size."""
    plane = Plane(Axis("x", 0, 1, ((0.5, "half"),)), Axis("y", 0, 1, ()))
    svg = chart("Title", plane, [bars(plane, [0.0, 0.5], [0.5], "#ff0000"), posts(plane, [("limit", 0.75)])])
    pixels = as_pixels(svg)
    assert pixels.shape == (2 * HEIGHT, 2 * WIDTH, 3)
    x, y = (round(2 * value) for value in plane.at(0.25, 0.25))
    assert pixels[y, x].tolist() == pytest.approx([255, 115, 115], abs=2), "0.55 of red over white"
    x, y = (round(2 * value) for value in plane.at(0.25, 0.75))
    assert pixels[y, x].tolist() == [255, 255, 255]
    post = round(2 * plane.at(0.75, 0)[0])
    column = pixels[2 * TOP : 2 * (HEIGHT - BOTTOM), post - 2 : post + 2].min(axis=(1, 2))
    assert 0.3 < (column < 100).mean() < 0.7, "dashed"
    for place in (np.s_[20:56, 140:300], np.s_[2 * HEIGHT - 48 : 2 * HEIGHT - 16, 600:760], np.s_[300:460, 10:44]):
        assert (pixels[place].min(axis=-1) < 120).any(), "title and both labels"


def test_the_page_says_what_is_measured_what_is_not_and_when() -> None:
    page = as_html(report())

    for said in ("2026-11-23", "0.540", "measured", "0.590", "extrapolated", "What this does not prove", "100,000"):
        assert said in page


def test_pictures_are_shown_only_where_they_are_given() -> None:
    assert "<img" not in as_html(report())
    shown = as_html(report(thumbnails={"c.jpg": "data:image/jpeg;base64,AA=="}))
    assert shown.count("<img") == 1


def test_page_and_charts_are_written(tmp_path: Path) -> None:
    page = write_report(tmp_path / "deep" / "report", report())

    assert page.read_text() == as_html(report())
    assert (page.parent / "det.svg").read_text().startswith("<svg")
    assert load_picture(page.parent / "det.png").shape == (2 * HEIGHT, 2 * WIDTH, 3)


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluationError, match="no report can be written there"):
        write_report(tmp_path / "file", report())
