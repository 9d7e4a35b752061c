"""What the command line's parser cannot do by itself: some arguments, and telling programs what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

import typer

from faceauthd.cli.exits import ExitCode
from faceauthd.cli.render import Printer
from faceauthd.control.protocol import Code

_USAGE_ERROR: type[typer.BadParameter] = typer.BadParameter.__base__  # type: ignore[assignment]
"""Whatever the parser has to say against the command line; typer gives no name to it."""
_UNIT_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def spread(arguments: Sequence[str], option: str) -> list[str]:
    """Turn `--images a b c`, as a shell's glob leaves it, into `--images a --images b --images c`.

    The values end with the next argument that begins with `-`.
    """
    out: list[str] = []
    is_in_values = False
    for index, argument in enumerate(arguments):
        if argument == "--":
            return [*out, *arguments[index:]]
        if argument == option:
            is_in_values = True
            if index + 1 == len(arguments) or arguments[index + 1].startswith("-"):
                out.append(option)  # without a value: the parser says so
        elif argument.startswith("-"):
            is_in_values = False
            out.append(argument)
        else:
            out += [option, argument] if is_in_values else [argument]
    return out


def run_parsed(app: typer.Typer, arguments: Sequence[str], program: str) -> int:
    """Run `app` and give its exit code. What its parser refuses is told as any other refusal: with --json, as JSON."""
    try:
        ended = app(args=list(arguments), prog_name=program, standalone_mode=False)
    except _USAGE_ERROR as wrong:
        wrong.show()
        if "--json" in takewhile(lambda argument: argument != "--", arguments):
            Printer(as_json=True).document({"error": {"code": Code.BAD_REQUEST, "message": wrong.format_message()}})
        return ExitCode.USAGE
    except typer.Abort:
        typer.echo("Given up.", err=True)
        return ExitCode.INTERRUPTED
    return ended if isinstance(ended, int) else ExitCode.DONE


def seconds_ago(text: str) -> float:
    """Read `90s`, `10m`, `2h`, `7d` or `1w`. Raises typer.BadParameter."""
    found = re.fullmatch(r"([0-9]{1,6})([smhdw]?)", text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no length of time; write for example 90s, 10m, 2h or 7d")
    return float(int(found[1]) * _UNIT_S[found[2]])
