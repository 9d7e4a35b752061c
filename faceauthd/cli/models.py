"""`faceauthd models`: embedders that somebody brought, checked before they are let in, and chosen between."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faceauthd.cli import configuration
from faceauthd.errors import GalleryError, ModelError

if TYPE_CHECKING:
    from faceauthd.cli.render import Printer
    from faceauthd.config import Config
    from faceauthd.vision.card import EmbedderCard
    from faceauthd.vision.manifest import ImpostorCurve
    from faceauthd.vision.shelf import Shelf

ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Configuration [default: the installed one].")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
NO_CURVE = "it has no impostor curve, so no promise can be kept and the door refuses to run with it"
Images = Annotated[
    Path | None,
    typer.Option(
        "--images", metavar="DIR", help="Measure its curve on these pictures: a folder with one folder for each person."
    ),
]
OnePerson = Annotated[
    Path | None, typer.Option("--one-person", metavar="CSV", help="Names that are one person: columns a, b and why.")
]
Data = Annotated[str | None, typer.Option("--data", help="What the pictures are, for the card [default: the folder].")]

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
    images: Images = None,
    one_person: OnePerson = None,
    data: Data = None,
    config: ConfigFile = None,
    overrides: configuration.Overrides = None,
) -> None:
    """Check an embedder and put it on the shelf; `models use` then chooses it.

    \b
    Example:
        sudo faceauthd models add my-embedder.onnx --card my-embedder.yaml --images faces/
    """
    from faceauthd.vision.card import read_card
    from faceauthd.vision.foreign import MOST_BYTES

    loaded = _loaded(config, overrides or ())
    known, card_data = read_card(card)
    try:
        with file.open("rb") as source:
            content = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}; give the model's file") from error
    _tried(loaded, content, known)
    target = _shelf(loaded).add(content, card_data)
    printer = _printer()
    printer.line(f"Added {known.name} in {target}; choose it with: faceauthd models use {known.name}")
    if images is not None:
        _measure(loaded, known.name, images, one_person, data)
    elif known.impostor_curve is None:
        printer.note(f"faceauthd: {NO_CURVE}; {_to_measure(known.name)}")


@app.command()
def measure(
    name: NameArgument,
    images: Annotated[
        Path, typer.Option("--images", metavar="DIR", help="A folder with one folder for each person, 120 or more.")
    ],
    one_person: OnePerson = None,
    data: Data = None,
    config: ConfigFile = None,
    overrides: configuration.Overrides = None,
) -> None:
    """Measure an added embedder's impostor curve, and write it on its card.

    Every picture is compared with every picture of somebody else: the more people, the stricter a promise can be
    measured instead of extrapolated. docs/evaluation.md says how, and what the curve does not prove.

    \b
    Example:
        sudo faceauthd models measure my-embedder --images faces/ --data "staff photographs, 2026"
    """
    _measure(_loaded(config, overrides or ()), name, images, one_person, data)


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
        ours = read_manifest(loaded.vision.models_folder / "manifest.yaml")["embedder"]
        made_by, curve = ours.sha256, ours.impostor_curve
    else:
        card = shelf.card(name)
        made_by, curve = card.embedder_id, card.impostor_curve
        if curve is not None:
            _tried(loaded, shelf.content(name), card)
    if curve is None:
        raise ModelError(f"{name}: {NO_CURVE}; {_to_measure(name)}")
    _can_keep_the_promise(loaded, curve, made_by)
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


def _measure(config: Config, name: str, images: Path, one_person: Path | None, data: str | None) -> None:
    """Raises EvaluationError, ModelError, PictureError; then the card is as it was."""
    from faceauthd.cli.progress import progress
    from faceauthd.evaluation.card_curve import as_text, measured_curve
    from faceauthd.evaluation.collection import collect
    from faceauthd.vision.pack import ModelPack

    shelf = _shelf(config)
    card = shelf.card(name)
    pack = ModelPack.open(config.vision.models_folder).with_embedder(shelf.content(name), card)
    with progress("embedding") as passing:
        found = collect(images, pack, passing)
    report = measured_curve(found, data or images.resolve().name, one_person)
    shelf.set_curve(name, report["curve"])
    printer = _printer()
    printer.line(as_text(report))
    printer.line(f"The curve is on the card of {name}; choose it with: faceauthd models use {name}")


def _to_measure(name: str) -> str:
    return f"measure it: sudo faceauthd models measure {name} --images DIR"


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


def _can_keep_the_promise(config: Config, curve: ImpostorCurve, made_by: str) -> None:
    """What the start asks for, with everybody enrolled anew as well. Raises ModelError, which says what to change."""
    from faceauthd.gallery import Gallery

    people = 0
    with suppress(GalleryError), Gallery.open(config.gallery.path, embedder_id=made_by, read_only=True) as opened:
        people = len(opened.people())
    decision = config.decision
    templates = max(1, people) * config.enroll.templates
    curve.threshold_for(decision.false_accept_rate, templates, decision.refuse_after_looks)


def _to_enrol_again(gallery: Path, made_by: str) -> str:
    from faceauthd.gallery import Gallery

    try:
        with Gallery.open(gallery, embedder_id=made_by, read_only=True) as opened:
            again = [person.name for person in opened.people() if not person.templates]
    except GalleryError as error:
        return f"Whoever is enrolled must be enrolled again ({error})."
    return f"{len(again)} people must be enrolled again; the templates they have are kept, and not compared."
