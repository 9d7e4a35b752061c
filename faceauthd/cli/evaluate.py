"""`faceauthd evaluate`: how well recognition does on labelled pairs."""

from __future__ import annotations

import datetime
import shlex
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from faceauthd.cli.progress import progress
from faceauthd.config import load_config
from faceauthd.config.deciding import Decision
from faceauthd.config.inputs import Vision
from faceauthd.errors import EvaluationError, FaceauthdError, GalleryError
from faceauthd.evaluation.findings import GALLERIES, Circumstances, report_of
from faceauthd.evaluation.pairs import read_pairs
from faceauthd.evaluation.published import PUBLISHED, read_liveness
from faceauthd.evaluation.report import ONE_PERSON, make_folder, write_report
from faceauthd.evaluation.robustness import Row, Who, one_pair_each, rows_of, try_out
from faceauthd.evaluation.robustness_table import as_json, as_lines
from faceauthd.evaluation.runner import FMRS, FaceReader, Verification, measure
from faceauthd.gallery import Gallery
from faceauthd.resources import shipped
from faceauthd.vision.card import SHIPPED
from faceauthd.vision.manifest import ImpostorCurve
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.shelf import Shelf

BAD_INPUT = 2
EXAMPLES = """\
Measures verification on labelled pairs of pictures, through the very stages that decide at the door.

The pairs are a CSV file with the columns fold, a, b and same: a and b are paths below --images, same is 1 for one
person and 0 for two, and fold (0, 1, ...) says which pairs are judged together at a threshold chosen on the others.

Examples:

    faceauthd evaluate --images faces/ --pairs pairs.csv

    faceauthd evaluate --images faces/ --pairs pairs.csv --json > figures.json

    faceauthd evaluate --images faces/ --pairs pairs.csv --report report/ --robustness 100

    faceauthd evaluate --images faces/ --pairs pairs.csv --embedder my-embedder
"""


def evaluate(
    images: Annotated[Path, typer.Option(help="Folder that the pairs' paths start in.")],
    pairs: Annotated[Path, typer.Option(help="CSV file with the columns fold, a, b and same.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
    models: Annotated[Path | None, typer.Option(help="Folder of the model pack; the shipped one if not given.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads that a model may use.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Folder to write a page with curves and tables to.")] = None,
    with_images: Annotated[bool, typer.Option("--with-images", help="Show the hardest pairs' pictures too.")] = False,
    robustness: Annotated[
        int | None,
        typer.Option("--robustness", min=1, metavar="PEOPLE", help="Try so many people under bad conditions too."),
    ] = None,
    embedder: Annotated[
        str | None, typer.Option("--embedder", metavar="NAME", help="One that was added; the shipped one if not given.")
    ] = None,
    embedders: Annotated[Path | None, typer.Option(help="Folder of the added ones; the installed one's.")] = None,
    people: Annotated[Who, typer.Option(help="Whose pictures are made worse.")] = Who.TEST,
    config: Annotated[Path | None, typer.Option(help="Whose promise and gallery the report is about.")] = None,
    liveness: Annotated[Path | None, typer.Option(help="What evaluate-liveness --json printed.")] = None,
) -> int:
    """Print the figures; 0 if they could be measured, 2 if the input is at fault."""
    try:
        if with_images and report is None:
            raise EvaluationError("--with-images shows pictures in a report; name its folder with --report DIR")
        if report is not None:
            make_folder(report)
        alive = PUBLISHED if liveness is None else read_liveness(liveness)
        promise = promise_of(config)
        labelled = read_pairs(pairs)
        pack = opened(models, threads, embedder, embedders)
        with progress("embedding", is_shown=not json) as passing:
            found = measure(images, labelled, FaceReader(pack), passing)
        rows: list[Row] = []
        if robustness is not None:
            chosen = one_pair_each(labelled, robustness, people)
            with progress("making it worse", is_shown=not json) as passing:
                trials = try_out(images, chosen, pack, passing)
            rows = rows_of(trials, cosine_in_force(pack.impostor_curve, promise))
        if report is not None:
            about = Circumstances(
                images=images,
                pairs=pairs,
                date=datetime.datetime.now(datetime.UTC).date().isoformat(),
                command=_command(images, pairs, report, with_images, robustness, people, config, liveness),
                promise=promise.false_accept_rate,
                looks=promise.looks,
                whose=promise.whose,
                galleries=promise.galleries(pack.embedder_id),
                liveness=alive,
            )
            written = report_of(found, labelled, pack.impostor_curve, about, with_images=with_images, robustness=rows)
            typer.echo(f"report: {write_report(report, written)}", err=True)
    except FaceauthdError as error:
        typer.echo(f"faceauthd evaluate: {error}", err=True)
        return BAD_INPUT
    if json:
        typer.echo(dumps(_as_json(found) | ({"robustness": as_json(rows)} if rows else {})))
    else:
        typer.echo("\n".join([_as_text(found), *as_lines(rows)]))
    return 0


def opened(models: Path | None, threads: int, embedder: str | None, embedders: Path | None) -> ModelPack:
    """The shipped pack, or with the added `embedder` in it. Raises ModelError."""
    pack = ModelPack.open(models or shipped("models"), threads=threads)
    if embedder in (None, SHIPPED):
        return pack
    shelf = Shelf(embedders or Vision().embedders)
    return pack.with_embedder(shelf.content(embedder), shelf.card(embedder), threads=threads)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a configuration promises, and its gallery."""

    false_accept_rate: float = Decision().false_accept_rate
    looks: int = Decision().refuse_after_looks
    whose: str = "the default promise"
    gallery: Path | None = None

    def galleries(self, embedder: str) -> tuple[int, ...]:
        """Templates to show thresholds for: of the usual sizes, and of the gallery in use if it can be read."""
        if self.gallery is None:
            return GALLERIES
        try:
            with Gallery.open(self.gallery, embedder_id=embedder, read_only=True) as opened:
                count = sum(person.templates for person in opened.people())
        except GalleryError as error:
            typer.echo(f"faceauthd evaluate: {error}; thresholds are shown for the usual sizes only", err=True)
            return GALLERIES
        return tuple(sorted({*GALLERIES, count} - {0}))


def promise_of(config: Path | None) -> Promise:
    """Of the configuration in that file; the defaults without one. Raises ConfigError."""
    if config is None:
        return Promise()
    loaded = load_config(config, []).config
    decision = loaded.decision
    return Promise(
        decision.false_accept_rate, decision.refuse_after_looks, f"the promise of {config}", loaded.gallery.path
    )


def cosine_in_force(curve: ImpostorCurve | None, promise: Promise | None = None) -> float:
    """The threshold of a promise for one person's templates. Raises EvaluationError without a curve."""
    if curve is None:
        raise EvaluationError("the embedder's card has no impostor curve, so there is no threshold; measure it first")
    promise = promise or Promise()
    return curve.threshold_for(promise.false_accept_rate, ONE_PERSON, promise.looks).cosine


def _command(
    images: Path,
    pairs: Path,
    report: Path,
    with_images: bool,
    robustness: int | None,
    people: Who,
    config: Path | None,
    liveness: Path | None,
) -> str:
    """What to type to make the report again."""
    words = ["faceauthd", "evaluate", "--images", str(images), "--pairs", str(pairs), "--report", str(report)]
    words += ["--with-images"] if with_images else []
    words += ["--robustness", str(robustness), "--people", people.value] if robustness is not None else []
    words += ["--config", str(config)] if config is not None else []
    words += ["--liveness", str(liveness)] if liveness is not None else []
    return shlex.join(words)


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
