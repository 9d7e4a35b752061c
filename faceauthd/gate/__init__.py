"""The door's state machine. Pure: no clock, I/O, log or numpy."""

from faceauthd.gate.state import Alarm, Authority, Entry, Gate, Mode, Policy, Tick
from faceauthd.gate.step import step

__all__ = ["Alarm", "Authority", "Entry", "Gate", "Mode", "Policy", "Tick", "step"]
