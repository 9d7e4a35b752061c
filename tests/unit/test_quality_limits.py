"""The plot of the gate's limits: parts of equal size, by the measure, under the conditions that bear on it."""

from __future__ import annotations

from faceauthd.evaluation.degrade import CONDITIONS
from faceauthd.evaluation.robustness import Trial
from faceauthd.types import Quality
from faceauthd.vision.quality import QualityLimits
from tools.quality_limits import MEASURES, PARTS, limit_chart, parts_of

SIZE = next(measure for measure in MEASURES if measure.name == "size")


def trial(group: str, face_px: float, score: float | None) -> Trial:
    index = next(i for i, condition in enumerate(CONDITIONS) if condition.group == group)
    return Trial(index, "ann", score, Quality(1.0, face_px=face_px), None, None)


def test_small_faces_that_miss_are_in_the_first_parts() -> None:
    trials = [trial("far away", 10.0 + number, 0.1) for number in range(2 * PARTS)]
    trials += [trial("as it is", 100.0 + number, 0.9) for number in range(2 * PARTS)]
    trials += [trial("darkness", 5.0, None)] * 50 + [Trial(0, "ann", None, None, None, None)]
    parts = parts_of(SIZE, trials, 0.5)
    assert [part.missed.total for part in parts] == [4] * PARTS
    assert [part.missed.share for part in parts] == [1.0] * (PARTS // 2) + [0.0] * (PARTS // 2)
    assert [part.at for part in parts] == sorted(part.at for part in parts)


def test_each_limit_of_the_gate_that_is_a_number_of_the_look_is_drawn_at_its_place() -> None:
    limits = QualityLimits()
    assert {measure.name: measure.limit for measure in MEASURES} == {
        "size": limits.min_face_px,
        "sharpness": limits.min_sharpness,
        "brightness": limits.min_brightness,
        "contrast": limits.min_contrast,
        "yaw": limits.max_yaw_deg,
        "pitch": limits.max_pitch_deg,
    }
    groups = {condition.group for condition in CONDITIONS}
    assert all(set(measure.groups) <= groups for measure in MEASURES)
    chart = limit_chart(SIZE, parts_of(SIZE, [trial("as it is", 80.0, 0.9)] * 20, 0.5))
    assert f"the limit, {limits.min_face_px:g}" in chart
