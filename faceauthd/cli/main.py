"""faceauthd: the appliance itself, and what its owner runs by hand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from faceauthd import __version__
from faceauthd.cli import configuration
from faceauthd.cli.exits import EXIT_MEANING, ExitCode, exit_for_error
from faceauthd.errors import ConfigError, FaceauthdError

app = typer.Typer(
    name="faceauthd",
    help="A face-unlock appliance for the Raspberry Pi. Start with: faceauthd demo",
    epilog="\b\nExit codes:\n" + "\n".join(f"  {int(code):3}  {meaning}" for code, meaning in EXIT_MEANING.items()),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    pass


@app.command()
def run(
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Configuration [default: the installed one].")
    ] = None,
    overrides: configuration.Overrides = None,
) -> None:
    """Run the appliance until it is told to stop: watch, recognise, open the door, enrol.

    \b
    Examples:
        faceauthd run --config config/laptop.yaml
        faceauthd run --set camera.source=replay:frames/ --set panel.kind=terminal --set gallery.path=/var/tmp/gallery
    """
    from faceauthd.cli.run import serve

    serve(config, overrides or ())


@app.command()
def demo(
    scene: Annotated[
        str,
        typer.Option(
            "--scene", metavar="NAME_OR_FILE", help="Which scene to play; docs/scenes.md says how to write one."
        ),
    ] = "demo",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the transitions as JSON lines, as fast as it goes.")
    ] = False,
    fast: Annotated[bool, typer.Option("--fast", help="Do not keep the scene's own time.")] = False,
    overrides: configuration.Overrides = None,
) -> None:
    """Play a scene through the whole appliance: real models, gallery and decisions; only camera and pins are not.

    Somebody enrols, walks away and walks up again, and the door opens; a stranger is refused. Exits 0 only if the scene
    ended as it should.

    \b
    Examples:
        faceauthd demo
        faceauthd demo --json | jq 'select(.event == "unlocked")'
        faceauthd demo --scene my-scene.yaml
    """
    from faceauthd.cli.demo import play

    raise typer.Exit(play(scene, as_json=as_json, fast=fast, overrides=overrides or ()))


@app.command()
def evaluate(
    images: Annotated[Path, typer.Option(help="Folder that the pairs' paths start in.")],
    pairs: Annotated[Path, typer.Option(help="CSV file with the columns fold, a, b and same.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
    models: Annotated[Path | None, typer.Option(help="Folder of the model pack; the shipped one if not given.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Threads that a model may use.")] = 1,
) -> None:
    """Measure verification on labelled pairs of pictures, through the very stages that decide at the door.

    The pairs are a CSV file with the columns fold, a, b and same: a and b are paths below --images, same is 1 for one
    person and 0 for two, and fold (0, 1, ...) says which pairs are judged together at a threshold chosen on the others.

    \b
    Example:
        faceauthd evaluate --images faces/ --pairs pairs.csv --json > figures.json
    """
    from faceauthd.cli.evaluate import evaluate as measure

    raise typer.Exit(measure(images, pairs, as_json, models, threads))


app.command(name="check-config")(configuration.check_config)
app.command(name="show-config")(configuration.show_config)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point. An error of ours is one line on standard error (a configuration's are all its problems)."""
    try:
        app(args=None if arguments is None else list(arguments), standalone_mode=True)
    except ConfigError as error:
        for problem in error.problems:
            sys.stderr.write(f"faceauthd: {problem}\n")
        sys.exit(ExitCode.USAGE)
    except FaceauthdError as error:
        sys.stderr.write(f"faceauthd: {error}\n")
        sys.exit(exit_for_error(error))
