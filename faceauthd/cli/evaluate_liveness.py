"""`faceauthd evaluate-liveness`: who passes for living, over clips of people and of attacks."""

from __future__ import annotations

import datetime
import math
import shlex
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from faceauthd.config.deciding import Decision
from faceauthd.config.inputs import Vision
from faceauthd.errors import FaceauthdError
from faceauthd.evaluation.attack_rates import AttackTable, Rate, SpeciesRates, table_of
from faceauthd.evaluation.clips import find_clips
from faceauthd.evaluation.liveness_report import write_liveness_report
from faceauthd.evaluation.presentations import present, stages_of
from faceauthd.evaluation.report import make_folder
from faceauthd.evidence import EvidencePolicy
from faceauthd.resources import shipped
from faceauthd.settings import limits_of
from faceauthd.vision.pack import ModelPack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from faceauthd.evaluation.clips import Clip

BAD_INPUT = 2


def evaluate_liveness(clips: Path, *, as_json: bool, models: Path | None, threads: int, report: Path | None) -> int:
    """Print the rates; 0 if they could be measured, 2 if the input is at fault."""
    decision = Decision()
    policy = EvidencePolicy(
        looks=decision.looks,
        window_s=decision.window_s,
        margin=decision.margin,
        refuse_after_looks=decision.refuse_after_looks,
        liveness_min=decision.liveness_min,
    )
    try:
        if report is not None:
            make_folder(report)
        found = find_clips(clips)
        stages = stages_of(ModelPack.open(models or shipped("models"), threads=threads), limits_of(Vision()))
        with progress(is_shown=not as_json) as watched:
            presented = [present(clip, stages, policy, decision.liveness_s) for clip in watched(found)]
        table = table_of(presented)
        if report is not None:
            date = datetime.datetime.now(datetime.UTC).date().isoformat()
            command = shlex.join(["faceauthd", "evaluate-liveness", str(clips), "--report", str(report)])
            page = write_liveness_report(report, table, presented, decision.liveness_min, date, command)
            typer.echo(f"report: {page}", err=True)
    except FaceauthdError as error:
        typer.echo(f"faceauthd evaluate-liveness: {error}", err=True)
        return BAD_INPUT
    typer.echo(dumps(_as_json(table)) if as_json else _as_text(table))
    return 0


def _as_json(table: AttackTable) -> dict[str, object]:
    worst = table.worst
    return {
        "species": {one.species: _species_json(one) for one in table.species},
        "bpcer": rate_json(table.bpcer),
        "bpnrr": rate_json(table.bpnrr),
        "worst_species": None if worst is None else worst.species,
        "worst_apcer": None if worst is None else rate_json(worst.error),
    }


def _species_json(one: SpeciesRates) -> dict[str, object]:
    error, silent = ("bpcer", "bpnrr") if one.is_live else ("apcer", "apnrr")
    return {
        "clips": one.silent.total,
        error: rate_json(one.error),
        silent: rate_json(one.silent),
        "refused_for": dict(one.suspicions),
    }


def rate_json(rate: Rate) -> dict[str, object]:
    """A rate for programs."""
    low, high = rate.interval
    share = None if math.isnan(rate.share) else round(rate.share, 5)
    return {"count": rate.count, "of": rate.total, "rate": share, "interval": [round(low, 5), round(high, 5)]}


def _as_text(table: AttackTable) -> str:
    lines = [f"{'species':16} {'clips':>5}  errors, 95 % interval              no answer  refused for"]
    lines += [
        f"{one.species:16} {one.silent.total:5}  {'BPCER' if one.is_live else 'APCER'} {shown(one.error):26}  "
        f"{one.silent.count:9}  {', '.join(f'{name} {count}' for name, count in one.suspicions)}"
        for one in table.species
    ]
    lines.append(f"living people refused (BPCER)   {shown(table.bpcer)}")
    if table.worst is not None:
        lines.append(f"worst species let in (APCER)    {shown(table.worst.error)}  {table.worst.species}")
    return "\n".join(lines)


def shown(rate: Rate) -> str:
    """A rate for people."""
    low, high = rate.interval
    return f"{rate.share:.3f} ({low:.3f} to {high:.3f})" if rate.total else "unknown"


@contextmanager
def progress(*, is_shown: bool) -> Iterator[Callable[[Sequence[Clip]], Iterable[Clip]]]:
    """Passes clips on with a bar on stderr; silently where nobody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("watching"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (is_shown and console.is_terminal)) as bar:
        yield lambda clips: bar.track(clips)
