"""What an installation weighs, package by package: the bytes of the files that each distribution lists as its own.

python benchmarks/tree_size.py [--extra NAME ...] [--json]     in an environment that faceauthd is installed into
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

ROOT = "faceauthd"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--extra", action="append", default=[], help="count this extra's packages too")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    sizes = {name: weight(found) for name, found in needed(ROOT, frozenset(asked.extra)).items()}
    ordered = dict(sorted(sizes.items(), key=lambda item: -item[1]))
    if asked.json:
        print(json.dumps({**ordered, "total": sum(sizes.values())}, indent=2))
    else:
        for name, size in ordered.items():
            print(f"{size / 2**20:8.1f} MB  {name}")
        print(f"{sum(sizes.values()) / 2**20:8.1f} MB  in all")
    return 0


def needed(name: str, extras: frozenset[str]) -> dict[str, Distribution]:
    """The distribution and all that it needs, as they are installed here."""
    found: dict[str, Distribution] = {}
    waiting = [(name, extras)]
    while waiting:
        one, with_extras = waiting.pop()
        try:
            installed = distribution(one)
        except PackageNotFoundError:
            continue
        if one in found:
            continue
        found[one] = installed
        for line in installed.requires or ():
            requirement, _, condition = line.partition(";")
            extra = re.search(r"extra == ['\"]([^'\"]+)['\"]", condition)
            if extra is None or extra[1] in with_extras:
                word = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
                if word:
                    waiting.append((re.sub(r"[-_.]+", "-", word[0]).lower(), frozenset()))
    return found


def weight(installed: Distribution) -> int:
    """Bytes of its files, without compiled copies; of an editable installation those that its wheel would hold."""
    listed = [Path(str(installed.locate_file(file))) for file in installed.files or ()]
    files = [path for path in (*listed, *editable(installed)) if path.suffix != ".pyc" and path.is_file()]
    return sum(path.stat().st_size for path in files)


def editable(installed: Distribution) -> Iterator[Path]:
    """The files in the checkout that an editable installation points at, by the folders that its wheel is made of."""
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        checkout = Path(url2pathname(urlsplit(origin["url"]).path))
        build = tomllib.loads((checkout / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
        for folder in build["targets"]["wheel"]["only-include"]:
            yield from (checkout / folder).rglob("*")


if __name__ == "__main__":
    sys.exit(main())
