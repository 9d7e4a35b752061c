"""OpenCV's Haar cascade and LBPH, as the tutorials for the Raspberry Pi combine them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

SCALE_STEP, NEIGHBOURS = 1.3, 5
"""Of `detectMultiScale` in OpenCV's own face tutorials."""


class HaarLbph:
    """The cascade finds, LBPH names the crop. It has no liveness, no landmarks and no threshold with a promise."""

    def __init__(self, frames: Sequence[Any]) -> None:
        """`frames` hold the faces that it learns, one person a frame."""
        cv2.setNumThreads(1)
        self._cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"))
        self._lbph = cv2.face.LBPHFaceRecognizer_create()
        crops = [crop for frame in frames for crop in self._crops(frame)]
        self._lbph.train(crops, np.arange(len(crops), dtype=np.int32))

    def look(self, frame: Any) -> int:
        """The number of faces named in a uint8 RGB frame."""
        crops = self._crops(frame)
        for crop in crops:
            self._lbph.predict(crop)
        return len(crops)

    def _crops(self, frame: Any) -> list[Any]:
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        found = self._cascade.detectMultiScale(grey, SCALE_STEP, NEIGHBOURS)
        return [grey[top : top + high, left : left + wide] for left, top, wide, high in found]
