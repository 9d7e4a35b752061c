"""Is a look good enough to be compared, and if not, what would the person have to change?

Sharpness, brightness and contrast are measured on the middle of the aligned crop, so that the background, hair and the
size of the face in the picture do not enter; all three are independent of each other by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from faceauthd.picture import grey
from faceauthd.types import Quality, Reason
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.covered import Bare, bare
from faceauthd.vision.eyes import lid_gap
from faceauthd.vision.pose import pose_of
from faceauthd.vision.tone import noise_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from faceauthd.types import Box, Picture

_FACE = np.s_[36:104, 24:88]
"""Brows to chin and cheek to cheek in the 112x112 crop: skin and features in any face, whatever the hair."""

EYES_OPEN = 0.05
"""P(open) of the more open eye from which a face counts as awake: refuses 1.4 % of LFW looks, whose eyes are nearly all
open (half of LFW's people, 2026-11-23; the model is weak, see its card in models/README.md)."""


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Beyond these a look is not usable.

    The defaults stand where looks begin to miss more often than they match (FNMR of one picture against one beyond a
    half at the default promise), seen on the tuning people under bad conditions (docs/evaluation.md, 2026-11-26).
    """

    min_face_px: float = 48.0
    """Geometric mean of the box's sides. LFW holds no small faces: it is where the crop is enlarged to over twice."""
    min_face_share: float = 0.14
    """The same as a share of the picture's width: what liveness needs, whose cues see a picture 320 wide whatever the
    main one is. At 0.12 masks get in nearly twice as often (0.19 instead of 0.11 of 27), and at 0.16 nothing is gained
    (attack kit, tuning people, 2026-11-26). About 0.8 m with a lens of 66 degrees."""
    min_sharpness: float = 0.018
    """Sharp faces have 0.022 or more; a face that goes by 30 % of the eyes' distance while the shutter is open, or is
    blurred by 10 % of it, 0.015 to 0.019, and then 86 to 100 % of the looks miss."""
    min_brightness: float = 0.06
    """A thirtieth of a lit room's light comes to 0.09 to 0.13, where 22 % miss once the face is brightened and
    smoothed (`tone.cleared`); at a hundredth, 0.06 and less, nearly all do."""
    max_brightness: float = 0.92
    """LFW, lit by photographers, spans 0.20 to 0.80."""
    min_contrast: float = 0.02
    """Before a bright window, at a twelfth of its light, a face has 0.022 to 0.043, and 31 % of the looks miss."""
    max_yaw_deg: float = 35.0
    """From 25 degrees on two looks in three miss somebody enrolled straight ahead; enrolment takes turned ones too."""
    max_pitch_deg: float = 25.0
    """LFW: 0.1 % lie beyond."""
    max_roll_deg: float = 35.0
    """Alignment turns a tilted face upright; beyond this the detector, taught on upright ones, finds few."""
    max_cut_off: float = 0.15
    """Share of the box that lies outside the picture."""
    min_eyes_open: float = EYES_OPEN
    """P(open) that the eyes must reach where it is known; 0 asks for nothing. See `eyes.EyeModel.openness`."""
    min_bare_eyes: float = 0.23
    min_bare_mouth: float = 0.08
    """See `covered.Bare`. Of 474 LFW faces the eyes' limit refuses two, who wear dark glasses, and the mouth's none.
    Behind dark lenses 83 % of the looks miss, behind a mask all."""


class Tone(NamedTuple):
    """What the light and the lens did to a face."""

    brightness: float
    """Mean grey, 0 to 1."""
    contrast: float
    """Standard deviation of grey, 0 to 0.5."""
    sharpness: float
    """How much steeper the face is over two pixels than over six, in the direction where it is least so."""
    bare: Bare
    """How much of eyes and mouth shows."""


class QualityGauge:
    """Measures looks against limits."""

    def __init__(self, limits: QualityLimits | None = None) -> None:
        self._limits = limits or QualityLimits()

    def judge(
        self,
        picture: Picture,
        box: Box,
        landmarks: NDArray[np.float32],
        eyes_open: float | None = None,
        crop: Picture | None = None,
    ) -> Quality:
        """Quality of the face in `box` with its 68 `landmarks`; `eyes_open` is P(open), None if not looked at.

        `crop` is the aligned crop, for a caller who has made it already.
        """
        tone = tone_of(picture, landmarks) if crop is None else crop_tone(crop)
        pose = pose_of(landmarks)
        face_px = max(0.0, box.area) ** 0.5
        limits = self._limits
        # Causes stand before their consequences: a far or dark face is blurred too, and its owner can mend the first.
        eases = {
            Reason.CUT_OFF: _below(cut_off(box, picture), limits.max_cut_off, 0.0),
            Reason.TOO_SMALL: min(
                _above(face_px, limits.min_face_px, 2 * limits.min_face_px),
                _above(face_px / picture.shape[1], limits.min_face_share, limits.min_face_share + _COMFORT_SHARE),
            ),
            Reason.TOO_DARK: _above(tone.brightness, limits.min_brightness, 2 * limits.min_brightness),
            Reason.TOO_BRIGHT: _below(tone.brightness, limits.max_brightness, 0.8 * limits.max_brightness),
            Reason.TURNED_AWAY: min(
                _below(abs(pose.yaw_deg), limits.max_yaw_deg, limits.max_yaw_deg / 3),
                _below(abs(pose.pitch_deg), limits.max_pitch_deg, limits.max_pitch_deg / 3),
                _below(abs(pose.roll_deg), limits.max_roll_deg, limits.max_roll_deg / 3),
            ),
            Reason.LOW_CONTRAST: _above(tone.contrast, limits.min_contrast, 2 * limits.min_contrast),
            Reason.BLURRED: _above(tone.sharpness, limits.min_sharpness, 1.3 * limits.min_sharpness),
            Reason.COVERED: min(
                _above(tone.bare.eyes, limits.min_bare_eyes, 1.5 * limits.min_bare_eyes),
                _above(tone.bare.mouth, limits.min_bare_mouth, 3 * limits.min_bare_mouth),
            ),
        }
        if eyes_open is not None and limits.min_eyes_open > 0:
            eases[Reason.EYES_CLOSED] = 1.0 if eyes_open >= limits.min_eyes_open else 0.0
        return Quality(
            score=min(eases.values()),
            reasons=tuple(reason for reason, ease in eases.items() if ease < _USABLE),
            face_px=face_px,
            yaw_deg=pose.yaw_deg,
            pitch_deg=pose.pitch_deg,
            roll_deg=pose.roll_deg,
            sharpness=tone.sharpness,
            brightness=tone.brightness,
            contrast=tone.contrast,
            eyes_open=eyes_open,
            lids=lid_gap(landmarks),
        )


_USABLE = 0.5
"""A measure at its limit has this ease, one in comfort 1; the score is that of the weakest measure."""
_COMFORT_SHARE = 0.015
"""How much more of the width than the least is comfort: little, for the limit says whether liveness can tell, and not
how well a face is recognised."""


def tone_of(picture: Picture, landmarks: NDArray[np.float32]) -> Tone:
    """Light and lens of the face with these 68 points; all zero if the points are all one."""
    try:
        return crop_tone(aligned_crop(picture, landmarks))
    except ValueError:
        return Tone(0.0, 0.0, 0.0, Bare(0.0, 0.0))


def crop_tone(crop: Picture) -> Tone:
    """Light and lens of an aligned crop (112, 112, 3)."""
    whole = grey(crop).astype(np.float32)
    face = whole[_FACE]
    return Tone(float(face.mean()) / 255, float(face.std()) / 255, sharpness_of(face), bare(whole))


def sharpness_of(face: NDArray[np.float32]) -> float:
    """Energy of the steps over two pixels beside those over six, along whichever axis it is less; 0 of a flat face.

    A face that moved is smeared along one axis only, which the variance of a Laplacian does not see. What noise adds to
    both is taken off, for noise looks like detail. An edge gives 1/3 at the sharpest, a ramp 1/9; LFW's faces lie
    between 0.17 and 0.30, by whatever light. It is scaled so that the limit of 0.018 in everybody's configuration goes
    on meaning what it says.
    """
    floor = 2 * noise_of(face) ** 2
    shares = []
    for axis in (0, 1):
        near, far = (max(0.0, _steps(face, axis, over) - floor) for over in (2, 6))
        shares.append(near / far if far > 0 else 0.0)
    return min(shares) / _SHARPNESS_SCALE


def _steps(face: NDArray[np.float32], axis: int, over: int) -> float:
    along = np.moveaxis(face, axis, 0)
    step = along[over:] - along[:-over]
    return float((step * step).mean())


_SHARPNESS_SCALE = 8.0


def cut_off(box: Box, picture: Picture) -> float:
    """The share of `box`, 0 to 1, that lies outside the picture."""
    height, width = picture.shape[:2]
    across = max(0.0, min(box.right, width) - max(box.left, 0.0))
    down = max(0.0, min(box.bottom, height) - max(box.top, 0.0))
    return 1.0 - across * down / box.area if box.area > 0 else 1.0


def _above(value: float, limit: float, comfort: float) -> float:
    """Ease of a measure that should be large: `_USABLE` at `limit`, 1 from `comfort` on."""
    return min(1.0, max(0.0, _USABLE + (1 - _USABLE) * (value - limit) / (comfort - limit)))


def _below(value: float, limit: float, comfort: float) -> float:
    """Ease of a measure that should be small."""
    return min(1.0, max(0.0, _USABLE + (1 - _USABLE) * (limit - value) / (limit - comfort)))
