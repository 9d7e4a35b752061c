"""Stands in for kms++'s Python module, which picamera2 imports for a preview on a screen that nobody asks for here.

picamera2 imports it before it opens a camera, so it is also where the virtual camera's gaps are filled.
"""

import fill_gaps  # noqa: F401


class PixelFormat:
    """The names that picamera2's table of formats asks for; none is used without a screen."""

    def __init_subclass__(cls) -> None:
        raise TypeError("only a stand-in")


for _name in ("RGB888", "BGR888", "XRGB8888", "XBGR8888", "ABGR8888", "YUV420", "YVU420", "NV12"):
    setattr(PixelFormat, _name, None)
