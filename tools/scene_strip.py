#!/usr/bin/env python3
"""A contact sheet of a scene, for people to look at.

python tools/scene_strip.py demo demo.png                        # one frame a second
python tools/scene_strip.py my-scene.yaml sheet.png --every 0.2 --from 5 --to 9 --columns 5
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faceauthd.picture import resize, save_picture
from faceauthd.scene.library import load_scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceauthd.types import Picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scene", help="name of a shipped scene, or a YAML file")
    parser.add_argument("out", type=Path, help="the picture to write, PNG or JPEG")
    parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="time between frames")
    parser.add_argument("--from", dest="start_s", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--to", dest="end_s", type=float, metavar="SECONDS")
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--width", type=int, default=320, help="of one frame in the sheet, in pixels")
    options = parser.parse_args()
    scene = load_scene(options.scene)
    end_s = min(scene.duration_s, options.end_s or scene.duration_s)
    indices = [round(time_s * scene.fps) for time_s in np.arange(options.start_s, end_s, options.every)]
    height = round(options.width * scene.size[1] / scene.size[0])
    frames = [resize(scene.frame(index).main, (options.width, height)) for index in indices if index < len(scene)]
    save_picture(sheet(frames, options.columns), options.out)


def sheet(frames: Sequence[Picture], columns: int) -> Picture:
    """`frames` of one size, row after row; black where the last row ends early."""
    height, width = frames[0].shape[:2]
    rows = -(-len(frames) // columns)
    whole = np.zeros((rows * height, columns * width, 3), dtype=np.uint8)
    for number, frame in enumerate(frames):
        top, left = number // columns * height, number % columns * width
        whole[top : top + height, left : left + width] = frame
    return whole


if __name__ == "__main__":
    main()
