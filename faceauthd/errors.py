"""Every error faceauthd raises on purpose.

    FaceauthdError
    ├── ConfigError        (ValueError)   the configuration is wrong; carries every problem at once
    ├── ModelError         (ValueError)   a model file is missing, altered or of the wrong shape
    ├── GalleryError       (OSError)      the gallery cannot be opened, read or written
    │   ├── GalleryLocked                 another process holds it
    │   └── GalleryRefused (ValueError)   a request that cannot be carried out (name taken, nobody of that name)
    ├── CameraError        (OSError)      the camera is gone, busy or gives nothing
    ├── PanelError         (OSError)      pins or relay cannot be driven
    ├── PictureError       (ValueError)   an image cannot be read or is out of bounds
    ├── SceneError         (ValueError)   a scene file is wrong
    ├── EvaluationError    (ValueError)   the data of a measurement cannot be used
    ├── BundleError        (ValueError)   an exported file is none, altered, or not to be read with this passphrase
    └── ControlError       (OSError)      the control socket cannot be opened or reached

A refusal of a person is not an error: it is a `types.Reason`.
Each message is one line that says what is wrong and what to do about it.
"""

from __future__ import annotations


class FaceauthdError(Exception):
    """Root of the tree; its text is fit to be shown to a user as it is."""


class ConfigError(FaceauthdError, ValueError):
    """The configuration is wrong.

    `problems` holds one line for each thing that is wrong, so that all are mended in one go.
    """

    def __init__(self, problems: list[str] | str) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class ModelError(FaceauthdError, ValueError):
    """A model file is missing, altered, or does not have the shape its manifest states."""


class GalleryError(FaceauthdError, OSError):
    """The gallery cannot be opened, read or written."""


class GalleryLocked(GalleryError):
    """Another process holds the gallery."""


class GalleryRefused(GalleryError, ValueError):
    """The gallery is well, but what was asked of it cannot be done."""


class CameraError(FaceauthdError, OSError):
    """The camera is gone, busy, or gives no frames."""


class PanelError(FaceauthdError, OSError):
    """A pin or the relay cannot be driven."""


class PictureError(FaceauthdError, ValueError):
    """An image cannot be read, or its size is out of bounds."""


class SceneError(FaceauthdError, ValueError):
    """A scene file is wrong."""


class EvaluationError(FaceauthdError, ValueError):
    """Pairs or pictures that a measurement was asked to use cannot be used."""


class BundleError(FaceauthdError, ValueError):
    """An exported file is none, is altered, or the passphrase is not the one it was made with."""


class ControlError(FaceauthdError, OSError):
    """The control socket cannot be opened or reached."""
