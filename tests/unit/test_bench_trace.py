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
    events = json.loads(path.read_text())["traceEvents"]
    spans = [event for event in events if event["ph"] == "X" and event["tid"] == 1]
    assert spans[0]["name"] == "tick"
    assert spans[0]["ts"] == 0
    stages = {"detect", "landmarks", "eyes", "quality", "align", "embed", "liveness", "match", "motion cues"}
    assert {span["name"] for span in spans} == {"tick", "wait for a frame", "attention", "look", "healthy"} | stages
    ticks = [(span["ts"], span["ts"] + span["dur"]) for span in spans if span["name"] == "tick"]
    for span in spans:
        assert any(began - 0.2 <= span["ts"] and span["ts"] + span["dur"] <= ended + 0.2 for began, ended in ticks)
    marks = {event["name"]: event["ts"] for event in events if event["ph"] == "i"}
    assert marks["first usable frame"] == 0
    watched, agreeing = [event for event in events if event["ph"] == "X" and event["tid"] == 2]
    assert watched["dur"] >= 0.6e6 - 1, "decision.liveness_s"
    assert (agreeing["ts"], agreeing["ts"] + agreeing["dur"]) == pytest.approx((watched["dur"], marks["relay"]), abs=1)
    waited = sum(span["dur"] for span in spans if span["name"] == "wait for a frame")
    assert 0 < waited < marks["relay"]


def test_what_a_call_gives_and_raises_is_passed_on_and_both_are_noted() -> None:
    times = iter(range(10))
    recorder = Recorder(timer=lambda: float(next(times)))
    assert recorder.timed("double", lambda number: 2 * number)(4) == 8
    with pytest.raises(ZeroDivisionError):
        recorder.timed("halve", lambda: 1 / 0)()
    assert recorder.spans == [Span("double", 0.0, 1.0), Span("halve", 2.0, 3.0)]


def test_what_was_before_the_first_usable_frame_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    spans = [Span("late", 3.0, 3.5), Span("early", 1.0, 1.5), Span("half", 1.0, 2.5)]
    write_trace(path, spans, began_s=2.0, what="w")
    kept = [event for event in json.loads(path.read_text())["traceEvents"] if event["ph"] == "X"]
    assert [(each["name"], each["ts"], each["dur"]) for each in kept] == [("half", 0, 5e5), ("late", 1e6, 5e5)]


def test_a_file_that_cannot_be_written_is_a_mistake_of_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="name another file") as caught:
        write_trace(tmp_path / "no folder" / "x.json", [], began_s=0.0, what="w")
    assert exit_for_error(caught.value) is ExitCode.USAGE
