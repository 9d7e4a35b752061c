"""`faceauthd bench`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faceauthd.cli.exits import ExitCode
from faceauthd.cli.render import Printer, be_printable

SPREAD = ("p50", "p95", "p99")
MOST_IMPORTS = 12
MATCHING = ("match", "read")
MEMORY = ("rss_mb", "peak_mb", "anonymous_mb", "mapped_mb")
_POOLS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


def bench(
    *,
    as_json: bool,
    quick: bool,
    full: bool,
    threads: int,
    earlier: Path | None,
    trace: Path | None = None,
    plot: Path | None = None,
) -> int:
    """Measure and tell. Raises FaceauthdError."""
    from faceauthd.bench.compare import differences, ratios, read_run

    be_printable()
    before = read_run(earlier) if earlier else None
    for pool in _POOLS:  # numpy's own threads, which it starts when it is imported: so before that
        os.environ[pool] = str(threads)
    from faceauthd.bench.plots import write
    from faceauthd.bench.run import Effort, run

    printer = Printer(as_json=as_json)
    found = run(Effort.of(threads=threads, quick=quick, full=full), printer.note, trace)
    if before is not None:
        found["compared"] = {each.name: round(each.ratio, 4) for each in ratios(before, found)}
        found["unlike"] = differences(before, found)
    if plot is not None:
        for path in write(found, plot):
            printer.note(f"drew {path}")
    if as_json:
        printer.document(found)
    else:
        tell(found, printer)
        if before is not None:
            _tell_ratios(before, found, printer)
    return ExitCode.DONE


def tell(found: Mapping[str, Any], printer: Printer) -> None:
    """The tables, for people."""
    printer.facts([(name, _said(value)) for name, value in found["machine"].items() if value is not None])
    printer.facts([("threads", str(found["settings"]["threads"])), ("load after", _said(found["load_after"]))])
    clocks = [f"{clock} {share}" for clock in ("cpu", "wall") for share in SPREAD]
    by_threads = found["stages"].items()
    stages = [(name, threads, *_both(each)) for threads, stages in by_threads for name, each in stages.items()]
    _table("Stages of one look", ("ms", "threads", *clocks), stages, printer)
    _table("From the first usable look to the relay", ("ms", "part", "opened", *SPREAD), _unlock(found), printer)
    sizes = found["match"].items()
    matching = [(rows, name, *_both(each[name]), f"{each['own_mb']:.1f}") for rows, each in sizes for name in MATCHING]
    _table("One probe among templates", ("templates", "ms", *clocks, "own MB"), matching, printer)
    starts = found["start"].items()
    start = [
        (count, clock, *_cells(each[clock], SPREAD[:2])) for count, each in starts for clock in ("wall_s", "cpu_s")
    ]
    _table("From the process to READY", ("templates", "clock", *SPREAD[:2]), start, printer)
    imports = [(name, f"{taken:.1f}") for name, taken in list(found["imports_ms"].items())[:MOST_IMPORTS]]
    _table("Importing before READY, by package", ("package", "own ms"), imports, printer)
    _table("The service at rest", ("before it", "cpu s/s", "of it camera", *MEMORY), _rest(found), printer)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], printer: Printer) -> None:
    printer.line("")
    printer.line(title if printer.is_terminal else f"{title}: {', '.join(columns)}")
    printer.table(columns, rows)


def _unlock(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (f"{rate}, {clock}", part.removesuffix("_ms"), f"{each[clock]['opened']}/{each['walks']}", *_cells(values))
        for rate, each in found["unlock"].items()
        for clock in ("wall", "cpu")
        for part, values in each[clock].items()
        if part != "opened"
    ]


def _rest(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (name, f"{each['cpu']:.3f}", f"{each['camera_cpu']:.3f}", *(f"{each['memory'][size]:.0f}" for size in MEMORY))
        for name, each in found["rest"].items()
    ]


def _tell_ratios(before: Mapping[str, Any], found: Mapping[str, Any], printer: Printer) -> None:
    from faceauthd.bench.compare import ratios

    for line in found["unlike"]:
        printer.note(f"the runs are unlike in {line}")
    rows = [
        (one.name, f"{one.before:.4g}", f"{one.now:.4g}", f"{one.ratio:.3f}", _share(one.spread))
        for one in ratios(before, found)
    ]
    _table("Compared with the earlier run", ("figure", "before", "now", "ratio", "quartiles apart"), rows, printer)


def _share(spread: float | None) -> str:
    return "" if spread is None else f"{spread:.1%}"


def _both(durations: Mapping[str, Any]) -> tuple[str, ...]:
    return (*_cells(durations["cpu_ms"]), *_cells(durations["wall_ms"]))


def _cells(values: Mapping[str, float], names: Sequence[str] = SPREAD) -> tuple[str, ...]:
    return tuple(f"{values[name]:.3f}" for name in names)


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "no"
    return "unknown" if value is None else str(value)
