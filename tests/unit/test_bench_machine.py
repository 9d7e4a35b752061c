"""What /proc and /sys say, on a Pi and on a server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from faceauthd.bench.machine import load, machine, throttled
from faceauthd.bench.process import cpu_seconds, memory

STAT = "4711 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 3 0 100 0 0\n"
STATUS = "Name:\tpython\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\nRssAnon:\t   51200 kB\nThreads:\t3\n"


def files(root: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_pi_tells_its_model_clock_heat_and_throttling(tmp_path: Path) -> None:
    root = files(
        tmp_path,
        {
            "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
            "proc/meminfo": "MemTotal:        4147400 kB\nMemFree: 1 kB\n",
            "proc/loadavg": "0.25 0.10 0.05 1/200 999\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "2400000\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
            "sys/class/thermal/thermal_zone0/temp": "61500\n",
            "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
        },
    )
    told = machine(root)
    assert told["model"] == "Raspberry Pi 5 Model B Rev 1.0"
    assert (told["frequency_mhz"], told["governor"], told["temperature_c"]) == (2400.0, "ondemand", 61.5)
    assert told["throttled"] == [
        "under-voltage",
        "throttled",
        "under-voltage since the start",
        "throttled since the start",
    ]
    assert (told["memory_mb"], told["load"]) == (4050, 0.25)


def test_a_server_tells_what_it_has(tmp_path: Path) -> None:
    root = files(tmp_path, {"proc/cpuinfo": "processor\t: 0\nmodel name\t: A Xeon\ncpu MHz\t\t: 2793.436\n"})
    told = machine(root)
    assert (told["model"], told["frequency_mhz"]) == ("A Xeon", 2793.436)
    assert [told[key] for key in ("temperature_c", "throttled", "governor", "memory_mb", "load")] == [None] * 5


def test_a_machine_that_says_nothing_is_still_described(tmp_path: Path) -> None:
    assert machine(tmp_path)["model"]
    assert load(tmp_path) is None


@pytest.mark.parametrize(("bits", "said"), [("0", []), ("0x4", ["throttled"]), (None, None), ("many", None)])
def test_throttling_is_read_bit_by_bit(bits: str | None, said: list[str] | None) -> None:
    assert throttled(bits) == said


def test_processor_time_is_user_and_system_whatever_the_process_is_called() -> None:
    assert cpu_seconds(STAT) == 300 / os.sysconf("SC_CLK_TCK")


def test_memory_is_in_megabytes_and_what_is_not_told_is_left_out() -> None:
    assert memory(STATUS) == {"rss_mb": 100.0, "peak_mb": 200.0, "anonymous_mb": 50.0}
