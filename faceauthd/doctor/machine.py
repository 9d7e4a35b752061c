"""The board and its system: heat, power, service and journal."""

from __future__ import annotations

from pathlib import Path

from faceauthd.adapters.journald_socket import JOURNALD
from faceauthd.adapters.thermometer import ZONE, celsius_of
from faceauthd.doctor.finding import Finding, bad, good, warning
from faceauthd.doctor.host import Host

THROTTLES_AT_C, STOPS_AT_C = 80.0, 85.0
"""A Raspberry Pi slows down from 80 degrees on and holds at 85 (Raspberry Pi documentation, "Frequency management")."""

_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_NOW = {0: "the supply's voltage is too low", 1: "the processor's frequency is capped", 2: "it is throttled",
        3: "it is at its temperature limit"}  # fmt: skip
"""Bits of `vcgencmd get_throttled`; 16 higher the same for any time since the start (Raspberry Pi documentation)."""
_SYSTEMD = Path("/run/systemd/system")
_KEPT = Path("/var/log/journal")


def check_temperature(host: Host) -> Finding | None:
    """None where the board has no thermometer."""
    degrees = celsius_of(host.read(ZONE) or "")
    if degrees is None:
        return None
    said = f"{degrees:.0f} °C"
    if degrees >= STOPS_AT_C:
        return bad("temperature", said, "give the board air, or a heat sink")
    if degrees >= THROTTLES_AT_C:
        return warning("temperature", f"{said}: it slows down", "give the board air, or a heat sink")
    return good("temperature", said)


def check_power(host: Host) -> Finding | None:
    """Under-voltage and throttling as the firmware tells them; None where it does not."""
    told = host.run("vcgencmd", "get_throttled") or host.read(_THROTTLED)
    try:
        bits = int((told or "").rpartition("=")[2], 16)
    except ValueError:
        return None
    now = [text for bit, text in _NOW.items() if bits & 1 << bit]
    before = [text for bit, text in _NOW.items() if bits & 1 << bit + 16]
    remedy = "use the supply made for this board and a short cable; give the board air"
    if bits & 1:
        return bad("power", "; ".join(now), remedy)
    if now or before:
        said = "; ".join(now) or "since the start: " + "; ".join(before)
        return warning("power", said, remedy)
    return good("power", "voltage and frequency are as they should be")


def check_service(host: Host) -> Finding:
    """What systemd says of it."""
    if not host.exists(_SYSTEMD):
        return warning("service", "no systemd runs here", "start it by hand: faceauthd run")
    state = host.run("systemctl", "is-active", "faceauthd")
    if state == "active":
        return good("service", "active")
    if state in ("activating", "reloading", "deactivating"):
        return warning(
            "service", state, "`systemctl status faceauthd` says what it waits for: a camera, or the next try"
        )
    if state == "failed":
        return bad("service", "failed", "see why: journalctl -u faceauthd; then: sudo systemctl restart faceauthd")
    if host.run("systemctl", "is-enabled", "faceauthd") in (None, "", "not-found"):
        return warning("service", "not installed", "sudo ./install.sh")
    return bad("service", state or "unknown", "sudo systemctl enable --now faceauthd")


def check_journal(host: Host, setting: str) -> Finding:
    """Whether events are kept: `setting` is log.journal."""
    if setting == "stderr":
        return good("journal", "events go to standard error, as log.journal says")
    if not host.exists(JOURNALD):
        remedy = "none needed for a trial; a service needs systemd-journald"
        return warning("journal", "no journald runs here: events go to standard error", remedy)
    if not host.exists(_KEPT):
        remedy = "sudo mkdir /var/log/journal && sudo systemctl restart systemd-journald"
        return warning("journal", "the journal is kept in memory: events are lost at each start", remedy)
    return good("journal", "events are kept in the systemd journal")
