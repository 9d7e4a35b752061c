"""All measurements, one after the other; read downwards it is the report's order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from faceauthd import __version__
from faceauthd.bench.compare import SCHEMA
from faceauthd.bench.idle import LARGEST_START, RESTS, STARTS, measure_rest, measure_start
from faceauthd.bench.imports import by_package, measure_imports
from faceauthd.bench.kit import Kit, open_kit, usable_frames
from faceauthd.bench.looks import measure_looks
from faceauthd.bench.machine import load, machine, usable_cores
from faceauthd.bench.matching import LARGEST, SIZES, measure_matching
from faceauthd.bench.unlock import RATES, measure_unlocking, trace_unlocking

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each thing is done."""

    threads: int = 1
    rounds: int = 300
    all_threads: int = field(default_factory=usable_cores)
    match_rounds: int = 50
    walks: int = 40
    starts: int = 7
    rest_s: float = 20.0
    largest_gallery: int = SIZES[-1]
    largest_start: int = STARTS[-1]

    @classmethod
    def of(cls, *, threads: int, quick: bool, full: bool) -> Effort:
        """The usual effort, or a `quick` one with a wider spread; a `full` one matches a million templates too, and
        starts with 100,000."""
        most, started = (LARGEST, LARGEST_START) if full else (SIZES[-1], STARTS[-1])
        usual = cls(threads, largest_gallery=most, largest_start=started)
        if quick:
            return replace(usual, rounds=40, match_rounds=15, walks=5, starts=2, rest_s=5.0)
        return usual


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
            "imports_ms": by_package(measure_imports(kit, folder / "imports")),
            "rest": _rest(kit, folder, effort, say),
            "load_after": load(),
        }


def _stages(kit: Kit, effort: Effort, say: Say) -> dict[str, object]:
    say("stages and the whole look ...")
    kits = {
        str(threads): kit if threads == effort.threads else open_kit(threads)
        for threads in sorted({1, effort.threads, effort.all_threads})
    }
    taken = measure_looks(kits, usable_frames(kit), effort.rounds)
    return {threads: {name: each.as_json() for name, each in stages.items()} for threads, stages in taken.items()}


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
            found[str(rows)] = measure_matching(folder, rows, effort.match_rounds).as_json()
    return found


def _start(kit: Kit, folder: Path, effort: Effort, say: Say) -> dict[str, object]:
    found: dict[str, object] = {}
    for templates in (*STARTS, LARGEST_START):
        if templates <= effort.largest_start:
            say(f"start of the service with {templates} templates, {effort.starts} times ...")
            found[str(templates)] = measure_start(kit, folder / f"start-{templates}", templates, times=effort.starts)
    return found


def _rest(kit: Kit, folder: Path, effort: Effort, say: Say) -> dict[str, object]:
    found: dict[str, object] = {}
    for number, rest in enumerate(RESTS):
        say(f"the service at rest, {effort.rest_s:g} s: {rest.name} ...")
        found[rest.name] = measure_rest(kit, rest, folder / f"rest-{number}", seconds=effort.rest_s)
    return found
