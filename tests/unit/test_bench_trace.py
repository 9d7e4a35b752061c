"""The trace of an unlocking holds its stages, within the ticks that they belong to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faceauthd.bench.errors import BenchError
from faceauthd.bench.kit import open_kit
from faceauthd.bench.trace import Recorder, Span, write_trace
from faceauthd.bench.unlock import trace_unlocking
from faceauthd.cli.exits import ExitCode, exit_for_error


def test_one_walk_up_is_traced_from_its_first_usable_frame_to_the_relay(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    trace_unlocking(open_kit(threads=1), tmp_path, path, fps=15)
    _, *spans = json.loads(path.read_text())["traceEvents"]
    assert spans[0]["name"] == "tick"
    assert spans[0]["ts"] == 0
    assert {span["name"] for span in spans} >= {"tick", "look", "detect", "landmarks", "quality", "embed", "liveness"}
    ticks = [(span["ts"], span["ts"] + span["dur"]) for span in spans if span["name"] == "tick"]
    for span in spans:
        assert any(began <= span["ts"] and span["ts"] + span["dur"] <= ended + 0.2 for began, ended in ticks)


def test_what_a_call_gives_and_raises_is_passed_on_and_both_are_noted() -> None:
    times = iter(range(10))
    recorder = Recorder(timer=lambda: float(next(times)))
    assert recorder.timed("double", lambda number: 2 * number)(4) == 8
    with pytest.raises(ZeroDivisionError):
        recorder.timed("halve", lambda: 1 / 0)()
    assert recorder.spans == [Span("double", 0.0, 1.0), Span("halve", 2.0, 3.0)]


def test_what_was_before_the_first_usable_frame_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    write_trace(path, [Span("late", 3.0, 3.5), Span("early", 1.0, 1.5)], began_s=2.0, what="w")
    _, only = json.loads(path.read_text())["traceEvents"]
    assert (only["name"], only["ts"], only["dur"]) == ("late", 1e6, 5e5)


def test_a_file_that_cannot_be_written_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="name another file") as caught:
        write_trace(tmp_path / "no folder" / "x.json", [], began_s=0.0, what="w")
    assert exit_for_error(caught.value) is ExitCode.USAGE
