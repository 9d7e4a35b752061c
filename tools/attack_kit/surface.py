"""A sheet before a pinhole camera: flat, or bent to part of a cylinder.

The camera looks along +Z, X is right and Y down, in metres. The sheet has coordinates u right and v down, in metres
from the middle between the printed eyes, about which it turns. Unbent and unturned it faces the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceauthd.scene.actor import Optics

Floats = NDArray[np.float32]

_FLAT_PER_M = 1e-4
"""Curvature below which a sheet is treated as flat: over 0.3 m it would stand out by 1 micrometre."""

_BEHIND = 1e3


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the sheet is. Yaw turns it to the picture's right, pitch up, roll clockwise, in degrees.

    `bend_per_m` is the curvature, positive if the edges go away from the camera; the axis of the bend lies
    `bend_axis_deg` from the sheet's vertical.
    """

    x_m: float = 0.0
    y_m: float = 0.0
    z_m: float = 0.5
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    bend_per_m: float = 0.0
    bend_axis_deg: float = 0.0

    def rotation(self) -> NDArray[np.float64]:
        """From the sheet's axes to the camera's, (3, 3)."""
        yaw, pitch, roll = np.radians((-self.yaw_deg, -self.pitch_deg, self.roll_deg))
        about_x = np.array(((1, 0, 0), (0, np.cos(pitch), -np.sin(pitch)), (0, np.sin(pitch), np.cos(pitch))))
        about_y = np.array(((np.cos(yaw), 0, np.sin(yaw)), (0, 1, 0), (-np.sin(yaw), 0, np.cos(yaw))))
        about_z = np.array(((np.cos(roll), -np.sin(roll), 0), (np.sin(roll), np.cos(roll), 0), (0, 0, 1)))
        turned: NDArray[np.float64] = about_z @ about_y @ about_x @ self._axis()
        return turned

    def position(self) -> NDArray[np.float64]:
        """Of the sheet's origin before the camera, (3,)."""
        return np.array((self.x_m, self.y_m, self.z_m))

    def _axis(self) -> NDArray[np.float64]:
        """Turns sheet coordinates so that the first runs across the bend."""
        angle = np.radians(self.bend_axis_deg)
        return np.array(((np.cos(angle), -np.sin(angle), 0), (np.sin(angle), np.cos(angle), 0), (0, 0, 1)))

    def project(self, sheet: NDArray[np.floating], optics: Optics) -> NDArray[np.float64]:
        """Where points (n, 2) of the sheet are seen, in pixels (n, 2)."""
        across, along = (np.asarray(sheet, dtype=np.float64) @ self._axis()[:2, :2]).T
        bend = self.bend_per_m
        if abs(bend) < _FLAT_PER_M:
            local = np.column_stack((across, along, np.zeros_like(across)))
        else:
            local = np.column_stack((np.sin(bend * across) / bend, along, (1 - np.cos(bend * across)) / bend))
        at = local @ self.rotation().T + self.position()
        seen: NDArray[np.float64] = optics.focal_px * at[:, :2] / at[:, 2:] + np.array(optics.size) / 2
        return seen

    def met(self, pixels: Floats, optics: Optics) -> tuple[Floats, Floats]:
        """What the rays through `pixels` (h, w, 2) meet: sheet coordinates (h, w, 2) and the normals there (h, w, 3).

        The normals point towards the camera's side, in the camera's axes. Rays that miss meet the sheet far outside.
        """
        turn = self.rotation()
        rays = np.concatenate(
            ((pixels - np.array(optics.size) / 2) / optics.focal_px, np.ones((*pixels.shape[:2], 1))), axis=-1
        )
        ray, eye = rays @ turn, -self.position() @ turn
        bend = self.bend_per_m
        squared = bend * (ray[..., 0] ** 2 + ray[..., 2] ** 2)
        linear = 2 * bend * (eye[0] * ray[..., 0] + eye[2] * ray[..., 2]) - 2 * ray[..., 2]
        constant = bend * (eye[0] ** 2 + eye[2] ** 2) - 2 * eye[2]
        root = linear**2 - 4 * squared * constant
        far = 2 * constant / (-linear + np.sqrt(np.clip(root, 0, None)))
        hit = eye + far[..., np.newaxis] * ray
        angle = np.arctan2(bend * hit[..., 0], 1 - bend * hit[..., 2])
        across = hit[..., 0] if abs(bend) < _FLAT_PER_M else angle / bend
        local = np.stack((across, hit[..., 1]), axis=-1)
        local[(root < 0) | (far <= 0)] = _BEHIND
        normals = np.stack((np.sin(angle), np.zeros_like(angle), -np.cos(angle)), axis=-1) @ turn.T
        return (local @ self._axis()[:2, :2].T).astype(np.float32), normals.astype(np.float32)
