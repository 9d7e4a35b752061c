"""Everybody enrolled, on disk: a matrix that any numpy reads, and the records that say whose its rows are."""

from faceauthd.gallery.contents import Origin
from faceauthd.gallery.match import Matcher
from faceauthd.gallery.names import check_name
from faceauthd.gallery.store import Gallery, Newcomer

__all__ = ["Gallery", "Matcher", "Newcomer", "Origin", "check_name"]
