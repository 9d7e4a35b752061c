"""Videos altered at random, shown through the camera's own adapter in a process of its own, whose memory and time are
bounded: FFmpeg's decoders are native code, and may do more than raise.
"""

from __future__ import annotations

import importlib.util
import json
import random
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from faceauthd.adapters import video_limits
from faceauthd.adapters.clock import ManualClock
from faceauthd.cameras import open_camera
from faceauthd.config import load_config
from faceauthd.errors import CameraError
from tests.suites.figures import Budget, Figures
from tests.suites.fuzz_damage import damaged
from tests.suites.fuzz_targets import CORPUS, Broken
from tests.suites.peak import peak_of

FOLDER = CORPUS / "video"
MOST_BYTES = 400 << 20
"""What one video may take at its highest: a few pictures of 20 megapixels, the most that is taken."""
ROOM_BYTES = 1536 << 20
"""Address space that the process may add; beyond that the allocation fails."""
ONE_S = 30
"""A video that takes longer ends the process."""
FRAMES = 40
"""Of each video; the sound ones have fewer."""


def attack(figures: Figures, seconds: float, seed: int) -> None:
    if importlib.util.find_spec("av") is None:
        figures.skip("video: PyAV is not installed here (the extra `av`)")
        return
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "tests.suites.fuzz_video", home, str(seconds), str(seed)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120, check=False)
        if done.returncode != 0:
            _tell(figures, Path(home), done)
            return
    told = json.loads(done.stdout)
    figures.number("video: inputs, shown, refused", f"{told['inputs']}, {told['shown']}, {told['refused']}")
    if told["most_bytes"] is None:
        figures.skip("what one video costs: this kernel does not tell a peak anew")
    else:
        figures.number("video: most memory that one took, MiB", round(told["most_bytes"] / 2**20))


def _tell(figures: Figures, home: Path, done: subprocess.CompletedProcess[str]) -> None:
    """What ended the process, and the video that it was at, which is kept."""
    for path in home.iterdir():
        (FOLDER / f"found-{path.name}").write_bytes(path.read_bytes())
    why = f"signal {-done.returncode}" if done.returncode < 0 else done.stderr.strip()[-300:]
    figures.violation(f"video: the process ended: {why}")


def show(path: Path) -> bool:
    """Show it as `camera.source=av:...` does: whether a picture came. Raises Broken."""
    settings = load_config(None, [f"camera.source=av:{path}", "camera.pace=fast"], env={}).config.camera
    try:
        camera = open_camera(settings, ManualClock(), lambda _edge: None, None)  # type: ignore[arg-type]
    except CameraError as error:
        if "\n" in str(error):
            raise Broken(f"more than one line: {error!r}") from error
        return False
    shown = 0
    try:
        while shown < FRAMES and not camera.finished:
            frame = camera.next_frame(0.2)
            if frame is None:
                continue
            height, width, channels = frame.main.shape
            if channels != 3 or frame.main.dtype != "uint8" or height * width > video_limits.MAX_PIXELS:
                raise Broken(f"a picture of shape {frame.main.shape}")
            shown += 1
    except CameraError as error:
        if "\n" in str(error):
            raise Broken(f"more than one line: {error!r}") from error
    finally:
        camera.close()
    return shown > 0


def main(home: Path, seconds: float, seed: int) -> None:
    """Every video that is kept, then altered ones until the time is over. The one being tried lies in `home`."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + ROOM_BYTES, held + ROOM_BYTES))
    seeds = [(path.suffix, path.read_bytes()) for path in sorted(FOLDER.iterdir())]
    dice, budget = random.Random(seed), Budget(seconds)
    told: dict[str, int | None] = {"inputs": 0, "shown": 0, "refused": 0, "most_bytes": 0}
    waiting = list(seeds)
    while waiting or budget.is_left:
        suffix, raw = dice.choice(seeds)
        suffix, raw = waiting.pop() if waiting else (suffix, damaged(raw, dice.choice(seeds)[1], (), dice))
        path = home / f"{seed}-{told['inputs']}{suffix}"
        path.write_bytes(raw)
        _count(told, path)
        path.unlink()
    sys.stdout.write(json.dumps(told))


def _count(told: dict[str, int | None], path: Path) -> None:
    came: list[bool] = []
    signal.alarm(ONE_S)
    took = peak_of(lambda: came.append(show(path)))
    signal.alarm(0)
    if took is None or told["most_bytes"] is None:
        told["most_bytes"] = None
    else:
        told["most_bytes"] = max(told["most_bytes"], took)
        if took > MOST_BYTES:
            raise Broken(f"{path.name} took {took / 2**20:.0f} MiB, the bound is {MOST_BYTES / 2**20:.0f}")
    for name in ("inputs", "shown" if came[0] else "refused"):
        told[name] = (told[name] or 0) + 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
