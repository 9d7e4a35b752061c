"""The scenes of the stories: two people, of whom the sample faces are portraits, and how they come, stand and leave.

Faces are those of tests/data/faces, so that anybody can play the stories again. `ALICE` and `BOB` are their parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ALICE, BOB = "astronaut", "hopper"
FPS = 15
Visit = Mapping[str, object]
Key = dict[str, float]


def scene(duration_s: float, *visits: Visit, presses: Sequence[tuple[float, float]] = ()) -> dict[str, object]:
    """A hall by day. A press is when the finger comes down and for how long it stays."""
    return {
        "size": "640x480",
        "fps": FPS,
        "duration_s": duration_s,
        "seed": 3,
        "room": {"seed": 4},
        "camera": {"exposure_s": 0.008, "noise": 0.8},
        "light": [{"at_s": 0, "level": 1.0, "side": 0.15, "kelvin": 5000}],
        "presses": [{"at_s": at_s, "hold_s": hold_s} for at_s, hold_s in presses],
        "visits": list(visits),
    }


def stands(who: str, at_s: float, until_s: float, *, turns: Sequence[tuple[float, float]] = ()) -> Visit:
    """Comes, stands before the camera from `at_s` on as people do, looks around a little first, turns to a yaw at each
    of the times, and leaves."""
    keys: list[Key] = [
        {"at_s": at_s - 1.9, "x_m": -1.3, "y_m": -0.03, "distance_m": 1.4, "yaw_deg": 14, "blur_px": 0.5},
        {"at_s": at_s, "x_m": -0.07, "distance_m": 0.72, "yaw_deg": 6, "pitch_deg": -3, "roll_deg": 4, "blur_px": 0.3},
        {"at_s": at_s + 0.7, "yaw_deg": -7},
        {"at_s": at_s + 1.4, "yaw_deg": 5},
        *({"at_s": when_s, "yaw_deg": yaw_deg} for when_s, yaw_deg in turns),
        {"at_s": until_s, "x_m": -0.03, "yaw_deg": 2, "roll_deg": 1},
        {"at_s": until_s + 1.8, "x_m": 1.2, "distance_m": 1.1, "yaw_deg": 16},
    ]
    return {"who": who, "path": keys}


def is_learnt(who: str, at_s: float, *, side: float = 1.0) -> Visit:
    """Comes from the right (`side` -1: from the left) and does what an enrolment asks for: to both sides, up, down, and
    straight again; 17 seconds in all."""
    looks = [(1.5, 0, 0), (2.3, -14, 0), (3.8, -14, 0), (5.2, 14, 0), (6.7, 14, 0), (7.7, 2, 12), (9.2, 2, 12)]
    looks += [(10.2, 0, -12), (11.7, 0, -12), (12.7, 6, 5), (15.0, 0, 0)]
    keys: list[Key] = [
        {"at_s": at_s - 1.8, "x_m": 1.25 * side, "distance_m": 1.3, "yaw_deg": -12 * side},
        {"at_s": at_s, "x_m": 0.02, "distance_m": 0.62, "yaw_deg": 0},
        *({"at_s": at_s + after_s, "yaw_deg": yaw, "pitch_deg": pitch} for after_s, yaw, pitch in looks),
    ]
    return {"who": who, "path": [*keys, _gone(at_s + 15.0)]}


def _gone(at_s: float) -> Key:
    return {"at_s": at_s + 1.8, "x_m": -1.3, "distance_m": 1.2, "yaw_deg": -16}
