"""Draw a scene into a folder as 0.jpg, 1.jpg ... for a camera. usage: draw_frames.py SCENE FOLDER [DIGITS]

With DIGITS the numbers have so many, as a folder that is replayed in the order of its names needs them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from faceauthd.picture import save_picture
from faceauthd.scene.library import load_scene


def main(scene_file: str, folder: str, digits: str = "1") -> None:
    scene = load_scene(scene_file)
    for index in range(len(scene)):
        save_picture(scene.frame(index).main, Path(folder) / f"{index:0{digits}}.jpg")


if __name__ == "__main__":
    main(*sys.argv[1:])
