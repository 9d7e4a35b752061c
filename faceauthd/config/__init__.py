"""The configuration: frozen models, a loader that reports every problem at once, and where each value came from."""

from faceauthd.config.load import Loaded, load_config, load_despite, system_file, system_file_for_all
from faceauthd.config.schema import Config
from faceauthd.config.source import CameraSource, SourceKind

__all__ = [
    "CameraSource",
    "Config",
    "Loaded",
    "SourceKind",
    "load_config",
    "load_despite",
    "system_file",
    "system_file_for_all",
]
