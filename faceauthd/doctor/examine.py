"""All checks, in the order in which one would mend what they find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from faceauthd import settings
from faceauthd.adapters.clock import MonotonicClock
from faceauthd.adapters.pin_factory import Factory, open_factory
from faceauthd.cameras import open_camera
from faceauthd.config import Config
from faceauthd.doctor import machine, panel, stores
from faceauthd.doctor.camera import check_camera
from faceauthd.doctor.clock import check_clock
from faceauthd.doctor.finding import Finding, warning
from faceauthd.doctor.host import Host
from faceauthd.doctor.running import Daemon
from faceauthd.ports import Camera
from faceauthd.types import Edge
from faceauthd.vision.pack import ModelPack


def examine(config: Config, daemon: Daemon, host: Host, factory: Callable[[], Factory] | None = None) -> list[Finding]:
    """Look at everything. `factory` opens pins in place of the configured ones."""
    open_pack = partial(ModelPack.open, embedders=config.vision.embedders)
    models, pack = stores.check_models(config.vision.models_folder, open_pack)
    folder = config.gallery.path
    board = (machine.check_temperature(host), machine.check_power(host))
    return [
        *panel.check_settings(config),
        machine.check_service(host),
        _camera(config, daemon, pack),
        *panel.check_pins(
            config,
            settings.pins_of(config),
            daemon,
            factory or (lambda: open_factory(config.panel.pin_factory)),
        ),
        *panel.check_relay(config),
        models,
        *stores.check_gallery(folder, pack.embedder_id if pack else None, _promise(config, pack)),
        stores.check_rights(folder),
        stores.check_socket(config.control.socket, daemon.is_running),
        panel.check_group(host.groups_of("faceauthd"), config),
        stores.check_disk(folder, host),
        check_clock(datetime.now().astimezone(), config.clock.trust, folder, host),
        *(finding for finding in board if finding is not None),
        machine.check_journal(host, config.log.journal),
    ]


def _promise(config: Config, pack: ModelPack | None) -> Callable[[int], object]:
    """What asks for the threshold of so many templates, which raises ModelError if none keeps the promise."""
    curve, decision = pack.impostor_curve if pack else None, config.decision
    if curve is None:
        return lambda _: None  # which the check of the models has said
    return lambda templates: curve.threshold_for(decision.false_accept_rate, templates, decision.refuse_after_looks)


def _camera(config: Config, daemon: Daemon, pack: ModelPack | None) -> Finding:
    if pack is None:
        return warning("camera", "not looked at, since the models are not well", "mend the models first")
    stages = settings.stages_of(config, pack)

    def opened() -> Camera:
        return open_camera(config.camera, MonotonicClock(), _no_finger, stages)

    return check_camera(config.camera, daemon, opened)


def _no_finger(_: Edge) -> None:
    """A scene may press the button; here nobody listens."""
