"""faceauthd: the appliance itself, and what its owner runs by hand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from faceauthd import __version__
from faceauthd.cli import configuration, evaluating, models
from faceauthd.cli.exits import EXIT_MEANING, ExitCode, exit_for_error
from faceauthd.cli.output import written_or_said
from faceauthd.cli.severity import ERROR, WARNING, mark
from faceauthd.errors import ConfigError, FaceauthdError, PanelError

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


@app.command(name="panel-test")
def panel_test(
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Configuration [default: the installed one].")
    ] = None,
    pause_s: Annotated[float, typer.Option(min=0.1, max=60, help="Seconds that each signal is shown.")] = 2.5,
    button_s: Annotated[
        float, typer.Option(min=0, max=600, help="Seconds to wait for the buttons and the door's contact; 0: do not.")
    ] = 10.0,
    relay: Annotated[bool, typer.Option("--relay", help="Open the door, too, for gate.unlock_s.")] = False,
    alarm: Annotated[bool, typer.Option("--alarm", help="Switch the alarm's output, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the door is opened.")] = False,
    overrides: configuration.Overrides = None,
) -> None:
    """Show every signal on the panel as it is wired, then wait for its buttons. The door stays locked.

    Lamps, bar and buzzer do what they will do at the door, each with a line that says what is to be seen. With
    --relay the door is opened once as well. Refused (exit code 3) while the service runs, which holds the pins.

    \b
    Examples:
        sudo systemctl stop faceauthd && faceauthd panel-test --config /etc/faceauthd/faceauthd.yaml
        faceauthd panel-test --set panel.kind=terminal
        faceauthd panel-test --relay --yes --pause-s 1
    """
    from faceauthd.cli.panel_test import Plan
    from faceauthd.cli.panel_test import panel_test as test

    plan = Plan(pause_s=pause_s, sounds_alarm=alarm, button_s=button_s)

    def ask() -> bool:
        return yes or typer.confirm("Open the door now?")

    raise typer.Exit(test(config, tuple(overrides or ()), plan=plan, relay=relay, ask=ask))


@app.command()
def doctor(
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Configuration [default: the installed one].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    overrides: configuration.Overrides = None,
) -> None:
    """Look at everything the appliance needs, and say of each whether it is well and what to do if not.

    Disturbs nothing: what a running service holds is asked of it and not opened. Exits 0 if nothing is bad, else 1.

    \b
    Examples:
        sudo faceauthd doctor
        faceauthd doctor --json | jq '.findings[] | select(.grade != "good")'
    """
    from faceauthd.cli.doctor import examine

    raise typer.Exit(examine(config, overrides or (), as_json=as_json))


@app.command(name="panel-lock")
def lock_panel(
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Configuration [default: the installed one].")
    ] = None,
    overrides: configuration.Overrides = None,
) -> None:
    """Close the relay, lower alarm and light, and nothing else. The service runs this however the daemon ended.

    \b
    Example:
        sudo faceauthd panel-lock --config /etc/faceauthd/faceauthd.yaml
    """
    from faceauthd.cli.panel_lock import lock_relay, outputs_of

    try:
        typer.echo(lock_relay(outputs_of(config, overrides or ())))
    except PanelError as error:
        sys.stderr.write(f"{mark(sys.stderr, WARNING)}panel-lock: nothing was driven: {error}\n")
        raise typer.Exit(ExitCode.FAILED) from None


@app.command()
def bench(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A minute instead of several; the spread is wider.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Match among a million templates, too: 2 GB on the disk of TMPDIR.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, max=8, help="Threads that each model, and numpy, may use.")] = 1,
    compare: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An earlier --json document; prints the ratios to it.")
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write where one unlocking's time goes, for ui.perfetto.dev."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also draw the figures, as SVG files in DIR.")
    ] = None,
) -> None:
    """Measure speed and size on this machine: stages, time to unlock, matching, start, rest and memory.

    Real models on rendered frames; progress goes to standard error. A ratio below 1 means faster or smaller now.

    \b
    Examples:
        faceauthd bench
        faceauthd bench --json > before.json
        faceauthd bench --quick --compare before.json
        faceauthd bench --plot plots/ --trace unlocking.json
    """
    from faceauthd.cli.bench import bench as measure

    code = measure(as_json=as_json, quick=quick, full=full, threads=threads, earlier=compare, trace=trace, plot=plot)
    raise typer.Exit(code)


app.command()(evaluating.evaluate)
app.command(name="evaluate-liveness")(evaluating.evaluate_liveness)
app.command(name="check-config")(configuration.check_config)
app.command(name="show-config")(configuration.show_config)
app.add_typer(models.app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point. An error of ours is one line on standard error (a configuration's are all its problems)."""
    with written_or_said("faceauthd"):
        _main(arguments)


def _main(arguments: Sequence[str] | None) -> None:
    try:
        app(args=None if arguments is None else list(arguments), standalone_mode=True)
    except ConfigError as error:
        for problem in error.problems:
            sys.stderr.write(f"{mark(sys.stderr, ERROR)}faceauthd: {problem}\n")
        sys.exit(ExitCode.USAGE)
    except FaceauthdError as error:
        sys.stderr.write(f"{mark(sys.stderr, ERROR)}faceauthd: {error}\n")
        sys.exit(exit_for_error(error))
