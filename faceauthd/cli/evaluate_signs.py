"""`faceauthd evaluate-liveness --mode challenge`: who opens a door that asks for signs of life."""

from __future__ import annotations

from collections.abc import Sequence
from json import dumps
from typing import TYPE_CHECKING

import typer

from faceauthd.cli.evaluate_liveness import BAD_INPUT, progress, rate_json, shown
from faceauthd.config import load_config
from faceauthd.errors import FaceauthdError
from faceauthd.evaluation.clips import find_clips
from faceauthd.evaluation.presentations import stages_of
from faceauthd.evaluation.signs import SignRates, Trial, sign_rates, trials_of
from faceauthd.resources import shipped
from faceauthd.settings import limits_of, policy_of
from faceauthd.vision.pack import ModelPack

if TYPE_CHECKING:
    from pathlib import Path


def evaluate_signs(clips: Path, *, as_json: bool, models: Path | None, threads: int) -> int:
    """Print the rates; 0 if they could be measured, 2 if the input is at fault."""
    config = load_config(None, ["decision.liveness=challenge"]).config
    try:
        found = find_clips(clips)
        stages = stages_of(ModelPack.open(models or shipped("models"), threads=threads), limits_of(config.vision))
        trials: list[Trial] = []
        with progress(is_shown=not as_json) as watched:
            for clip in watched(found):
                trials += trials_of(clip, stages, policy_of(config), config.decision.liveness_s)
    except FaceauthdError as error:
        typer.echo(f"faceauthd evaluate-liveness: {error}", err=True)
        return BAD_INPUT
    rates = sign_rates(trials)
    typer.echo(dumps(_as_json(rates)) if as_json else _as_text(rates))
    return 0


def _as_json(rates: Sequence[SignRates]) -> dict[str, object]:
    return {
        "mode": "challenge",
        "species": {
            one.species: {
                "clips": one.asked.total,
                "asked": rate_json(one.asked),
                "bpcer" if one.is_live else "apcer": round(one.error, 5),
                "of": {sign.value: rate_json(rate) for sign, rate in one.errors},
            }
            for one in rates
        },
    }


def _as_text(rates: Sequence[SignRates]) -> str:
    signs = [sign for sign, _ in rates[0].errors]
    head = "".join(f"  asked for {sign:16}" for sign in signs)
    lines = [f"{'species':14} {'asked':>7}  over the lot{head}"]
    for one in rates:
        cells = "".join(f"  {shown(rate):26}" for _, rate in one.errors)
        name = "BPCER" if one.is_live else "APCER"
        asked = f"{one.asked.count}/{one.asked.total}"
        lines.append(f"{one.species:14} {asked:>7}  {name} {one.error:.3f} {cells}")
    return "\n".join(line.rstrip() for line in lines)
