"""Say what pip-audit found out, and what it did not: it ends with success also where it could ask about nothing.

    pip-audit --requirement requirements.lock --require-hashes --disable-pip --format json | python tools/audit.py

Ends with 1 if a package has a known weakness, 75 if some could not be asked about, 0 if none has one.
"""

from __future__ import annotations

import json
import sys

WEAK, NOT_ASKED = 1, 75


def judge(report: str) -> tuple[int, list[str]]:
    """The exit code and what to say, a line each."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return NOT_ASKED, ["the advisory database could not be asked: no network? Nothing is known about any package"]
    weak = [(package, weakness) for package in packages for weakness in package.get("vulns", ())]
    lines = [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in "
        f"{', '.join(weakness.get('fix_versions', ())) or 'no version yet'}"
        for package, weakness in weak
    ]
    unasked = sorted(package["name"] for package in packages if "skip_reason" in package)
    if unasked:
        lines.append(f"{len(unasked)} of {len(packages)} packages could not be asked about: {', '.join(unasked)}")
    if not packages:
        return NOT_ASKED, ["no package was asked about"]
    if not lines:
        lines.append(f"none of the {len(packages)} packages has a known weakness")
    return WEAK if weak else NOT_ASKED if unasked else 0, lines


def main() -> int:
    code, lines = judge(sys.stdin.read())
    for line in lines:
        print(line)
    return code


if __name__ == "__main__":
    sys.exit(main())
