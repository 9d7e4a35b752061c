"""What a check says."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Grade(enum.StrEnum):
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do about it where it is not good."""

    check: str
    grade: Grade
    said: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if (self.grade is Grade.GOOD) is bool(self.remedy):
            raise ValueError(f"{self.check}: what is not good needs a remedy, and only that")


def good(check: str, said: str) -> Finding:
    return Finding(check, Grade.GOOD, said)


def warning(check: str, said: str, remedy: str) -> Finding:
    return Finding(check, Grade.WARNING, said, remedy)


def bad(check: str, said: str, remedy: str) -> Finding:
    return Finding(check, Grade.BAD, said, remedy)


def from_error(check: str, error: Exception) -> Finding:
    """An error of ours: one line `what is wrong; what to do`, or with a colon before the remedy."""
    text = str(error)
    said, mark, remedy = text.rpartition("; ")
    if not mark:
        said, mark, remedy = text.rpartition(": ")
    return bad(check, said if mark else text, remedy if mark else "see `journalctl -u faceauthd`")


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing is bad."""
    return all(finding.grade is not Grade.BAD for finding in findings)
