"""How large a picture of a video or a network camera may be. Nothing larger is decoded: a stream of a few bytes could
otherwise ask for more memory than a small Pi has, and the daemon be ended for it, again at each start.
"""

from __future__ import annotations

from typing import Any

from faceauthd.errors import CameraError

MAX_PIXELS = 20_000_000
"""More than twice a 4K picture; 60 MB when it is decoded."""
OPTIONS = {"max_pixels": str(MAX_PIXELS)}
"""For FFmpeg's decoders (https://ffmpeg.org/ffmpeg-codecs.html#Codec-Options), those included that find out on opening
what a stream is."""
HINT = f"is it whole, and has it at most {MAX_PIXELS / 1e6:.0f} megapixels?"
"""FFmpeg calls a picture that is too large an invalid argument."""


def limit(stream: Any, name: str) -> None:
    """Let the stream's decoder refuse larger pictures, also when they become larger later.

    Raises CameraError for a stream that there is no decoder for.
    """
    if stream.codec_context is None:
        raise CameraError(f"{name}: this FFmpeg has no decoder for what it holds; make it H.264 or MJPEG")
    stream.codec_context.options = {**stream.codec_context.options, **OPTIONS}


def check(frame: Any, name: str) -> None:
    """Raises CameraError for a frame that came through nevertheless, before it becomes pixels of ours."""
    if frame.width * frame.height > MAX_PIXELS:
        size = f"{frame.width}x{frame.height}"
        raise CameraError(
            f"{name}: pictures of {size} pixels are too large; {MAX_PIXELS / 1e6:.0f} megapixels is the most"
        )
