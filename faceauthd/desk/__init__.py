"""Answers what clients of the control socket ask, in the loop's thread, between two ticks."""

from faceauthd.desk.front import FrontDesk
from faceauthd.desk.report import about

__all__ = ["FrontDesk", "about"]
