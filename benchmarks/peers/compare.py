"""Our whole look against what others do with the same 640x480 frames: in turns, in one process, on one thread.

python3 -m venv .venv-peers
.venv-peers/bin/pip install . -r benchmarks/peers/requirements.txt
.venv-peers/bin/python benchmarks/peers/compare.py [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # read by numpy when it is imported
    os.environ[_pool] = "1"

import dlib  # noqa: E402
import numpy as np  # noqa: E402
from convnext_peer import ConvNeXtAtto  # noqa: E402
from dlib_peer import Dlib  # noqa: E402
from opencv_peer import HaarLbph  # noqa: E402

from faceauthd.bench.kit import open_kit, random_units, usable_frames  # noqa: E402
from faceauthd.bench.looks import GALLERY_ROWS, WARM_UP, small_gallery, whole_look  # noqa: E402
from faceauthd.bench.machine import load, machine  # noqa: E402
from faceauthd.bench.sample import interleaved  # noqa: E402

OURS = "faceauthd: detect to match, liveness"
TAUGHT = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=60, help="how often each is timed")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    found = measure(asked.rounds)
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        tell(found)
    return 0


def measure(rounds: int) -> dict[str, object]:
    """Times of each, how many faces it found, and how many times ours it takes."""
    described = machine()
    kit = open_kit(threads=1)
    shown = [replace(frame, lores=None) for frame in usable_frames(kit)]
    frames, ours = [frame.main for frame in shown], whole_look(kit.stages, shown, small_gallery())
    peer, opencv = Dlib(), HaarLbph(frames[:TAUGHT])
    atto = ConvNeXtAtto(random_units(np.random.default_rng(6), GALLERY_ROWS))
    pipelines = {
        OURS: lambda _: len(ours(0)),
        "dlib as Howdy: detect, describe": peer.howdy,
        "dlib as face_recognition: detect, describe": peer.face_recognition,
        "dlib as face_recognition, 68 points": peer.face_recognition_large,
        "OpenCV Haar, LBPH": opencv.look,
        "ConvNeXt-Atto, the whole picture": atto.look,
    }
    faces = {name: sum(min(1, look(frame)) for frame in frames) for name, look in pipelines.items()}
    cases = {name: (lambda number, look=look: look(frames[number % len(frames)])) for name, look in pipelines.items()}
    taken = interleaved(cases, rounds=rounds, warm_up=WARM_UP)
    times = {name: each.as_json() for name, each in taken.items()}
    return {
        "machine": described,
        "dlib": {"version": dlib.__version__, "avx": bool(dlib.USE_AVX_INSTRUCTIONS), "blas": bool(dlib.DLIB_USE_BLAS)},
        "load_after": load(),
        "frames": len(frames),
        "faces": faces,
        "times": times,
        "times_ours": {
            name: {clock: round(each[clock]["p50"] / times[OURS][clock]["p50"], 2) for clock in ("cpu_ms", "wall_ms")}
            for name, each in times.items()
        },
    }


def tell(found: dict) -> None:
    """The table."""
    for name, value in {**found["machine"], "load after": found["load_after"], "dlib": found["dlib"]}.items():
        if value is not None:
            print(f"{name + ':':14} {value}", file=sys.stderr)
    print(f"{'':44} {'cpu p50':>8} {'p95':>8} {'wall p50':>9} {'times ours':>11} {'faces':>6}")
    for name, each in found["times"].items():
        cpu, wall = each["cpu_ms"], each["wall_ms"]
        times, faces = found["times_ours"][name]["cpu_ms"], f"{found['faces'][name]}/{found['frames']}"
        print(f"{name:44} {cpu['p50']:8.1f} {cpu['p95']:8.1f} {wall['p50']:9.1f} {times:11.2f} {faces:>6}")


if __name__ == "__main__":
    sys.exit(main())
