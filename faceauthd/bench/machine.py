"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = ("numpy", "onnxruntime", "numkong")
_THROTTLED = {
    0: "under-voltage",
    1: "frequency capped",
    2: "throttled",
    3: "soft temperature limit",
    16: "under-voltage since the start",
    17: "frequency capped since the start",
    18: "throttled since the start",
    19: "soft temperature limit since the start",
}
"""Bits of the Pi firmware's `get_throttled` (Raspberry Pi documentation, vcgencmd)."""


def machine(root: Path = Path("/")) -> dict[str, object]:
    """The machine as /proc and /sys below `root` show it; None where they do not say."""
    cpuinfo = _read(root / "proc/cpuinfo") or ""
    return {
        "model": _read(root / "proc/device-tree/model") or _field(cpuinfo, "model name") or platform.machine(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "frequency_mhz": _frequency(root, cpuinfo),
        "governor": _read(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "temperature_c": _thousandth(root / "sys/class/thermal/thermal_zone0/temp"),
        "throttled": throttled(_read(root / "sys/devices/platform/soc/soc:firmware/get_throttled")),
        "memory_mb": _memory_mb(root),
        "load": load(root),
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{name: _version(name) for name in _LIBRARIES},
    }


def usable_cores() -> int:
    """How many threads can run at once."""
    return len(os.sched_getaffinity(0))


def load(root: Path = Path("/")) -> float | None:
    """How many tasks ran or waited to, over the last minute; well above 0 the clock measures others' work too."""
    words = (_read(root / "proc/loadavg") or "").split()
    return float(words[0]) if words else None


def throttled(bits: str | None) -> list[str] | None:
    """What the Pi's firmware says has slowed it, from its hexadecimal `bits`; None if there is no such firmware."""
    if bits is None or not re.fullmatch(r"(0x)?[0-9a-fA-F]+", bits):
        return None
    value = int(bits, 16)
    return [meaning for bit, meaning in _THROTTLED.items() if value >> bit & 1]


def _frequency(root: Path, cpuinfo: str) -> float | None:
    scaled = _thousandth(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")
    stated = _field(cpuinfo, "cpu MHz")
    return scaled if scaled is not None else float(stated) if stated else None


def _memory_mb(root: Path) -> int | None:
    total = _field(_read(root / "proc/meminfo") or "", "MemTotal")
    return int(total.split()[0]) // 1024 if total else None


def _thousandth(path: Path) -> float | None:
    text = _read(path)
    return int(text) / 1000 if text is not None and text.lstrip("-").isdigit() else None


def _field(text: str, name: str) -> str | None:
    found = re.search(rf"^{re.escape(name)}\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip("\0 \n") or None
    except OSError:
        return None
