"""Sections for how the door is decided: evidence, the gate, the lockout and enrolment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from faceauthd.config.base import ListOf, Section

DelayS = Annotated[float, Field(ge=1, le=86_400)]


class Decision(Section):
    """When looks add up to somebody."""

    false_accept_rate: float = Field(
        default=1e-5,
        ge=1e-7,
        le=1e-3,
        description="The promise: the chance that a stranger's attempt opens the door, over the whole gallery. "
        "The similarity that is demanded follows from it.",
    )
    looks: int = Field(default=3, ge=2, le=10, description="Looks of one face that must agree on the same person.")
    window_s: float = Field(default=2.0, ge=0.2, le=10, description="Seconds within which these looks must fall.")
    margin: float = Field(
        default=0.05, ge=0, le=0.5, description="How far ahead of the second-best person the best must be, in cosine."
    )
    refuse_after_looks: int = Field(
        default=8, ge=2, le=60, description="Usable looks without a match after which a face is refused as unknown."
    )
    liveness: Literal["passive", "challenge", "off"] = Field(
        default="passive",
        description="Whether a photograph or a screen held up to the camera is refused: by what is seen, or also by "
        "asking for a sign of life before the door opens, drawn by lot: closing the eyes for a moment, or a turn of "
        "the head to the left or to the right.",
    )
    challenge_s: float = Field(
        default=5.0, ge=1, le=30, description="Seconds in which the sign of life that was asked for has to come."
    )
    liveness_min: float = Field(
        default=0.5, ge=0, le=1, description="The least score over the window that counts as a living face."
    )
    liveness_s: float = Field(
        default=0.6,
        ge=0,
        le=1.8,
        description="Seconds a face is watched before it is judged; what is around it must have had time to move, and "
        "the head to turn: nobody who keeps it quite still is let in; after 2.2 times as long they are asked to turn "
        "it. 0 waits for neither.",
    )
    relief_min: float = Field(
        default=0.35,
        ge=-1,
        le=2,
        description="How far a face has to have shown its nose, by turning, before it is let in. Lower it if somebody "
        "is asked to turn again and again; the lower, the more paper masks get in (docs/liveness.md).",
    )


class Gate(Section):
    """What it takes to be let in, and the door's own times."""

    entry: Literal["walk-up", "press", "two-person"] = Field(
        default="walk-up",
        description="walk-up: a face is enough. press: a short press of the button asks, then the face decides, and a "
        "long press enrols. two-person: two different enrolled people, one soon after the other.",
    )
    ask_s: float = Field(
        default=10.0, ge=2, le=60, description="Seconds after the press in which a face may answer it (entry: press)."
    )
    two_person_s: float = Field(
        default=10.0, ge=2, le=120, description="Seconds in which the second person has to follow (entry: two-person)."
    )
    unlock_s: float = Field(
        default=5.0, ge=0.5, le=60, description="Seconds the door stays open once somebody is let in."
    )
    held_open_s: float = Field(
        default=30.0,
        ge=1,
        le=3600,
        description="Seconds the door may stand open once it was unlocked (panel.pins.door_contact tells).",
    )
    refused_show_s: float = Field(default=2.0, ge=0.2, le=30, description="Seconds a refusal is shown on the panel.")
    forget_s: float = Field(
        default=1.0, ge=0.1, le=10, description="Seconds a face may be out of sight before its looks are forgotten."
    )
    retry_s: float = Field(
        default=3.0,
        ge=0.5,
        le=60,
        description="Seconds until a refused face is looked at again; twice as long after each further refusal.",
    )


class Lockout(Section):
    """What happens while strangers keep trying. An empty room and passers-by never count."""

    refusals: int = Field(
        default=5, ge=1, le=100, description="Refused faces within the window that lock everybody out."
    )
    window_s: float = Field(default=60.0, ge=1, le=3600, description="Seconds over which refusals are counted.")
    delays_s: Annotated[tuple[DelayS, ...], ListOf] = Field(
        default=(30.0, 60.0, 300.0, 900.0),
        min_length=1,
        max_length=16,
        description="Seconds the first, second, ... lockout in a row lasts; the last one repeats.",
    )
    alarm_after_spoofs: int = Field(
        default=3, ge=1, le=100, description="Suspected spoofs within the window that raise the alarm output."
    )
    alarm_s: float = Field(
        default=60.0, ge=1, le=3600, description="Seconds that this alarm lasts after the last suspected spoof."
    )


class Enroll(Section):
    """How somebody new is learnt."""

    authority: Literal["first-then-admin", "always", "cli-only"] = Field(
        default="first-then-admin",
        description="Who may enrol by the button: the first person becomes administrator and vouches for the others; "
        "anybody, always; or nobody, only faceauthctl.",
    )
    vouch_s: float = Field(
        default=20.0, ge=2, le=300, description="Seconds after the press in which an administrator may vouch."
    )
    templates: int = Field(
        default=5, ge=3, le=8, description="Good looks of different pose that are kept of a new person."
    )
    timeout_s: float = Field(
        default=60.0, ge=5, le=600, description="Seconds without a new look after which enrolment is given up."
    )
    min_turn_deg: float = Field(
        default=5.0,
        ge=0,
        le=20,
        description="Degrees of head turn by which a look must differ from those taken before.",
    )
    long_press_s: float = Field(
        default=1.5, ge=0.3, le=10, description="Seconds from which a press of the button is a long one."
    )
    debounce_s: float = Field(
        default=0.03, ge=0, le=0.25, description="Seconds the button's contact must rest before a change counts."
    )
