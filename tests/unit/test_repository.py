"""What must hold of every committed file: nothing private, nothing unexplained, no dead link."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

ROOT = Path(__file__).parents[2]

# Registries move, mirrors differ, and a lock must install from any of them.
REGISTRY_HOSTS = re.compile(
    r"(?:files\.pythonhosted|registry\.npmjs|pypi|piwheels|deb\.debian|archive\.raspberrypi|crates)\.(?:org|com|io)"
)
# Paths of somebody's own machine. The service's own places (/var/lib, /run, /etc, /opt/faceauthd) are no secret.
PRIVATE_PATHS = re.compile(r"(?<![\w./$}~*])/(?:work|root|home|Users|mnt/[a-z])/[\w.]|(?<![\w./$}~*])/tmp/w\b")
IMAGES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".ppm"}
SHA256 = re.compile(r"\b[0-9a-f]{64}\b")


def _tracked() -> list[Path]:
    """Every file that git has or would take, or in an unpacked source archive every file."""
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, check=False
    )
    if listing.returncode == 0:
        paths = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not {".venv", "__pycache__"} & set(path.parts)]
    return sorted(path for path in paths if path.is_file())


FILES = _tracked()


def _texts() -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in FILES:
        data = path.read_bytes()
        if b"\0" not in data[:8192] and path.suffix not in IMAGES:
            texts[str(path.relative_to(ROOT))] = data.decode(errors="replace")
    return texts


TEXTS = _texts()


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in TEXTS.items()
        if name != str(Path(__file__).relative_to(ROOT))
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_names_a_registry_host() -> None:
    assert _lines_with(REGISTRY_HOSTS) == []


def test_nothing_names_a_path_of_somebodys_machine() -> None:
    assert _lines_with(PRIVATE_PATHS) == []


@pytest.mark.parametrize("line", ["see /work/main", "cd /root/x", "'/home/ann/faces'", "/tmp/w/venv"])
def test_a_private_path_would_be_seen(line: str) -> None:
    assert PRIVATE_PATHS.search(line)


@pytest.mark.parametrize("line", ["the /home is", "a/work/b", "$VM/root/etc", "/tmp/faceauthd", "-D root/"])
def test_other_paths_are_not_private(line: str) -> None:
    assert not PRIVATE_PATHS.search(line)


def test_pictures_live_in_the_documents_or_the_test_data() -> None:
    strays = [path.relative_to(ROOT) for path in FILES if path.suffix.lower() in IMAGES]
    assert [str(path) for path in strays if path.parts[0] != "docs" and path.parts[:2] != ("tests", "data")] == []


def test_every_model_has_the_hash_its_manifest_states() -> None:
    manifest = yaml.safe_load((ROOT / "models/manifest.yaml").read_text())
    found = {path.name: _sha256(path) for path in (ROOT / "models").glob("*.onnx")}
    assert found
    assert found == {model["file"]: model["sha256"] for model in manifest["models"].values()}


def test_every_sample_face_has_its_hash_beside_it() -> None:
    faces = ROOT / "tests/data/faces"
    texts = [path for path in [*faces.iterdir(), *faces.parent.glob("*.md")] if path.suffix in {".md", ".yaml"}]
    stated = {digest for path in texts for digest in SHA256.findall(path.read_text())}
    pictures = [path for path in faces.iterdir() if path.suffix.lower() in IMAGES]
    assert pictures
    assert [path.name for path in pictures if _sha256(path) not in stated] == []


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_commands_of_the_documents_exist() -> None:
    """Every `./dev NAME` that a text promises is one that `./dev help` teaches and `dev` carries out."""
    dev = (ROOT / "dev").read_text()
    taught = set(re.findall(r"^  ([a-z]+)(?: |$)", dev, flags=re.MULTILINE))
    branches = {
        name.strip() for line in re.findall(r"^    ([a-z| -]+)\) ", dev, re.MULTILINE) for name in line.split("|")
    }
    assert taught <= branches
    promised = {
        name for file, text in TEXTS.items() if file != "dev" for name in re.findall(r"\./dev ([a-z]+)\b", text)
    }
    assert promised <= taught, "promised, but not in ./dev help"


def test_the_readme_begins_with_the_two_commands() -> None:
    readme = TEXTS["README.md"]
    commands = re.findall(r"^\./dev (\w+)", readme, flags=re.MULTILINE)
    assert commands[:2] == ["demo", "test"]
    assert "./dev test" in (ROOT / ".ci/run").read_text()


def test_local_links_lead_somewhere() -> None:
    dead = [
        f"{name}: {target}"
        for name, text in TEXTS.items()
        if name.endswith(".md")
        for target in re.findall(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\"", _prose(text))
        for target in target
        if target and not re.match(r"[a-z]+:|#", target)
        if not (ROOT / name).parent.joinpath(unquote(target.partition("#")[0])).exists()
    ]
    assert dead == []


def _prose(text: str) -> str:
    """Without what stands in code blocks and `code`, where brackets are not links."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def test_scripts_can_be_executed() -> None:
    scripts = [path for path in FILES if path.read_bytes().startswith(b"#!")]
    assert [str(path.relative_to(ROOT)) for path in scripts if not path.stat().st_mode & 0o100] == []
