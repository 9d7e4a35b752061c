#!/usr/bin/env bash
# Proves: every package of requirements.lock has a wheel, with a hash the lock knows, for a 64-bit Raspberry Pi (aarch64)
# with the Python of Raspberry Pi OS 12 (3.11) and 13 (3.13), so that install.sh needs no compiler there.
# Cannot: run them. Needs a network, not root. Takes about a minute. Arguments: the Pythons (default: 3.11 3.13).
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd -P)
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT

# What the lock asks for on such a machine; pip itself would read the markers as of this one.
lock_for() {
    "$here/dev" run python - "$here/requirements.lock" "$1" <<'PY'
import re
import sys
from pathlib import Path

from packaging.requirements import Requirement

text = re.sub(r" \\\n\s+", " ", Path(sys.argv[1]).read_text())
pi = {
    "python_version": sys.argv[2],
    "python_full_version": f"{sys.argv[2]}.0",
    "platform_machine": "aarch64",
    "sys_platform": "linux",
}
for line in text.splitlines():
    if not line.startswith("#"):
        requirement, *hashes = line.split(" --hash=")
        asked = Requirement(requirement)
        if asked.marker is None or asked.marker.evaluate(pi):
            print(f"{asked.name}{asked.specifier}", *(f"--hash={value}" for value in hashes))
PY
}

platforms=(--platform linux_aarch64 --platform manylinux2014_aarch64)
# Both have a newer glibc than 2.35; pip takes each of these names literally.
for minor in {17..35}; do platforms+=(--platform "manylinux_2_${minor}_aarch64"); done

[ $# -gt 0 ] || set -- 3.11 3.13
for python in "$@"; do
    mkdir "$wheels/$python"
    lock_for "$python" >"$wheels/$python.lock"
    "$here/dev" run python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: --python-version "$python" --implementation cp "${platforms[@]}" \
        --requirement "$wheels/$python.lock" --dest "$wheels/$python"
    echo "Python $python on aarch64: $(find "$wheels/$python" -name '*.whl' | wc -l) wheels," \
        "$(du -sm "$wheels/$python" | cut -f 1) MB, $(find "$wheels/$python" -name '*aarch64.whl' | wc -l) of them for it alone"
done
echo "wheels: passed for Python $*"
