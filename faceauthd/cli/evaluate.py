"""`faceauthd evaluate`: how well recognition does on labelled pairs."""

from __future__ import annotations

import datetime
import shlex
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from faceauthd.config.deciding import Decision
from faceauthd.errors import FaceauthdError
from faceauthd.evaluation.errors import EvaluationError
from faceauthd.evaluation.findings import Circumstances, report_of
from faceauthd.evaluation.pairs import read_pairs
from faceauthd.evaluation.report import make_folder, write_report
from faceauthd.evaluation.runner import FMRS, FaceReader, Verification, measure
from faceauthd.resources import shipped
from faceauthd.vision.pack import ModelPack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

BAD_INPUT = 2
EXAMPLES = """\
Measures verification on labelled pairs of pictures, through the very stages that decide at the door.

The pairs are a CSV file with the columns fold, a, b and same: a and b are paths below --images, same is 1 for one
person and 0 for two, and fold (0, 1, ...) says which pairs are judged together at a threshold chosen on the others.

Examples:

    faceauthd evaluate --images faces/ --pairs pairs.csv

    faceauthd evaluate --images faces/ --pairs pairs.csv --json > figures.json

    faceauthd evaluate --images faces/ --pairs pairs.csv --report report/
"""


def evaluate(
    images: Annotated[Path, typer.Option(help="Folder that the pairs' paths start in.")],
    pairs: Annotated[Path, typer.Option(help="CSV file with the columns fold, a, b and same.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
    models: Annotated[Path | None, typer.Option(help="Folder of the model pack; the shipped one if not given.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads that a model may use.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Folder to write a page with curves and tables to.")] = None,
    with_images: Annotated[bool, typer.Option("--with-images", help="Show the hardest pairs' pictures too.")] = False,
) -> int:
    """Print the figures; 0 if they could be measured, 2 if the input is at fault."""
    try:
        if with_images and report is None:
            raise EvaluationError("--with-images shows pictures in a report; name its folder with --report DIR")
        if report is not None:
            make_folder(report)
        labelled = read_pairs(pairs)
        pack = ModelPack.open(models or shipped("models"), threads=threads)
        with _progress(is_shown=not json) as progress:
            found = measure(images, labelled, FaceReader(pack), progress)
        if report is not None:
            about = _circumstances(images, pairs, report, with_images)
            written = report_of(found, labelled, pack.impostor_curve, about, with_images=with_images)
            typer.echo(f"report: {write_report(report, written)}", err=True)
    except FaceauthdError as error:
        typer.echo(f"faceauthd evaluate: {error}", err=True)
        return BAD_INPUT
    typer.echo(dumps(_as_json(found)) if json else _as_text(found))
    return 0


def _circumstances(images: Path, pairs: Path, report: Path, with_images: bool) -> Circumstances:
    given = ["faceauthd", "evaluate", "--images", str(images), "--pairs", str(pairs), "--report", str(report)]
    return Circumstances(
        images=images,
        pairs=pairs,
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        command=shlex.join([*given, *(["--with-images"] if with_images else [])]),
        promise=Decision().false_accept_rate,
        looks=Decision().refuse_after_looks,
    )


def _as_json(found: Verification) -> dict[str, object]:
    return {
        "accuracy": round(found.accuracy, 6),
        "tar_at_fmr": {key: round(rate, 6) for key, rate in found.tar_at_fmr.items()},
        "threshold_at_fmr": {key: round(score, 6) for key, score in found.threshold_at_fmr.items()},
        "pairs": found.genuine_pairs + found.impostor_pairs,
        "genuine_pairs": found.genuine_pairs,
        "impostor_pairs": found.impostor_pairs,
        "pictures": found.pictures,
        "failures_to_acquire": len(found.failures_to_acquire),
        "ms_per_face": round(found.ms_per_face, 3),
    }


def _as_text(found: Verification) -> str:
    folds = found.fold_accuracies
    lines = [
        f"pairs                {found.genuine_pairs} of one person, {found.impostor_pairs} of two, "
        f"{found.pictures} pictures",
        f"accuracy             {found.accuracy:.4f}  ({min(folds):.4f} to {max(folds):.4f} over {len(folds)} folds)",
    ]
    for key, fmr in FMRS.items():
        doubt = "" if fmr * found.impostor_pairs >= 1 else "  (too few pairs for this rate: no false match at all)"
        lines.append(
            f"TAR at FMR {key}      {found.tar_at_fmr[key]:.4f}  above cosine {found.threshold_at_fmr[key]:.3f}{doubt}"
        )
    lines.append(f"failures to acquire  {len(found.failures_to_acquire)}" + _some(found.failures_to_acquire))
    lines.append(f"milliseconds a face  {found.ms_per_face:.1f}")
    return "\n".join(lines)


def _some(names: list[str]) -> str:
    return f"  ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})" if names else ""


@contextmanager
def _progress(*, is_shown: bool) -> Iterator[Callable[[Sequence[str]], Iterable[str]]]:
    """Passes names on with a bar on stderr; silently where nobody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("embedding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (is_shown and console.is_terminal)) as bar:
        yield lambda names: bar.track(names)
