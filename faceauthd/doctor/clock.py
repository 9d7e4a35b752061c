"""Whether the door believes the clock: asked as the door asks it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from faceauthd.adapters.calendar import CLOCK_FILE, DAMAGED, newest_in
from faceauthd.adapters.clock_trust import VOUCHERS, Voucher, Why, doubt_of
from faceauthd.adapters.newer_file import NewerFormat
from faceauthd.doctor.finding import Finding, bad, good, warning
from faceauthd.doctor.host import Host

CHARGED_V = 2.0
"""Where the 3 V cell that is sold for a Pi 5 (ML 2020) is empty. Not tried on one."""
_RTC_NAME = Path("/sys/class/rtc/rtc0/name")
_CONFIRM = (
    "connect it to a time server (systemd-timesyncd), fit a clock with a battery, or set it by hand (`sudo timedatectl "
    "set-time`) and set clock.trust: itself"
)
_FIT = "fit the battery, or connect it to a time server (systemd-timesyncd)"


def check_clock(
    now: datetime, trust: str, gallery: Path, host: Host, vouchers: Mapping[str, Voucher] = VOUCHERS
) -> Finding:
    """Rules with hours and the journal go by civil time. `trust` is clock.trust; `vouchers` who vouches for a time.

    It is what a door would find that started now: one that runs goes on believing what was confirmed since its start.
    """
    path = gallery / CLOCK_FILE
    doubt = doubt_of(now, _newest(path), vouchers[trust])
    said = f"{now:%Y-%m-%d %H:%M %Z}"
    if doubt is not None and doubt.is_wrong:
        is_back = doubt.why is Why.WENT_BACK
        unless = (
            f"; or if it was wrong before and is right now: stop faceauthd, remove {path}, start it" if is_back else ""
        )
        return bad("clock", f"{doubt.said}: people with limits in time stay outside", f"{_CONFIRM}{unless}")
    if doubt is not None:
        return warning("clock", f"{said}, but {doubt.said}: people with limits in time stay outside", _CONFIRM)
    if trust == "auto" and not vouchers["server"](now.timestamp()) and _lacks_battery(host):
        return warning("clock", f"{said}, but the board's own clock has no battery, and forgets it without power", _FIT)
    return good("clock", said)


def _newest(path: Path) -> float:
    """What the door goes by as well where the file cannot be read, which others of the checks tell of."""
    try:
        return newest_in(path)
    except (NewerFormat, *DAMAGED):
        return 0.0


def _lacks_battery(host: Host) -> bool:
    """A Pi 5 has a clock of its own, and is sold without the battery at whose socket (J5) the firmware measures."""
    if "rpi-rtc" not in (host.read(_RTC_NAME) or ""):
        return False
    told = (host.run("vcgencmd", "pmic_read_adc", "BATT_V") or "").rpartition("=")[2].removesuffix("V")
    try:
        return not float(told) >= CHARGED_V
    except ValueError:
        return True
