"""The prefix that tells the journal how urgent a line is."""

from __future__ import annotations

import io
import logging
import os
from pathlib import Path

import pytest

from faceauthd.cli.severity import ERROR, MarkedFormatter, mark

LEVELS = [
    (logging.DEBUG, "<7>"),
    (logging.INFO, "<6>"),
    (logging.WARNING, "<4>"),
    (logging.ERROR, "<3>"),
    (logging.CRITICAL, "<2>"),
]


def record(level: int, text: str) -> logging.LogRecord:
    return logging.LogRecord("here", level, "file", 1, text, None, None)


@pytest.mark.parametrize(("level", "prefix"), LEVELS)
def test_each_line_has_the_levels_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: int, prefix: str
) -> None:
    with (tmp_path / "journal").open("w") as stream:
        there = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino}")
        shown = MarkedFormatter("%(name)s: %(message)s", stream).format(record(level, "one\ntwo"))
        assert mark(stream, ERROR) == "<3>"
    assert shown == f"{prefix}here: one\n{prefix}two"


def test_a_stream_that_is_no_file_or_another_one_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    with (tmp_path / "file").open("w") as stream:
        assert mark(stream, ERROR) == ""
    assert mark(io.StringIO(), ERROR) == ""
    assert mark(stream, ERROR) == "", "it is closed"
