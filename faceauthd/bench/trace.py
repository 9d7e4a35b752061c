"""Where each millisecond of one unlocking goes, as a trace that Perfetto and Chrome's about:tracing open.

The events are "complete" ones of the Trace Event Format (ph "X"; ts and dur in microseconds).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
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
        return _StandIn({method: self.timed(name, getattr(what, method)) for method, name in methods.items()})

    def stages(self, stages: Stages) -> Stages:
        """`stages`, each of them noted."""
        present = [each.name for each in fields(stages) if each.name in _STAGES and getattr(stages, each.name)]
        watched = {name: self.watched(getattr(stages, name), _STAGES[name]) for name in present}
        return replace(stages, **watched)


class _StandIn:
    def __init__(self, methods: dict[str, Callable[..., Any]]) -> None:
        for name, method in methods.items():
            setattr(self, name, method)


def write_trace(path: Path, spans: list[Span], *, began_s: float, what: str) -> None:
    """Write the spans that begin at `began_s` or later, counted from there. Raises BenchError."""
    kept = sorted((span for span in spans if span.began_s >= began_s), key=lambda span: (span.began_s, -span.ended_s))
    events: list[dict[str, Any]] = [
        {"ph": "M", "pid": 1, "tid": 1, "name": "process_name", "args": {"name": what}},
        *(
            {
                "ph": "X",
                "pid": 1,
                "tid": 1,
                "name": span.name,
                "ts": round(1e6 * (span.began_s - began_s), 1),
                "dur": round(1e6 * (span.ended_s - span.began_s), 1),
            }
            for span in kept
        ),
    ]
    try:
        path.write_text(json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}, indent=1) + "\n")
    except OSError as error:
        raise BenchError(f"{path}: the trace cannot be written ({error.strerror}); name another file") from error
