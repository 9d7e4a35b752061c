"""Where each millisecond of one unlocking goes, as a trace that Perfetto and Chrome's about:tracing open.

The events are "complete" ones and marks of the Trace Event Format (ph "X" and "i"; ts and dur in microseconds).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from faceauthd.bench.errors import BenchError

if TYPE_CHECKING:
    from pathlib import Path

    from faceauthd.recognizer import Stages

_STAGES = {
    "detector": {"find": "detect"},
    "landmarker": {"locate": "landmarks"},
    "gauge": {"judge": "quality"},
    "eyes": {"openness": "eyes"},
    "embedder": {"embed": "embed"},
    "liveness": {"score": "liveness"},
}


_LINES = ("the loop", "the door waits for")


@dataclass(frozen=True, slots=True)
class Span:
    """`name` took from `began_s` to `ended_s` of the timer."""

    name: str
    began_s: float
    ended_s: float


@dataclass(slots=True)
class Recorder:
    """Notes how long calls take."""

    timer: Callable[[], float] = time.perf_counter
    spans: list[Span] = field(default_factory=list)

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, noted as `name` each time."""

        def noted(*given: Any, **named: Any) -> Any:
            began_s = self.timer()
            try:
                return call(*given, **named)
            finally:
                self.spans.append(Span(name, began_s, self.timer()))

        return noted

    def watched(self, what: object, methods: dict[str, str]) -> Any:
        """A stand-in for `what` whose `methods` are noted under the names given."""
        return _StandIn(what, {method: self.timed(name, getattr(what, method)) for method, name in methods.items()})

    def stages(self, stages: Stages) -> Stages:
        """`stages`, each of them noted."""
        present = [each.name for each in fields(stages) if each.name in _STAGES and getattr(stages, each.name)]
        watched = {name: self.watched(getattr(stages, name), _STAGES[name]) for name in present}
        align = self.timed("align", stages.align)
        view = align if stages.view is stages.align else self.timed("view", stages.view)
        return replace(stages, align=align, view=view, **watched)


class _StandIn:
    """Noted where it is asked to be, and otherwise the one that it stands in for."""

    def __init__(self, what: object, methods: dict[str, Callable[..., Any]]) -> None:
        self._what = what
        for name, method in methods.items():
            setattr(self, name, method)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._what, name)


def write_trace(
    path: Path,
    spans: Sequence[Span],
    *,
    began_s: float,
    what: str,
    marks: Mapping[str, float] = MappingProxyType({}),
    beside: Sequence[Span] = (),
) -> None:
    """Write the spans that end after `began_s`, counted from there. Raises BenchError.

    `beside` are spans on a line of their own, since they hold others; `marks` are instants, by name.
    """
    events = [
        {"ph": "M", "pid": 1, "tid": 1, "name": "process_name", "args": {"name": what}},
        *({"ph": "M", "pid": 1, "tid": 1 + n, "name": "thread_name", "args": {"name": _LINES[n]}} for n in (0, 1)),
        *_complete(spans, began_s, line=1),
        *_complete(beside, began_s, line=2),
        *(
            {"ph": "i", "s": "g", "pid": 1, "tid": 1, "name": name, "ts": _microseconds(at_s - began_s)}
            for name, at_s in marks.items()
        ),
    ]
    try:
        path.write_text(json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}, indent=1) + "\n")
    except OSError as error:
        raise BenchError(f"{path}: the trace cannot be written ({error.strerror}); name another file") from error


def _complete(spans: Sequence[Span], began_s: float, *, line: int) -> list[dict[str, Any]]:
    kept = sorted((span for span in spans if span.ended_s > began_s), key=lambda span: (span.began_s, -span.ended_s))
    events = []
    for span in kept:
        first_s = max(span.began_s, began_s)
        took = {"ts": _microseconds(first_s - began_s), "dur": _microseconds(span.ended_s - first_s)}
        events.append({"ph": "X", "pid": 1, "tid": line, "name": span.name, **took})
    return events


def _microseconds(seconds: float) -> float:
    return round(1e6 * seconds, 1)
