"""Quality: each fault of a look is told by its own reason, and the angles by their signs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from faceauthd.evaluation import worn
from faceauthd.resources import shipped
from faceauthd.scene.blur import convolve
from faceauthd.scene.face import Face, SampleFaces
from faceauthd.types import Box, Quality, Reason
from faceauthd.vision.align import TEMPLATE, aligned_crop
from faceauthd.vision.pose import pose_of
from faceauthd.vision.quality import QualityGauge, QualityLimits, cut_off, tone_of

BOX = Box(100, 80, 220, 240)


def landmarks(nose: tuple[float, float] = (0.0, 0.0), turn: float = 0.0) -> np.ndarray:
    """68 points of a face in BOX; `nose` moves its tip, in eye distances; `turn` in radians, clockwise."""
    five = (TEMPLATE - (56, 72)) * 1.4
    five[2] += np.array(nose) * 1.4 * 35.2
    spin = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    five = five @ spin.T + (160, 165)
    points = np.zeros((68, 2), dtype=np.float32)
    for group, point in zip(((37, 38, 40, 41), (43, 44, 46, 47), (30,), (48, 60), (54, 64)), five, strict=True):
        points[list(group)] = point
    return points


def textured(mean: float = 128, spread: float = 40, grain_px: int = 4) -> np.ndarray:
    """320x320 of soft blotches of this size, with this grey and contrast."""
    coarse = np.random.default_rng(7).normal(size=(320 // grain_px, 320 // grain_px)).astype(np.float32)
    smooth = np.asarray(Image.fromarray(coarse).resize((320, 320), Image.Resampling.BICUBIC))
    level = (smooth - smooth.mean()) / smooth.std() * spread + mean
    return np.repeat(np.clip(np.rint(level), 0, 255).astype(np.uint8)[:, :, np.newaxis], 3, axis=2)


def judged(picture: np.ndarray, points: np.ndarray | None = None, box: Box = BOX, eyes: float | None = None) -> Quality:
    gauge = QualityGauge(QualityLimits(min_eyes_open=0.05))
    return gauge.judge(picture, box, landmarks() if points is None else points, eyes)


def test_a_good_look_has_no_reason_against_it() -> None:
    quality = judged(textured(), eyes=0.9)

    assert quality.reasons == ()
    assert quality.is_usable
    assert quality.score > 0.9
    assert quality.face_px == pytest.approx((120 * 160) ** 0.5)


@pytest.mark.parametrize(("width", "reasons"), [(900, ()), (1100, (Reason.TOO_SMALL,))])
def test_a_face_that_is_little_of_the_picture_is_too_far_away(width: int, reasons: tuple[Reason, ...]) -> None:
    """139 pixels are enough for the embedder; liveness looks at the whole picture at one width."""
    wide = np.full((320, width, 3), 128, np.uint8)
    wide[:, :320] = textured()
    assert judged(wide).reasons == reasons
    anywhere = QualityGauge(QualityLimits(min_face_share=0.0))
    assert anywhere.judge(wide, BOX, landmarks()).reasons == ()


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (textured(mean=10, spread=6), Reason.TOO_DARK),
        (textured(mean=250, spread=30), Reason.TOO_BRIGHT),
        (textured(spread=4), Reason.LOW_CONTRAST),
        (textured(grain_px=32), Reason.BLURRED),
    ],
)
def test_light_and_lens_are_told_apart(picture: np.ndarray, reason: Reason) -> None:
    quality = judged(picture)

    assert quality.reasons[0] == reason
    assert quality.score < 0.5


def smeared(picture: np.ndarray, length: int, axis: int) -> np.ndarray:
    """As by a face that went so many pixels along one axis while the shutter was open."""
    return convolve(picture.astype(np.float32), np.full(length, 1 / length, np.float32), axis).astype(np.uint8)


def noisy(picture: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(3).normal(0, deviation, picture.shape[:2])[..., np.newaxis]
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_noise_is_no_sharpness() -> None:
    blurred, sharp = textured(grain_px=32), textured(grain_px=4)
    assert judged(noisy(blurred, 8)).reasons == (Reason.BLURRED,)
    assert tone_of(noisy(sharp, 8), landmarks()).sharpness == pytest.approx(
        tone_of(sharp, landmarks()).sharpness, rel=0.25
    )


@pytest.fixture(scope="module")
def face() -> Face:
    return SampleFaces(shipped("faces")).face("astronaut")


@pytest.mark.parametrize("axis", [0, 1])
def test_a_face_that_moved_is_blurred_whichever_way_it_went(face: Face, axis: int) -> None:
    """Along the other axis it is as sharp as ever, and so says a mean over both. By 30 % of the eyes' distance."""
    length = 2 * round(0.15 * face.head.pupils_px) + 1
    sharp, moved = (
        tone_of(picture, face.landmarks).sharpness for picture in (face.picture, smeared(face.picture, length, axis))
    )
    assert moved < 0.6 * sharp
    assert Reason.BLURRED not in judged(face.picture, face.landmarks).reasons
    strict = QualityGauge(QualityLimits(min_sharpness=0.021))
    assert Reason.BLURRED in strict.judge(smeared(face.picture, length, axis), BOX, face.landmarks).reasons


def test_a_bare_face_is_not_covered_and_rims_cover_nothing(face: Face) -> None:
    for picture in (face.picture, worn.glasses(face.picture, face.landmarks)):
        assert Reason.COVERED not in judged(picture, face.landmarks).reasons


@pytest.mark.parametrize("what", [worn.sunglasses, worn.mask])
@pytest.mark.parametrize("level", [1.0, 0.4])
def test_dark_glasses_and_a_mask_are_told_in_any_light(face: Face, what: worn.Drawing, level: float) -> None:
    picture = (what(face.picture, face.landmarks) * level).astype(np.uint8)
    assert Reason.COVERED in judged(picture, face.landmarks).reasons


def test_a_far_face_is_too_small_before_it_is_anything_else() -> None:
    assert judged(textured(mean=4, spread=3), box=Box(150, 150, 180, 190)).reasons[:2] == (
        Reason.TOO_SMALL,
        Reason.TOO_DARK,
    )


@pytest.mark.parametrize("aside", [-0.7, 0.7])
def test_a_turned_head_is_told(aside: float) -> None:
    quality = judged(textured(), landmarks((aside, 0)))

    assert quality.reasons == (Reason.TURNED_AWAY,)
    assert np.sign(quality.yaw_deg) == np.sign(aside)


def test_closed_eyes_count_only_where_they_are_known() -> None:
    assert judged(textured(), eyes=0.01).reasons == (Reason.EYES_CLOSED,)
    assert judged(textured(), eyes=0.06).reasons == ()
    assert judged(textured(), eyes=None).reasons == ()
    indifferent = QualityGauge(QualityLimits(min_eyes_open=0.0))
    assert indifferent.judge(textured(), BOX, landmarks(), 0.0).reasons == ()
    assert QualityGauge().judge(textured(), BOX, landmarks(), 0.0).reasons == (Reason.EYES_CLOSED,), "as at the door"


def test_a_face_at_the_pictures_edge_is_cut_off() -> None:
    assert judged(textured(), box=Box(-40, 80, 80, 240)).reasons == (Reason.CUT_OFF,)
    assert cut_off(Box(-50, 0, 50, 100), textured()) == pytest.approx(0.5)
    assert cut_off(Box(300, 300, 340, 340), textured()) == pytest.approx(0.75)
    assert cut_off(Box(400, 0, 500, 100), textured()) == 1.0


def test_score_falls_as_a_look_gets_worse() -> None:
    scores = [judged(textured(), landmarks((aside, 0))).score for aside in (0, 0.2, 0.4, 0.6, 0.9)]

    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.9
    assert scores[-1] < 0.4


@given(gain=st.floats(0.5, 1.4), offset=st.floats(-25, 25))
@settings(deadline=None)
def test_sharpness_does_not_depend_on_the_light(gain: float, offset: float) -> None:
    plain = textured(spread=25)
    lit = np.clip((plain.astype(float) - 128) * gain + 128 + offset, 0, 255).astype(np.uint8)

    assert tone_of(lit, landmarks()).sharpness == pytest.approx(tone_of(plain, landmarks()).sharpness, rel=0.1)


def test_roll_is_clockwise_and_leaves_the_other_angles() -> None:
    straight, tilted = pose_of(landmarks((0.1, 0.05))), pose_of(landmarks((0.1, 0.05), turn=0.35))

    assert straight.roll_deg == pytest.approx(0, abs=0.5)
    assert tilted.roll_deg - straight.roll_deg == pytest.approx(np.degrees(0.35), abs=0.01)
    assert tilted.yaw_deg == pytest.approx(straight.yaw_deg, abs=0.01)
    assert tilted.pitch_deg == pytest.approx(straight.pitch_deg, abs=0.01)


def test_angles_grow_with_the_noses_way() -> None:
    assert pose_of(landmarks((0.55, 0))).yaw_deg == pytest.approx(45, abs=2.5)
    assert pose_of(landmarks((-0.55, 0))).yaw_deg == pytest.approx(-45, abs=2.5)
    assert pose_of(landmarks((0, -0.2))).pitch_deg > 5 > -5 > pose_of(landmarks((0, 0.2))).pitch_deg


def test_points_that_are_all_one_are_refused_and_break_nothing() -> None:
    quality = judged(textured(), np.full((68, 2), 9.0, np.float32))

    assert not quality.is_usable
    assert np.isfinite([quality.yaw_deg, quality.pitch_deg, quality.roll_deg, quality.score]).all()


def test_a_crop_made_before_says_the_same_of_light_and_lens() -> None:
    crop = aligned_crop(textured(), landmarks())
    gauge = QualityGauge()
    assert gauge.judge(textured(), BOX, landmarks(), 1.0, crop) == gauge.judge(textured(), BOX, landmarks(), 1.0)
