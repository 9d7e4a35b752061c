"""Walk-ups for the time to unlock and for the soak: no two are of the same person, path, pace and light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from faceauthd.bench.kit import ENROLLED, STRANGER, played
from faceauthd.scene.library import load_spec
from faceauthd.scene.light import Light
from faceauthd.scene.motion import Pose
from faceauthd.scene.player import Scene
from faceauthd.scene.spec import Keyframe, LightKey, SceneSpec, Visit

WALKERS = (ENROLLED, STRANGER)
"""Both are enrolled where walk-ups are timed: the sample faces there are."""
_STANDS_S = 2.4
_TURNS_DEG = 10.0
"""To one side and back, as they come to stand: who does not turn is not let in (`presentation.SHOWN_RELIEF`)."""
_GOES_S = 1.2


def walk_of(number: int, fps: float) -> Scene:
    """The walk-up of that number, 0 and more; the same number is the same walk-up at any `fps`."""
    return played(_spec(number, fps))


def comings_and_goings(count: int, fps: float, empty_s: float) -> Scene:
    """The first `count` walk-ups one after the other in one room, nobody there for `empty_s` after each."""
    specs = [_spec(number, fps) for number in range(count)]
    visits, began_s = [], 0.0
    for spec in specs:
        (visit,) = spec.visits
        path = tuple(replace(key, at_s=key.at_s + began_s) for key in visit.path)
        visits.append(replace(visit, path=path))
        began_s += spec.duration_s + empty_s
    return played(replace(specs[0], duration_s=began_s, visits=tuple(visits)))


def _spec(number: int, fps: float) -> SceneSpec:
    rng = np.random.default_rng((6, number))

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    side = float(rng.choice((-1.0, 1.0)))
    comes_s = between(1.3, 2.6)
    near = Pose(
        x_m=between(-0.12, 0.12),
        y_m=between(-0.06, 0.05),
        distance_m=between(0.5, 0.74),
        yaw_deg=between(-7, 7),
        pitch_deg=between(-5, 5),
        roll_deg=between(-5, 5),
        blur_px=between(0.0, 0.4),
    )
    far = Pose(x_m=-1.3 * side, y_m=near.y_m, distance_m=between(1.2, 1.6), yaw_deg=14 * side, blur_px=0.5)
    gone = replace(far, x_m=1.2 * side, distance_m=1.1, yaw_deg=16 * side)
    turned = replace(near, yaw_deg=near.yaw_deg + _TURNS_DEG * float(rng.choice((-1.0, 1.0))))
    stands = comes_s + np.linspace(0.0, _STANDS_S, 4)
    times = (0.1, *map(float, stands), float(stands[-1]) + _GOES_S)
    path = tuple(Keyframe(at_s, pose) for at_s, pose in zip(times, (far, near, turned, near, near, gone), strict=True))
    light = Light(level=between(0.6, 1.0), side=between(-0.6, 0.6), kelvin=between(3200, 6000))
    return replace(
        load_spec("demo"),
        fps=fps,
        duration_s=times[-1],
        seed=100 + number,
        room_seed=int(rng.integers(1, 1000)),
        light=(LightKey(0.0, light),),
        visits=(Visit(WALKERS[number % len(WALKERS)], path, line=0),),
        cues=(),
        expected=(),
    )
