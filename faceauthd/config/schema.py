"""The whole configuration: one frozen model a section, each default and its range in one place only.

A `Config` that `load.load_config` returned also holds across sections (`checks`); build one by hand in tests only.
"""

from __future__ import annotations

from pydantic import Field

from faceauthd.config.base import Section
from faceauthd.config.deciding import Decision, Enroll, Gate, Lockout
from faceauthd.config.inputs import Camera, Vision
from faceauthd.config.keeping import Adaptation, Clock, Privacy
from faceauthd.config.outputs import Control, Gallery, Log, Panel


class Config(Section):
    """Everything faceauthd can be told. Attribute names are the keys of the file."""

    camera: Camera = Field(default_factory=Camera)
    vision: Vision = Field(default_factory=Vision)
    decision: Decision = Field(default_factory=Decision)
    gate: Gate = Field(default_factory=Gate)
    lockout: Lockout = Field(default_factory=Lockout)
    enroll: Enroll = Field(default_factory=Enroll)
    clock: Clock = Field(default_factory=Clock)
    adaptation: Adaptation = Field(default_factory=Adaptation)
    gallery: Gallery = Field(default_factory=Gallery)
    privacy: Privacy = Field(default_factory=Privacy)
    panel: Panel = Field(default_factory=Panel)
    control: Control = Field(default_factory=Control)
    log: Log = Field(default_factory=Log)
