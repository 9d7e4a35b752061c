"""A USB camera that can be unplugged: the kernel's V4L2 test driver, which gives a test card."""

from __future__ import annotations

import subprocess
from pathlib import Path

from service import until

DRIVER = Path("/sys/bus/platform/drivers/vivid")
DEVICE = "vivid.0"
NODE = Path("/dev/video0")


def plug_in() -> bool:
    """Whether it is there then, for group video. One that captures, and nothing else."""
    if not DRIVER.exists():
        subprocess.run(["modprobe", "vivid", "n_devs=1", "node_types=0x1"], check=True)
    elif not (DRIVER / DEVICE).exists():
        (DRIVER / "bind").write_text(DEVICE)
    return until(lambda: NODE.exists() and NODE.group() == "video", 10)


def unplug() -> None:
    """As a cable that is pulled: whoever reads is told that it is no more."""
    (DRIVER / "unbind").write_text(DEVICE)
