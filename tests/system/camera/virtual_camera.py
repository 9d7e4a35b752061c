"""The virtual camera's cable (see virtual.yaml), and its moods (see fill_gaps.py)."""

from __future__ import annotations

from pathlib import Path

_FRAMES = Path("/opt/camera-test/frames")
_FIRST, _ASIDE = _FRAMES / "0.jpg", _FRAMES.with_name("0.jpg")
_MOOD = Path("/run/camera-test/mood")


def unplug() -> None:
    """libcamera lists no camera whose pictures it cannot read. It reads them when it makes its list."""
    _FIRST.rename(_ASIDE)
    _FIRST.write_text("unplugged")


def plug_in() -> None:
    _ASIDE.rename(_FIRST)


def be_well() -> None:
    set_mood("")


def set_mood(mood: str) -> None:
    """`starve`: no more frames. `hang`: no call into the driver returns."""
    _MOOD.parent.mkdir(exist_ok=True)
    _MOOD.write_text(mood)
