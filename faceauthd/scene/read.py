"""Scene files: YAML in, `SceneSpec` out, every problem with its line."""

from __future__ import annotations

import enum
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from faceauthd.errors import SceneError
from faceauthd.scene.fields import Fields, Problems
from faceauthd.scene.light import Light
from faceauthd.scene.motion import Pose
from faceauthd.scene.spec import HOLD_S, CameraSpec, Cue, Expected, Keyframe, LightKey, SceneSpec, Visit
from faceauthd.types import EventKind, Reason
from faceauthd.yamlfile import KeyPath, YamlError, load_yaml_with_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SIZE = re.compile(r"(\d{2,4})x(\d{2,4})")
_SIDES = (64, 4096)
_LONGEST_S = 3600.0

_POSE_LIMITS = {
    "x_m": (-5.0, 5.0),
    "y_m": (-3.0, 3.0),
    "distance_m": (0.2, 10.0),
    "yaw_deg": (-25.0, 25.0),
    "pitch_deg": (-15.0, 15.0),
    "roll_deg": (-45.0, 45.0),
    "blur_px": (0.0, 20.0),
}
"""Beyond these angles a single portrait does not hold what would come into view."""


class _Ease(enum.StrEnum):
    SMOOTH = "smooth"
    EVEN = "even"


def read_scene(path: Path) -> SceneSpec:
    """The scene in the file `path`. Raises SceneError, with one line `file:line: ...` for each problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SceneError(f"{path}: the scene cannot be read: {why}") from error
    return parse_scene(text, str(path))


def parse_scene(text: str, name: str) -> SceneSpec:
    """The scene in `text`; `name` stands for it in errors. Raises SceneError."""
    try:
        data, lines = load_yaml_with_lines(text, name)
    except YamlError as error:
        raise SceneError(str(error)) from error
    problems = Problems(name, lines)
    spec = _scene(Fields(data, (), problems), name)
    if problems.found:
        raise SceneError(problems.text())
    return spec


def _scene(top: Fields, name: str) -> SceneSpec:
    room = top.mapping("room")
    spec = SceneSpec(
        name=name,
        size=_size(top),
        fps=top.number("fps", 15.0, 1.0, 120.0),
        duration_s=top.number("duration_s", None, 0.1, _LONGEST_S),
        seed=top.whole("seed", 0, 0, 2**31 - 1),
        camera=_camera(top.mapping("camera")),
        room_seed=room.whole("seed", 0, 0, 2**31 - 1),
        room_picture=room.text("picture", None),
        light=_light(top),
        visits=tuple(_visit(Fields(entry, path, top.problems)) for entry, path in top.items("visits")),
        cues=tuple(_cue(Fields(entry, path, top.problems)) for entry, path in top.items("presses")),
        expected=tuple(_expected(Fields(entry, path, top.problems)) for entry, path in top.items("expect")),
    )
    room.done()
    top.done()
    return spec


def _size(top: Fields) -> tuple[int, int]:
    given = top.text("size", "640x480") or ""
    matched = _SIZE.fullmatch(given)
    size = (int(matched[1]), int(matched[2])) if matched else (0, 0)
    if not all(_SIDES[0] <= side <= _SIDES[1] for side in size):
        top.problems.add(("size",), f"'size' takes WIDTHxHEIGHT, each side {_SIDES[0]} to {_SIDES[1]}, not '{given}'")
        return 640, 480
    return size


def _camera(entry: Fields) -> CameraSpec:
    default = CameraSpec()
    camera = CameraSpec(
        hfov_deg=entry.number("hfov_deg", default.hfov_deg, 20.0, 120.0),
        noise=entry.number("noise", default.noise, 0.0, 10.0),
        vignette=entry.number("vignette", default.vignette, 0.0, 0.8),
        exposure_s=entry.number("exposure_s", default.exposure_s, 0.0, 0.2),
    )
    entry.done()
    return camera


def _light(top: Fields) -> tuple[LightKey, ...]:
    keys: list[LightKey] = []
    paths: list[KeyPath] = []
    for data, path in top.items("light"):
        paths.append(path)
        entry, before = Fields(data, path, top.problems), keys[-1].light if keys else Light()
        light = Light(
            level=entry.number("level", before.level, 0.01, 4.0),
            side=entry.number("side", before.side, -1.0, 1.0),
            kelvin=entry.number("kelvin", before.kelvin, 1500.0, 15000.0),
        )
        keys.append(LightKey(entry.number("at_s", None, 0.0, _LONGEST_S), light))
        entry.done()
    _in_order([(key.at_s, path) for key, path in zip(keys, paths, strict=True)], top.problems)
    return tuple(keys) or (LightKey(0.0, Light()),)


def _visit(entry: Fields) -> Visit:
    keys: list[Keyframe] = []
    paths: list[KeyPath] = []
    for data, path in entry.items("path"):
        keys.append(_keyframe(Fields(data, path, entry.problems), keys[-1].pose if keys else Pose()))
        paths.append(path)
    if len(keys) < 2:
        entry.problems.add((*entry.path, "path"), "'path' needs two keyframes at least: where somebody comes and goes")
    _in_order([(key.at_s, path) for key, path in zip(keys, paths, strict=True)], entry.problems)
    who = entry.text("who", None)
    if who is None:
        entry.problems.add(entry.path, "a visit needs 'who': the name of a sample face, or a picture's path")
    visit = Visit(
        who=who or "",
        path=tuple(keys),
        line=entry.problems.line((*entry.path, "who")),
        sway=entry.number("sway", 1.0, 0.0, 5.0),
        blinks=entry.flag("blinks", True),
        landmarks=_landmarks(entry),
    )
    entry.done()
    return visit


def _keyframe(entry: Fields, before: Pose) -> Keyframe:
    given = {key: entry.number(key, getattr(before, key), *limits) for key, limits in _POSE_LIMITS.items()}
    key = Keyframe(
        at_s=entry.number("at_s", None, 0.0, _LONGEST_S),
        pose=replace(before, **given),
        is_smooth=entry.choice("ease", _Ease, _Ease.SMOOTH) is _Ease.SMOOTH,
    )
    entry.done()
    return key


def _landmarks(entry: Fields) -> tuple[tuple[float, float], ...] | None:
    raw = entry.raw("landmarks")
    if raw is None:
        return None
    if isinstance(raw, list) and len(raw) == 68 and all(_is_point(point) for point in raw):
        return tuple((float(x), float(y)) for x, y in raw)
    entry.problems.add((*entry.path, "landmarks"), "'landmarks' takes 68 points [x, y] in the picture's pixels")
    return None


def _cue(entry: Fields) -> Cue:
    cue = Cue(entry.number("at_s", None, 0.0, _LONGEST_S), entry.number("hold_s", HOLD_S, 0.02, 60.0))
    entry.done()
    return cue


def _expected(entry: Fields) -> Expected:
    event = entry.choice("event", EventKind, None)
    if event is None and not entry.has("event"):
        entry.problems.add(entry.path, "an entry of 'expect' needs 'event'")
    expected = Expected(
        event=event or EventKind.STARTED,
        person=entry.text("person", None),
        reason=entry.choice("reason", Reason, None),
        after_s=entry.number("after_s", 0.0, 0.0, _LONGEST_S),
        by_s=entry.number("by_s", _LONGEST_S, 0.0, _LONGEST_S),
    )
    if expected.by_s <= expected.after_s:
        entry.problems.add((*entry.path, "by_s"), "'by_s' must be later than 'after_s'")
    entry.done()
    return expected


def _in_order(times: Sequence[tuple[float, KeyPath]], problems: Problems) -> None:
    for (before, _), (after, path) in pairwise(times):
        if after <= before:
            problems.add((*path, "at_s"), f"'at_s' is {after:g}, not later than the {before:g} before it")


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value)
