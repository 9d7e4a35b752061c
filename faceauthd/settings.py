"""From the configuration to the plain values that the rooms take. No room below reads a configuration."""

from __future__ import annotations

from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.button import ButtonPolicy
from faceauthd.config import Config
from faceauthd.config.inputs import Vision
from faceauthd.enrolment import EnrolmentPolicy
from faceauthd.evidence import EvidencePolicy
from faceauthd.gate import Authority, Entry, Policy
from faceauthd.light import LightPolicy
from faceauthd.lockout import LockoutPolicy
from faceauthd.pace import PacePolicy
from faceauthd.recognizer import Stages
from faceauthd.vision.detect import Detector
from faceauthd.vision.embed import Embedder
from faceauthd.vision.eyes import EyeModel
from faceauthd.vision.landmarks import Landmarker
from faceauthd.vision.liveness import LivenessModel
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.presence import MOST_REACH_S
from faceauthd.vision.quality import EYES_OPEN, QualityGauge, QualityLimits


def pace_of(config: Config) -> PacePolicy:
    """How often somebody has to be looked at for their looks to add up."""
    decision = config.decision
    reach_s = None if decision.liveness == "off" else MOST_REACH_S
    return PacePolicy(decision.looks, decision.window_s, config.gate.forget_s, reach_s)


def policy_of(config: Config) -> Policy:
    """What the gate goes by."""
    decision, enroll, gate = config.decision, config.enroll, config.gate
    return Policy(
        evidence=EvidencePolicy(
            looks=decision.looks,
            window_s=decision.window_s,
            margin=decision.margin,
            refuse_after_looks=decision.refuse_after_looks,
            liveness_min=decision.liveness_min if decision.liveness != "off" else None,
        ),
        enrolment=EnrolmentPolicy(
            templates=enroll.templates,
            timeout_s=enroll.timeout_s,
            min_turn_deg=enroll.min_turn_deg,
            liveness_min=decision.liveness_min,
        ),
        lockout=LockoutPolicy(
            config.lockout.refusals,
            config.lockout.window_s,
            config.lockout.delays_s,
            config.lockout.alarm_after_spoofs,
            config.lockout.alarm_s,
        ),
        authority=Authority(enroll.authority),
        unlock_s=gate.unlock_s,
        refused_show_s=gate.refused_show_s,
        forget_s=gate.forget_s,
        retry_s=gate.retry_s,
        vouch_s=enroll.vouch_s,
        held_open_s=gate.held_open_s,
        entry=Entry(gate.entry),
        ask_s=gate.ask_s,
        two_person_s=gate.two_person_s,
        challenge=decision.liveness == "challenge",
        challenge_s=decision.challenge_s,
    )


def button_of(config: Config) -> ButtonPolicy:
    return ButtonPolicy(debounce_s=config.enroll.debounce_s, long_press_s=config.enroll.long_press_s)


def light_of(config: Config) -> LightPolicy | None:
    """When the light is lit; None without one."""
    panel = config.panel
    if panel.pins.light is None:
        return None
    return LightPolicy(below_lux=panel.light_below_lux, all_night=panel.light_when == "dark")


def stages_of(config: Config, pack: ModelPack) -> Stages:
    """One of each stage, on the models of `pack`."""
    return Stages(
        detector=Detector(pack.detector),
        landmarker=Landmarker(pack.landmarks),
        gauge=QualityGauge(limits_of(config.vision)),
        eyes=EyeModel(pack.eyes),
        embedder=Embedder(pack.embedder),
        view=pack.view,
        liveness=LivenessModel(pack.liveness),
        min_score=config.vision.detector_score,
    )


def limits_of(vision: Vision) -> QualityLimits:
    """What a look must come up to at the door."""
    return QualityLimits(
        min_face_px=vision.min_face_px,
        min_face_share=vision.min_face_share,
        min_sharpness=vision.min_sharpness,
        min_brightness=vision.min_brightness,
        max_brightness=vision.max_brightness,
        min_contrast=vision.min_contrast,
        max_yaw_deg=vision.max_yaw_deg,
        max_pitch_deg=vision.max_pitch_deg,
        max_roll_deg=vision.max_roll_deg,
        min_eyes_open=EYES_OPEN if vision.eyes_open_required else 0.0,
    )


def pins_of(config: Config) -> PanelPins:
    panel, pins = config.panel, config.panel.pins
    return PanelPins(
        relay=pins.relay,
        led_red=pins.led_red,
        led_green=pins.led_green,
        led_blue=pins.led_blue,
        led_status=pins.led_status,
        bar=pins.bar,
        buzzer=pins.buzzer,
        button=pins.button,
        exit_button=pins.exit_button,
        door_contact=pins.door_contact,
        alarm=pins.alarm,
        light=pins.light,
        relay_active_high=panel.relay_active_high,
        lamps_active_high=panel.lamps_active_high,
        lamps_dimmable=panel.lamps_dimmable,
        buzzer_tonal=panel.buzzer_kind == "tonal",
        button_pull_up=panel.button_pull_up,
    )
