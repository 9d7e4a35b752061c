"""What lies on disk: models, gallery, the folders' rights, and the room there is left."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from faceauthd.doctor.finding import Finding, bad, from_error, good, warning
from faceauthd.doctor.host import Host
from faceauthd.errors import GalleryError, ModelError
from faceauthd.gallery import Gallery
from faceauthd.vision.pack import ModelPack

LOW_BYTES, WORN_BYTES = 50 << 20, 500 << 20
"""Under the first a gallery that grows and a journal that rotates no longer fit together; under the second, soon."""


def check_models(
    folder: Path, open_pack: Callable[[Path], ModelPack] = ModelPack.open
) -> tuple[Finding, ModelPack | None]:
    """Every model's hash and shape; the pack, if it is well, for what else needs it."""
    try:
        pack = open_pack(folder)
    except ModelError as error:
        return from_error("models", error), None
    if pack.impostor_curve is None:
        remedy = "restore the models folder from the release"
        return bad("models", f"{folder}: the embedder's card has no impostor curve", remedy), pack
    return good("models", f"five models in {folder}, hashes and shapes as the manifest states"), pack


def check_gallery(
    folder: Path, embedder_id: str | None, promise: Callable[[int], object] = lambda _: None
) -> list[Finding]:
    """Read it without lock or change: what a start would mend, and templates that are not compared.

    `promise` raises ModelError if no threshold keeps it with so many templates: then faceauthd does not start.
    """
    if not (folder / "people.sqlite3").exists():
        return [warning("gallery", f"{folder} holds nobody yet", "press the button, or `sudo faceauthctl enroll NAME`")]
    repairs: list[str] = []
    try:
        with Gallery.open(folder, embedder_id=embedder_id, read_only=True, on_repair=repairs.append) as gallery:
            people, quarantined = gallery.people(), sum(gallery.quarantined.values())
    except GalleryError as error:
        return [from_error("gallery", error)]
    found = [warning("gallery", repair, "it is mended when faceauthd starts") for repair in repairs]
    foreign = [person.name for person in people if person.foreign_templates]
    if embedder_id and foreign:
        remedy = "enrol them again, or put the former models back"
        found.append(warning("gallery", f"templates of another model are not compared: {', '.join(foreign)}", remedy))
    if quarantined:
        remedy = "remove the people `faceauthctl people` marks, and enrol them again"
        found.append(warning("gallery", f"{quarantined} damaged templates are set aside", remedy))
    templates = sum(person.templates for person in people)
    try:
        promise(templates)
    except ModelError as error:
        found.append(from_error("gallery", error))
    return found or [good("gallery", f"people: {len(people)}, templates: {templates}")]


def check_rights(folder: Path, name: str = "state folder") -> Finding:
    """Whether nobody but its owner can look into a folder."""
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except FileNotFoundError:
        return warning(name, f"{folder} is not there yet", "it is made when faceauthd starts")
    except OSError as error:
        return bad(name, f"{folder} cannot be looked at ({error.strerror})", "run this with sudo")
    if mode & 0o077:
        return bad(name, f"{folder} has mode {mode:04o}: others can read who is enrolled", f"sudo chmod 700 {folder}")
    return good(name, f"{folder} has mode {mode:04o}")


def check_socket(path: Path, is_running: bool) -> Finding:
    """Whether the control socket is there when it should be, for its group only."""
    try:
        found = path.stat()
    except OSError:
        if is_running:
            return bad("socket", f"faceauthd runs, but {path} is not there", "restart it: systemctl restart faceauthd")
        return good("socket", f"{path} is made when faceauthd starts")
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISSOCK(found.st_mode) or mode & 0o007:
        return bad("socket", f"{path} has mode {mode:04o}, or is no socket", "remove it and restart faceauthd")
    if not is_running:
        return warning("socket", f"{path} was left behind by a daemon that died", "start faceauthd; it clears it away")
    return good("socket", f"{path} has mode {mode:04o}")


def check_disk(folder: Path, host: Host) -> Finding:
    """Whether an enrolment and the journal still fit."""
    try:
        free = host.free_bytes(folder)
    except OSError as error:
        return bad("disk", f"{folder}: {error.strerror}", "look whether the card is mounted")
    said = f"{free >> 20} MiB are free where {folder} lies"
    if free < LOW_BYTES:
        return bad("disk", said, "make room: sudo apt-get clean; sudo journalctl --vacuum-size=50M")
    if free < WORN_BYTES:
        return warning("disk", said, "make room soon: sudo apt-get clean; sudo journalctl --vacuum-size=50M")
    return good("disk", said)
