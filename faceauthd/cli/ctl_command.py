"""Registers a function as a command that also takes the options every command takes, before or after its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from faceauthd.cli.ctl_session import Options, Session
from faceauthd.errors import FaceauthdError

Body = Callable[..., None]


def shared_options(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
    socket: Annotated[
        Path | None, typer.Option("--socket", metavar="PATH", help="The daemon's control socket.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Configuration that names socket and gallery.")
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override a key of it.")
    ] = None,
) -> None:
    """Keep the options that stand before the command."""
    context.obj = Options(as_json, socket, config, tuple(overrides or ()))


_SHARED = inspect.signature(shared_options, eval_str=True).parameters


def command(app: typer.Typer, examples: Sequence[str]) -> Callable[[Body], Body]:
    """Decorate `function(session, ...)`: its docstring is the help, `examples` are shown below it.

    An error of ours that escapes from it becomes one line and an exit code.
    """

    def register(function: Body) -> Body:
        app.command(name=function.__name__, help=inspect.getdoc(function), epilog=_epilog(examples))(_wrapped(function))
        return function

    return register


def _wrapped(function: Body) -> Body:
    signature = _signature(function)

    def run(**given: Any) -> None:
        context: typer.Context = given["context"]
        local = Options(given["as_json"], given["socket"], given["config"], tuple(given["overrides"] or ()))
        session = Session(local.over(context.obj or Options()))
        try:
            function(session, **{name: value for name, value in given.items() if name not in _SHARED})
        except FaceauthdError as wrong:
            session.end_failed(wrong)

    vars(run)["__signature__"] = signature  # what typer reads parameters from
    run.__annotations__ = {name: part.annotation for name, part in signature.parameters.items()}
    return run


def _signature(function: Body) -> inspect.Signature:
    """The function's own parameters (without its session) and after them the shared ones."""
    _, *own = inspect.signature(function, eval_str=True).parameters.values()
    return inspect.Signature([part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in (*own, *_SHARED.values())])


def _epilog(examples: Sequence[str]) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples)
