"""What the daemon imports before it is ready: nothing that it does not need, since each start and each MB is a Pi's."""

from __future__ import annotations

from pathlib import Path

from faceauthd.bench.imports import by_package, measure_imports, modules_of
from faceauthd.bench.kit import open_kit

NOT_NEEDED = (
    *("rich", "pygments", "cryptography", "numkong", "av", "picamera2", "libcamera", "onnx", "pytest", "hypothesis"),
    *("asyncio", "multiprocessing", "unittest", "doctest", "pydoc", "xml", "http", "ssl", "tkinter", "numpy.testing"),
    *(
        "faceauthd.scene",
        "faceauthd.evaluation",
        "faceauthd.doctor",
        "faceauthd.bundle.sealed",
    ),
    *(
        "faceauthd.bench.run",
        "faceauthd.cli.bench",
        "faceauthd.cli.ctl",
        "faceauthd.cli.render",
    ),
)
"""Tables for people, exports, large galleries, other cameras, the scene player, what measures, and other commands."""


def test_the_daemon_imports_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    modules = measure_imports(open_kit(threads=1), tmp_path / "imports")
    assert {"numpy", "onnxruntime", "faceauthd.daemon", "faceauthd.app"} <= modules.keys()
    found = [name for name in modules if any(name == root or name.startswith(f"{root}.") for root in NOT_NEEDED)]
    assert found == []


def test_the_interpreters_account_is_read_and_summed() -> None:
    log = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:      1500 |       1500 |   numpy.linalg\n"
        "import time:       500 |       2000 | numpy\n"
        "INFO faceauthd.daemon: import time: 1 | 2 | nothing\n"
        "import time:       250 |        250 |     faceauthd.gallery.match\n"
    )
    modules = modules_of(log)
    assert modules == {"numpy.linalg": 1.5, "numpy": 0.5, "faceauthd.gallery.match": 0.25}
    assert by_package(modules) == {"numpy": 2.0, "faceauthd.gallery": 0.2}
