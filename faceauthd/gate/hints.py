"""What somebody before the camera could do better. Pure."""

from __future__ import annotations

from faceauthd.gate.state import Tick
from faceauthd.types import Reason


def hint_of(tick: Tick, before: Reason | None) -> Reason | None:
    """Why the nearest face cannot be judged, if it cannot."""
    if tick.seen is None:
        return before
    judged = [face for face in tick.seen if face.probe is not None or face.quality.reasons]
    if not judged:
        return None
    nearest = max(judged, key=lambda face: face.box.area)
    return nearest.quality.reasons[0] if nearest.quality.reasons else None
