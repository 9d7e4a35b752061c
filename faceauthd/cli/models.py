"""`faceauthd models`: embedders that somebody brought, checked before they are let in, and chosen between."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faceauthd.cli import configuration
from faceauthd.errors import GalleryError, ModelError

if TYPE_CHECKING:
    from faceauthd.cli.render import Printer
    from faceauthd.config import Config
    from faceauthd.vision.card import EmbedderCard
    from faceauthd.vision.shelf import Shelf

ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Configuration [default: the installed one].")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
NO_CURVE = "it has no impostor curve, so no promise can be kept and the door refuses to run with it"

app = typer.Typer(
    name="models",
    help="Add, choose and remove embedders; docs/embedders.md says how to bring one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE.onnx", show_default=False)],
    card: Annotated[Path, typer.Option("--card", metavar="CARD.yaml", help="What it takes and gives.")],
    config: ConfigFile = None,
    overrides: configuration.Overrides = None,
) -> None:
    """Check an embedder and put it on the shelf; `models use` then chooses it.

    \b
    Example:
        sudo faceauthd models add my-embedder.onnx --card my-embedder.yaml
    """
    from faceauthd.vision.card import read_card
    from faceauthd.vision.foreign import MOST_BYTES

    loaded = _loaded(config, overrides or ())
    known, data = read_card(card)
    try:
        with file.open("rb") as source:
            content = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}; give the model's file") from error
    _tried(loaded, content, known)
    target = _shelf(loaded).add(content, data)
    printer = _printer()
    printer.line(f"Added {known.name} in {target}; choose it with: faceauthd models use {known.name}")
    if known.impostor_curve is None:
        printer.note(f"faceauthd: {NO_CURVE}; put a measured impostor_curve on its card and add it again")


@app.command(name="list")
def list_(config: ConfigFile = None, overrides: configuration.Overrides = None) -> None:
    """List the embedders there are."""
    from faceauthd.vision.card import SHIPPED

    shelf = _shelf(_loaded(config, overrides or ()))
    used = shelf.in_use()
    printer = _printer()
    rows = [(SHIPPED, "in use" if used is None else "", "aligned-face", "measured")]
    for name in shelf.names():
        card = shelf.card(name)
        curve = "measured" if card.impostor_curve else "no curve"
        rows.append((name, "in use" if name == used else "", card.recipe.view.value, curve))
    printer.table(("NAME", "", "TAKES", "CURVE"), rows)


@app.command()
def use(name: NameArgument, config: ConfigFile = None, overrides: configuration.Overrides = None) -> None:
    """Choose the embedder, `shipped` for the one that came along, from the next start of faceauthd on."""
    from faceauthd.vision.card import SHIPPED
    from faceauthd.vision.manifest import read_manifest

    loaded = _loaded(config, overrides or ())
    shelf = _shelf(loaded)
    if name == SHIPPED:
        made_by = read_manifest(loaded.vision.models_folder / "manifest.yaml")["embedder"].sha256
    else:
        card = shelf.card(name)
        if card.impostor_curve is None:
            raise ModelError(f"{name}: {NO_CURVE}; add it again with a measured impostor_curve on its card")
        _tried(loaded, shelf.content(name), card)
        made_by = card.embedder_id
    shelf.use(None if name == SHIPPED else name)
    printer = _printer()
    printer.line(f"{name} is used from the next start on: sudo systemctl restart faceauthd")
    printer.line(_to_enrol_again(loaded.gallery.path, made_by))


@app.command()
def remove(name: NameArgument, config: ConfigFile = None, overrides: configuration.Overrides = None) -> None:
    """Remove an embedder that is not in use."""
    _shelf(_loaded(config, overrides or ())).remove(name)
    _printer().line(f"Removed {name}.")


@app.command()
def check(config: ConfigFile = None, overrides: configuration.Overrides = None) -> None:
    """Check every embedder on the shelf again: hash, shapes, and what it makes of faces."""
    loaded = _loaded(config, overrides or ())
    shelf = _shelf(loaded)
    for name in shelf.names():
        _tried(loaded, shelf.content(name), shelf.card(name))
        _printer().line(f"{name}: good")
    shelf.in_use()


def _printer() -> Printer:
    """Its module is not for the daemon, whose command line knows these commands too."""
    from faceauthd.cli.render import Printer

    return Printer()


def _loaded(config: Path | None, overrides: tuple[str, ...] | list[str]) -> Config:
    from faceauthd.config import load_config, system_file

    return load_config(config or system_file(), overrides).config


def _shelf(config: Config) -> Shelf:
    from faceauthd.vision.shelf import Shelf

    return Shelf(config.vision.embedders)


def _tried(config: Config, content: bytes, card: EmbedderCard) -> None:
    """Run it on the shipped faces. Raises ModelError."""
    from faceauthd.evaluation.subject import subject_of
    from faceauthd.picture import load_picture
    from faceauthd.resources import shipped
    from faceauthd.vision.detect import Detector
    from faceauthd.vision.foreign import try_out
    from faceauthd.vision.landmarks import Landmarker
    from faceauthd.vision.pack import ModelPack

    pack = ModelPack.open(config.vision.models_folder).with_embedder(content, card)
    detector, landmarker = Detector(pack.detector), Landmarker(pack.landmarks)
    views = []
    for path in sorted(shipped("faces").glob("*.jpg")):
        picture = load_picture(path)
        box = subject_of(picture, detector)
        if box is not None:
            views.append(pack.view(picture, landmarker.locate(picture, [box])[0]))
    if len(views) < 2:
        raise ModelError("the sample faces that came along are missing; install faceauthd again")
    try_out(pack.embedder, views, card.name)


def _to_enrol_again(gallery: Path, made_by: str) -> str:
    from faceauthd.gallery import Gallery

    try:
        with Gallery.open(gallery, embedder_id=made_by, read_only=True) as opened:
            again = [person.name for person in opened.people() if not person.templates]
    except GalleryError as error:
        return f"Whoever is enrolled must be enrolled again ({error})."
    return f"{len(again)} people must be enrolled again; the templates they have are kept, and not compared."
