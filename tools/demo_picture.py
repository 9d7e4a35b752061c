#!/usr/bin/env python3
"""Makes docs/demo.jpg: six moments of `faceauthd demo` as the camera saw them, with what the product made of them.

usage: python tools/demo_picture.py [OUT]
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from faceauthd.app import build
from faceauthd.config import load_config
from faceauthd.prose import event_text
from faceauthd.types import Event, EventKind, Frame, Reason, Sighting

PANEL = (480, 360)
CAPTION_PX = 44
WANTED: tuple[tuple[str, Callable[[Event], bool]], ...] = (
    ("enrolling", lambda event: event.kind is EventKind.ENROLL_STEP and event.detail == "4 of 5"),
    ("enrolled", lambda event: event.kind is EventKind.ENROLLED),
    ("let in", lambda event: event.kind is EventKind.UNLOCKED),
    ("gone, and locked", lambda event: event.kind is EventKind.LOCKED),
    ("a stranger", lambda event: event.kind is EventKind.REFUSED and event.reason is Reason.UNKNOWN),
    ("two at once", lambda event: event.kind is EventKind.UNLOCKED),
)
GREEN, RED, AMBER = (60, 200, 90), (230, 70, 60), (240, 180, 50)


@dataclass
class Camcorder:
    """A viewer and a journal: keeps the picture of each wanted moment."""

    latest: tuple[Frame, tuple[Sighting, ...]] | None = None
    pending: list[tuple[str, Event]] = field(default_factory=list)
    kept: list[tuple[str, Event, Frame, tuple[Sighting, ...]]] = field(default_factory=list)
    last: dict[int, Sighting] = field(default_factory=dict)

    def record(self, event: Event) -> None:
        number = len(self.kept) + len(self.pending)
        if number < len(WANTED) and WANTED[number][1](event):
            self.pending.append((WANTED[number][0], event))

    def watch(self, frame: Frame, seen: Sequence[Sighting]) -> None:
        for face in seen:
            if face.probe is not None or face.track not in self.last:
                self.last[face.track] = face
        for title, event in self.pending:
            self.kept.append((title, event, frame, tuple(seen)))
        self.pending.clear()


def drawn(title: str, event: Event, frame: Frame, seen: Sequence[Sighting], camcorder: Camcorder) -> Image.Image:
    """One moment: the picture, the boxes, and a line below."""
    tile = Image.new("RGB", (PANEL[0], PANEL[1] + CAPTION_PX), (24, 26, 30))
    picture = Image.fromarray(frame.main)
    scale = PANEL[0] / picture.width
    tile.paste(picture.resize(PANEL, Image.Resampling.LANCZOS))
    pen = ImageDraw.Draw(tile)
    small, large = ImageFont.load_default(14), ImageFont.load_default(16)
    for face in seen:
        known = camcorder.last[face.track]
        is_match = known.match is not None and event.threshold is not None and known.match.score >= event.threshold
        colour = GREEN if is_match else RED if event.threshold is not None else AMBER
        corners = [value * scale for value in (face.box.left, face.box.top, face.box.right, face.box.bottom)]
        pen.rectangle(corners, outline=colour, width=3)
        if known.match is not None:
            live = "" if known.liveness is None else f"  live {known.liveness:.2f}"
            pen.text(
                (corners[0], corners[3] + 4),
                f"cosine {known.match.score:.2f}{live}",
                fill=colour,
                font=small,
                stroke_width=2,
                stroke_fill=(24, 26, 30),
            )
    pen.text((10, PANEL[1] + 4), f"{event.time_s:5.1f} s  {title}", fill=(235, 235, 235), font=large)
    pen.text((10, PANEL[1] + 24), event_text(event), fill=(160, 165, 172), font=small)
    return tile


def main(out: Path) -> None:
    camcorder = Camcorder()
    with tempfile.TemporaryDirectory() as folder:
        settings = ["camera.source=scene:demo", "camera.at_end=stop", "camera.pace=fast", "panel.pin_factory=mock"]
        config = load_config(None, [*settings, f"gallery.path={folder}/gallery"]).config
        with build(
            config, journals=lambda _: [camcorder], screen=io.StringIO(), serve=False, viewer=camcorder
        ) as appliance:
            appliance.run()
    if len(camcorder.kept) < len(WANTED):
        sys.exit(f"the scene did not come to '{WANTED[len(camcorder.kept)][0]}'")
    tiles = [drawn(*moment, camcorder) for moment in camcorder.kept]
    width, height = tiles[0].size
    sheet = Image.new("RGB", (3 * width + 8, 2 * height + 4), (24, 26, 30))
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % 3 * (width + 4), number // 3 * (height + 4)))
    sheet.save(out, quality=86, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "docs" / "demo.jpg")
