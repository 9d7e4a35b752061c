"""`faceauthd evaluate` and `evaluate-liveness`: their options; what they do is imported only when they run."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer


class People(enum.StrEnum):
    """As `evaluation.robustness.Who`, whose module takes long to import."""

    TEST = "test"
    TUNING = "tuning"
    ALL = "all"


class LivenessMode(enum.StrEnum):
    """Of decision.liveness, those that something can be measured of."""

    PASSIVE = "passive"
    CHALLENGE = "challenge"


def evaluate(
    images: Annotated[Path, typer.Option(help="Folder that the pairs' paths start in.")],
    pairs: Annotated[Path, typer.Option(help="CSV file with the columns fold, a, b and same.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
    models: Annotated[Path | None, typer.Option(help="Folder of the model pack; the shipped one if not given.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads that a model may use.")] = 1,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="DIR", help="Write a page with curves and tables to this folder.")
    ] = None,
    with_images: Annotated[
        bool, typer.Option("--with-images", help="Put the pictures of the hardest pairs into the report.")
    ] = False,
    robustness: Annotated[
        int | None,
        typer.Option(
            "--robustness", min=1, metavar="COUNT", help="Try a picture of so many people under bad conditions too."
        ),
    ] = None,
    people: Annotated[
        People, typer.Option(help="Of whom: those that nothing was tuned on, those that it was, or all.")
    ] = People.TEST,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="Whose promise and gallery to report on [default: the defaults]."
        ),
    ] = None,
    liveness: Annotated[
        Path | None,
        typer.Option(
            "--liveness", metavar="FILE", help="What evaluate-liveness --json printed [default: the published figures]."
        ),
    ] = None,
    embedder: Annotated[
        str | None,
        typer.Option(
            "--embedder", metavar="NAME", help="One that `faceauthd models` added [default: the shipped one]."
        ),
    ] = None,
    embedders: Annotated[
        Path | None, typer.Option("--embedders", metavar="DIR", help="Where it is [default: the installed folder].")
    ] = None,
) -> None:
    """Measure verification on labelled pairs of pictures, through the very stages that decide at the door.

    The pairs are a CSV file with the columns fold, a, b and same: a and b are paths below --images, same is 1 for one
    person and 0 for two, and fold (0, 1, ...) says which pairs are judged together at a threshold chosen on the others.

    \b
    Examples:
        faceauthd evaluate --images faces/ --pairs pairs.csv --json > figures.json
        faceauthd evaluate --images faces/ --pairs pairs.csv --report report/ --robustness 60
        faceauthd evaluate --images faces/ --pairs pairs.csv --embedder my-embedder
    """
    from faceauthd.cli.evaluate import evaluate as measure
    from faceauthd.evaluation.robustness import Who

    who = Who(people.value)
    raise typer.Exit(
        measure(
            images,
            pairs,
            as_json,
            models,
            threads,
            report,
            with_images,
            robustness,
            embedder,
            embedders,
            who,
            config,
            liveness,
        )
    )


def evaluate_liveness(
    clips: Annotated[Path, typer.Argument(metavar="CLIPS", help="Folder of <species>/<clip>/, frames and clip.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
    models: Annotated[Path | None, typer.Option(help="Folder of the model pack; the shipped one if not given.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads that a model may use.")] = 1,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="DIR", help="Write a page with charts and tables to this folder.")
    ] = None,
    mode: Annotated[
        LivenessMode, typer.Option(help="As decision.liveness: by what is seen, or with each sign of life asked for.")
    ] = LivenessMode.PASSIVE,
) -> None:
    """Measure liveness on clips of living people and of attacks, as the door would decide on them.

    A clip is a folder CLIPS/<species>/<clip>/ with its frames 000.jpg, 001.jpg, ... and clip.json, which says
    {"fps": 15}. Species whose names begin with "live" are living people. Printed are APCER for each kind of attack,
    BPCER, and how many had no answer, with 95 % intervals (ISO/IEC 30107-3). With --mode challenge the door
    asks for each sign of life in turn, and the living have to give all three within 6 seconds or so of their clip, as
    those of `python -m tools.attack_kit --species live-signs` do.

    \b
    Examples:
        faceauthd evaluate-liveness clips/ --report report/
        faceauthd evaluate-liveness clips/ --json | jq .worst_apcer
        faceauthd evaluate-liveness signs/ --mode challenge
    """
    if mode is LivenessMode.CHALLENGE:
        from faceauthd.cli.evaluate_signs import evaluate_signs

        if report is not None:
            raise typer.BadParameter("the page tells of --mode passive; leave it out", param_hint="--report")
        raise typer.Exit(evaluate_signs(clips, as_json=as_json, models=models, threads=threads))
    from faceauthd.cli.evaluate_liveness import evaluate_liveness as measure

    raise typer.Exit(measure(clips, as_json=as_json, models=models, threads=threads, report=report))
