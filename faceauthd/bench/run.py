"""All measurements, one after the other; read downwards it is the report's order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from faceauthd import __version__
from faceauthd.bench.compare import SCHEMA
from faceauthd.bench.idle import RESTS, measure_rest, measure_start
from faceauthd.bench.kit import Kit, open_kit, usable_frames
from faceauthd.bench.looks import measure_looks
from faceauthd.bench.machine import load, machine
from faceauthd.bench.matching import LARGEST, SIZES, measure_matching
from faceauthd.bench.unlock import RATES, measure_unlocking, trace_unlocking

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each thing is done."""

    threads: int = 1
    rounds: int = 300
    match_rounds: int = 50
    walks: int = 40
    starts: int = 7
    rest_s: float = 20.0
    largest_gallery: int = SIZES[-1]

    @classmethod
    def of(cls, *, threads: int, quick: bool, full: bool) -> Effort:
        """The usual effort, or a `quick` one with a wider spread; a `full` one matches a million templates too."""
        most = LARGEST if full else SIZES[-1]
        if quick:
            return cls(threads, rounds=40, match_rounds=15, walks=5, starts=2, rest_s=5.0, largest_gallery=most)
        return cls(threads, largest_gallery=most)


def run(effort: Effort, say: Say, trace: Path | None = None) -> dict[str, object]:
    """Measure everything; `say` hears what is being done. Raises FaceauthdError.

    `trace` is the file to write one unlocking's trace to.
    """
    taken_at = datetime.now(UTC).isoformat(timespec="seconds")
    described = machine()
    kit = open_kit(effort.threads)
    with tempfile.TemporaryDirectory(prefix="faceauthd-bench-") as name:
        folder = Path(name)
        if trace is not None:
            say(f"where an unlocking's time goes, into {trace} ...")
            trace_unlocking(kit, folder, trace)
        return {
            "schema": SCHEMA,
            "faceauthd": __version__,
            "taken_at": taken_at,
            "machine": described,
            "settings": asdict(effort),
            "stages": _stages(kit, effort, say),
            "unlock": _unlock(kit, folder, effort, say),
            "match": _match(folder, effort, say),
            "start": _start(kit, folder, effort, say),
            "rest": _rest(kit, folder, effort, say),
            "load_after": load(),
        }


def _stages(kit: Kit, effort: Effort, say: Say) -> dict[str, object]:
    say("stages and the whole look ...")
    taken = measure_looks(kit, usable_frames(kit), effort.rounds)
    return {name: each.as_json() for name, each in taken.items()}


def _unlock(kit: Kit, folder: Path, effort: Effort, say: Say) -> dict[str, object]:
    found: dict[str, object] = {}
    for fps in RATES:
        say(f"time to unlock at {fps} fps, {effort.walks} walk-ups ...")
        found[f"{fps} fps"] = measure_unlocking(kit, folder, fps, effort.walks)
    return found


def _match(folder: Path, effort: Effort, say: Say) -> dict[str, object]:
    found: dict[str, object] = {}
    for rows in (*SIZES, LARGEST):
        if rows <= effort.largest_gallery:
            say(f"matching among {rows} templates ...")
            taken = measure_matching(folder, rows, effort.match_rounds)
            found[str(rows)] = {name: each.as_json() for name, each in taken.items()}
    return found


def _start(kit: Kit, folder: Path, effort: Effort, say: Say) -> dict[str, object]:
    say(f"start of the service, {effort.starts} times ...")
    return measure_start(kit, folder / "start", times=effort.starts)


def _rest(kit: Kit, folder: Path, effort: Effort, say: Say) -> dict[str, object]:
    found: dict[str, object] = {}
    for number, rest in enumerate(RESTS):
        say(f"the service at rest, {effort.rest_s:g} s: {rest.name} ...")
        found[rest.name] = measure_rest(kit, rest, folder / f"rest-{number}", seconds=effort.rest_s)
    return found
