"""The arrows of docs/architecture.md, held by parsing the imports of every module."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "faceauthd"
LONGEST_MODULE_LINES = 300

# Deciding: no clock, no I/O, no log, no numpy; whoever calls them brings what they need to know.
PURE = frozenset(
    {
        "adaptation",
        "button",
        "challenge",
        "contacts",
        "enrolment",
        "events",
        "evidence",
        "gate",
        "light",
        "lockout",
        "outputs",
        "presentation",
        "prose",
        "rules",
        "rhythm",
        "signals",
        "threshold",
        "tracks",
    }
)
PURE_STDLIB = frozenset(
    {
        "__future__",
        "abc",
        "bisect",
        "collections",
        "dataclasses",
        "datetime",
        "enum",
        "functools",
        "heapq",
        "itertools",
        "math",
        "operator",
        "re",
        "types",
        "typing",
        "unicodedata",
    }
)

VALUES = frozenset({"types", "errors"})
PORTS = VALUES | {"ports"}
# room: the rooms it may import from, besides itself. A room that is not named here has no place in the house yet.
ARROWS: dict[str, frozenset[str]] = {
    "__init__": frozenset(),
    "__main__": frozenset({"cli"}),
    "types": frozenset(),
    "errors": frozenset(),
    "resources": frozenset(),
    "memory": frozenset(),
    "svg": frozenset(),
    "ports": VALUES | PURE,
    "picture": VALUES,
    "yamlfile": frozenset({"errors"}),
    "message_ids": frozenset({"types"}),
    "inbox": VALUES,
    **dict.fromkeys(PURE, VALUES | PURE),
    "vision": VALUES | {"picture", "threshold", "yamlfile"},
    "gallery": VALUES | {"yamlfile"},
    "recognizer": PORTS | {"vision", "gallery", "tracks", "evidence", "presentation"},
    "config": VALUES | {"yamlfile", "resources"},
    "control": PORTS | PURE,
    "adapters": PORTS | PURE | {"message_ids", "picture"},
    "scene": PORTS | {"picture", "yamlfile", "resources"},
    "daemon": PORTS | PURE | {"inbox", "recognizer"},
    "evaluation": PORTS
    | {
        "vision",
        "gallery",
        "recognizer",
        "picture",
        "resources",
        "challenge",
        "evidence",
        "gate",
        "presentation",
        "scene",
        "svg",
        "threshold",
    },
    "event_log": PORTS | PURE,
    "register": PORTS | PURE | {"gallery"},
    "audience": PORTS,
    "last_seen": PORTS | PURE | {"register"},
    "pace": PORTS,
    "renewing": PORTS | PURE | {"register"},
    "photographs": PORTS | PURE | {"picture", "recognizer", "vision"},
    "snapshot": PORTS | PURE | {"control", "picture"},
    "album": PORTS | PURE | {"control", "gallery", "photographs", "register"},
    "bundle": VALUES | PURE | {"gallery"},
    "desk": PORTS
    | PURE
    | {"album", "bundle", "control", "event_log", "gallery", "inbox", "photographs", "register", "snapshot"},
    # What puts the house together, and so knows all of it but the command line.
    "settings": PORTS | PURE | {"adapters", "config", "gallery", "pace", "recognizer", "resources", "vision"},
    "cameras": PORTS | PURE | {"adapters", "config", "recognizer", "scene", "settings"},
    "panels": PORTS | PURE | {"adapters", "config", "inbox", "settings"},
}
ARROWS["doctor"] = PORTS | PURE | {"adapters", "cameras", "config", "control", "gallery", "settings", "vision"}
ARROWS["app"] = frozenset(ARROWS) - {"__main__", "doctor"}
# Measures the house from outside, and so puts parts of it together as the composition root does.
ARROWS["bench"] = ARROWS["app"] - {"app", "cameras", "control", "desk", "album", "evaluation", "panels", "photographs"}
ARROWS["cli"] = PORTS | {
    "adapters",
    "app",
    "bench",
    "bundle",
    "config",
    "button",
    "contacts",
    "control",
    "doctor",
    "evaluation",
    "evidence",
    "gallery",
    "inbox",
    "memory",
    "message_ids",
    "panels",
    "picture",
    "prose",
    "resources",
    "rules",
    "scene",
    "settings",
    "signals",
    "vision",
}

# A third-party package is imported in one place, so that it can be replaced there. A place is a module or a room.
HOMES: dict[str, frozenset[str]] = {
    "numpy": frozenset(
        {"adapters", "bench", "bundle", "evaluation", "gallery", "picture", "recognizer", "scene", "vision"}
    ),
    "PIL": frozenset({"picture"}),
    "yaml": frozenset({"yamlfile"}),
    "onnxruntime": frozenset({"vision.pack"}),
    "pydantic": frozenset({"config"}),
    "typer": frozenset({"cli"}),
    "click": frozenset({"cli"}),
    "rich": frozenset({"cli", "adapters.panel_terminal", "adapters.terminal_picture", "adapters.terminal_view"}),
    "gpiozero": frozenset({"adapters.panel_gpiozero", "adapters.pin_factory"}),
    "lgpio": frozenset({"adapters.pin_factory"}),
    "av": frozenset({"adapters.camera_av"}),
    "numkong": frozenset({"gallery.int8"}),
    "cryptography": frozenset({"bundle.sealed"}),
    "picamera2": frozenset({"adapters.camera_picamera2"}),
    "libcamera": frozenset({"adapters.camera_picamera2"}),
}
# Only on a Pi, or only with an extra: imported where they are used, so that the code loads on a laptop.
ONLY_INSIDE_FUNCTIONS = frozenset({"picamera2", "libcamera", "lgpio", "av", "numkong", "cryptography"})


@dataclass(frozen=True)
class Import:
    """One imported module; `is_lazy` inside a function, `is_for_types` under TYPE_CHECKING."""

    module: str
    is_lazy: bool = False
    is_for_types: bool = False

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


def imports_of(tree: ast.AST, is_lazy: bool = False, is_for_types: bool = False) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, is_lazy, is_for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from faceauthd import x` may name a module or a value: both are given, as faceauthd.x
            deep = node.module in {"faceauthd", None}
            names = [f"{node.module}.{alias.name}" for alias in node.names] if deep else [str(node.module)]
            yield from (Import("." * node.level + name, is_lazy, is_for_types) for name in names)
        else:
            in_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                yield from imports_of(ast.Module(node.body, []), is_lazy, is_for_types=True)
                yield from imports_of(ast.Module(node.orelse, []), is_lazy, is_for_types)
            else:
                yield from imports_of(node, is_lazy or in_function, is_for_types)


def name_of(path: Path) -> str:
    """`gate.step` for faceauthd/gate/step.py, `gate` for faceauthd/gate/__init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    return module.partition(".")[0]


TREES = {name_of(path): ast.parse(path.read_text(), str(path)) for path in sorted(PACKAGE.rglob("*.py"))}
IMPORTS = {name: list(imports_of(tree)) for name, tree in TREES.items()}


def wrong_arrows(name: str, imports: list[Import]) -> Iterator[str]:
    allowed = ARROWS.get(room_of(name), frozenset()) | {room_of(name)}
    for item in imports:
        if item.top == "faceauthd":
            target = room_of(item.module.partition(".")[2] or "__init__")
            if target not in allowed and target != "__version__":
                yield f"{name} imports {item.module}"


def homeless_packages(name: str, imports: list[Import]) -> Iterator[str]:
    for item in imports:
        if item.top in sys.stdlib_module_names or item.top == "faceauthd" or item.is_for_types:
            continue
        homes = HOMES.get(item.top)
        if homes is None:
            yield f"{name} imports {item.module}, which has no home in HOMES"
        elif not {name, room_of(name)} & homes:
            yield f"{name} imports {item.module}, whose home is {', '.join(sorted(homes))}"
        if item.top in ONLY_INSIDE_FUNCTIONS and not item.is_lazy:
            yield f"{name} imports {item.module} at its top; only inside functions"


def impurities(name: str, tree: ast.AST, imports: list[Import]) -> Iterator[str]:
    if room_of(name) not in PURE | VALUES | {"ports"}:
        return
    for item in imports:
        if not item.is_for_types and item.top not in PURE_STDLIB | {"faceauthd"}:
            yield f"{name} imports {item.module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"} and "date" in ast.unparse(node):
            yield f"{name} asks the time itself: {ast.unparse(node)}"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"open", "print", "input"}
        ):
            yield f"{name} calls {node.func.id}()"


def broad_catches(name: str, tree: ast.AST) -> Iterator[str]:
    """Handlers of everything; tidying up and raising it again as it was is not catching."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and ast.unparse(node.body[-1]) != "raise":
            caught = ast.unparse(node.type) if node.type else ""
            if node.type is None or {"Exception", "BaseException"} & set(caught.strip("()").split(", ")):
                yield f"{name}:{node.lineno} except {caught}"


def test_every_room_has_its_place_and_every_arrow_points_the_right_way() -> None:
    strangers = {room_of(name) for name in TREES} - ARROWS.keys()
    assert not strangers, "rooms without a place in ARROWS"
    assert [wrong for name, imports in IMPORTS.items() for wrong in wrong_arrows(name, imports)] == []


def test_the_arrows_run_in_no_circle() -> None:
    outside = {room: targets - PURE - {room} for room, targets in ARROWS.items() if room not in PURE}
    done: set[str] = set()
    while ready := {room for room, targets in outside.items() if room not in done and targets <= done}:
        done |= ready
    assert outside.keys() - done == set()


def test_recognizer_takes_nothing_of_the_gallery_but_matching() -> None:
    taken = {item.module for item in IMPORTS.get("recognizer", []) if item.module.startswith("faceauthd.gallery")}
    assert taken <= {"faceauthd.gallery.match"}


def test_deciding_is_pure() -> None:
    assert [wrong for name, tree in TREES.items() for wrong in impurities(name, tree, IMPORTS[name])] == []


def test_third_party_packages_stay_at_home() -> None:
    assert [wrong for name, imports in IMPORTS.items() for wrong in homeless_packages(name, imports)] == []


def test_errors_are_caught_narrowly() -> None:
    assert [wrong for name, tree in TREES.items() for wrong in broad_catches(name, tree)] == []


def test_modules_are_small_and_say_what_they_are_for() -> None:
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE_LINES} == {}
    assert [name for name, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_nothing_is_imported_relatively() -> None:
    assert [name for name, imports in IMPORTS.items() if any(item.module.startswith(".") for item in imports)] == []


def _complaints(name: str, source: str) -> list[str]:
    tree = ast.parse(source)
    imports = list(imports_of(tree))
    return [
        *wrong_arrows(name, imports),
        *homeless_packages(name, imports),
        *impurities(name, tree, imports),
        *broad_catches(name, tree),
    ]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("gate.step", "import time"),
        ("gate.step", "import numpy as np"),
        ("gate.step", "def f():\n    from faceauthd.gallery import store"),
        ("rules", "from datetime import datetime\nx = datetime.now()"),
        ("evidence", "print('looked')"),
        ("vision.detect", "from faceauthd import config"),
        ("vision.detect", "if TYPE_CHECKING:\n    from faceauthd.config import Settings"),
        ("vision.detect", "import onnxruntime"),
        ("daemon", "from faceauthd.adapters.clock import MonotonicClock"),
        ("daemon", "try:\n    pass\nexcept (OSError, Exception):\n    pass"),
        ("daemon", "try:\n    pass\nexcept:\n    pass"),
        ("daemon", "try:\n    pass\nexcept BaseException:\n    raise ValueError"),
        ("adapters.camera_picamera2", "import picamera2"),
        ("adapters.clock", "import requests"),
    ],
)
def test_a_breach_would_be_seen(name: str, source: str) -> None:
    assert _complaints(name, source) != []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("gate.step", "from faceauthd import evidence\nfrom faceauthd.types import Reason\nimport math"),
        ("evidence", "if TYPE_CHECKING:\n    import numpy as np"),
        ("adapters.camera_picamera2", "def open():\n    import picamera2\n    from libcamera import Transform"),
        ("cli.main", "from faceauthd import __version__, app"),
        ("daemon", "try:\n    pass\nexcept OSError:\n    pass"),
        ("gallery.store", "try:\n    pass\nexcept BaseException:\n    print()\n    raise"),
    ],
)
def test_what_is_allowed_passes(name: str, source: str) -> None:
    assert _complaints(name, source) == []
