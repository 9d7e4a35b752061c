"""`faceauthd check-config` and `faceauthd show-config`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faceauthd.cli.exits import ExitCode
from faceauthd.config import load_config, system_file
from faceauthd.config.render import effective_yaml, reference_yaml
from faceauthd.errors import ConfigError

Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Put a value over what the file says; may be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def check_config(
    file: Annotated[Path | None, typer.Argument(help="The file to check [default: the installed one].")] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Check a configuration and print every problem, one a line.

    Exits 0 if it is good (warnings do not count) and 2 if it is not.

    Example: faceauthd check-config config/laptop.yaml --set gate.unlock_s=3
    """
    problems: list[str] = []
    warnings: tuple[str, ...] = ()
    keys_set = 0
    try:
        loaded = load_config(file or system_file(), overrides or ())
        warnings, keys_set = loaded.warnings, loaded.keys_set
    except ConfigError as error:
        problems = error.problems
    if as_json:
        report = {"good": not problems, "keys_set": keys_set, "problems": problems, "warnings": list(warnings)}
        typer.echo(json.dumps(report))
    else:
        lines = [*problems, *(f"warning: {each}" for each in warnings)]
        typer.echo("\n".join(lines if problems else [*lines, f"good: {keys_set} keys set, {len(warnings)} warnings"]))
    if problems:
        raise typer.Exit(ExitCode.USAGE)


def show_config(
    file: Annotated[
        Path | None, typer.Option("--config", help="The file to read [default: the installed one].")
    ] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="Print every key with its comment and default instead.")
    ] = False,
) -> None:
    """Print the configuration in force, and beside each value where it came from.

    What is printed is a configuration file again. Warnings go to standard error.

    Example: faceauthd show-config --config config/laptop.yaml
    """
    if reference:
        typer.echo(reference_yaml(), nl=False)
        return
    loaded = load_config(file or system_file(), overrides or ())
    if as_json:
        values = loaded.config.model_dump(mode="json")
        typer.echo(json.dumps({"config": values, "origins": loaded.origins, "warnings": loaded.warnings}))
        return
    typer.echo(effective_yaml(loaded), nl=False)
    for each in loaded.warnings:
        typer.echo(f"warning: {each}", err=True)
