"""The dlib pipeline: HOG detector, landmarks, 128-value descriptor; with the settings of two programs that use it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import cv2
import dlib
import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pkg_resources, which the package imports, warns of its own end
    import face_recognition_models

HOWDY_HEIGHT_PX = 320
"""`max_height` of Howdy's config.ini as shipped: the frame is scaled to it."""
UPSAMPLE = 1
"""Of both programs: the picture is doubled before faces are searched for."""

Pipeline = Callable[[Any], int]
"""A uint8 RGB frame (height, width, 3) to the number of faces described."""


class Dlib:
    """Models as face_recognition_models ships them, on one thread: dlib's wheel has no BLAS and starts no others."""

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._five = dlib.shape_predictor(face_recognition_models.pose_predictor_five_point_model_location())
        self._many = dlib.shape_predictor(face_recognition_models.pose_predictor_model_location())
        self._encoder = dlib.face_recognition_model_v1(face_recognition_models.face_recognition_model_location())
        self._clahe = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8))

    def howdy(self, frame: Any) -> int:
        """As Howdy's compare.py looks at a frame: equalised grey, scaled down, detected upsampled, five points."""
        grey = self._clahe.apply(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
        cv2.calcHist([grey], [0], None, [8], [0, 256])  # its test for dark frames
        scale = HOWDY_HEIGHT_PX / frame.shape[0]
        small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return self._described(small, self._detector(grey, UPSAMPLE), self._five)

    def face_recognition(self, frame: Any) -> int:
        """As face_recognition.face_encodings does by default: the whole colour frame, upsampled, five points."""
        return self._described(frame, self._detector(frame, UPSAMPLE), self._five)

    def face_recognition_large(self, frame: Any) -> int:
        """The same with `model="large"`: 68 points."""
        return self._described(frame, self._detector(frame, UPSAMPLE), self._many)

    def _described(self, frame: Any, faces: Any, predictor: Any) -> int:
        for face in faces:
            np.array(self._encoder.compute_face_descriptor(frame, predictor(frame, face), 1))
        return len(faces)
