"""In a booted Debian: whether the service's entries in the journal are what docs/contracts.md says. Ends with 1 if not.

Every event has its fields; no entry of the service, event or not, holds anything like an embedding or a picture.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

NEEDED = {
    "unlocked": ("PERSON", "SCORE", "THRESHOLD", "LIVENESS", "TRACK"),
    "refused": ("REASON", "TRACK"),
    "enrolled": ("PERSON", "DETAIL"),
}
"""Of an event that a face was the cause of."""
OF_NO_ONE_FACE = ("by ", "faces went before ")
"""How the detail begins of what has none: an order, and a refusal of several that had no answer before they went."""
NUMBERS = ("SCORE", "THRESHOLD", "LIVENESS")
VECTOR = re.compile(r"(?:-?\d*\.\d+(?:e-?\d+)?[\s,;]+){8}")
"""Eight fractions in a row: no sentence has them, and an embedding has 512."""
LONGEST, MOST_BYTES = 600, 64
"""Characters of a text; bytes of what journald calls no text."""

Entry = Mapping[str, Any]


def main() -> int:
    """0 if all is well."""
    entries = list(read())
    events = [entry for entry in entries if "FACEAUTHD_EVENT" in entry]
    kinds = {event["FACEAUTHD_EVENT"] for event in events}
    wrong = [f"there is no event of kind {kind}" for kind in NEEDED if kind not in kinds]
    wrong += [f"{what}: {entry}" for entry in entries for what in (*smuggled(entry), *missing(entry))]
    sys.stdout.write("\n".join((*wrong, f"{len(events)} events in {len(entries)} entries")) + "\n")
    return int(bool(wrong))


def read() -> Iterator[Entry]:
    """Everything the service wrote, and what systemd wrote of it."""
    command = ["journalctl", "--unit", "faceauthd", "--output", "json", "--all", "--no-pager"]
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        yield json.loads(line)


def smuggled(entry: Entry) -> Iterator[str]:
    """What no entry may hold: the trusted fields, which begin with an underscore, are journald's own."""
    for name, value in entry.items():
        if name.startswith("_"):
            continue
        if name == "CODE_ARGS":
            yield "the arguments of a log call"
        for one in value if isinstance(value, list) and not is_bytes(value) else [value]:
            if is_bytes(one) and len(one) > MOST_BYTES:
                yield f"{name} holds {len(one)} bytes"
            elif isinstance(one, str) and (len(one) > LONGEST or VECTOR.search(f"{one} ")):
                yield f"{name} is long, or a row of numbers"


def missing(entry: Entry) -> Iterator[str]:
    """What an event lacks."""
    kind = entry.get("FACEAUTHD_EVENT")
    if kind is None:
        return
    if not re.fullmatch(r"[0-9a-f]{32}", str(entry.get("MESSAGE_ID", ""))):
        yield "no MESSAGE_ID"
    if entry.get("SYSLOG_IDENTIFIER") != "faceauthd" or not entry.get("MESSAGE"):
        yield "no identifier, or no message"
    is_of_face = "FACEAUTHD_TRACK" in entry or not str(entry.get("FACEAUTHD_DETAIL", "")).startswith(OF_NO_ONE_FACE)
    for name in NEEDED.get(str(kind), ()) if is_of_face else ():
        value = entry.get(f"FACEAUTHD_{name}")
        if value is None or (name in NUMBERS and not 0.0 <= float(value) <= 1.0):
            yield f"FACEAUTHD_{name} is {value}"


def is_bytes(value: object) -> bool:
    """journald gives what is no text as a list of bytes."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, int) for one in value)


if __name__ == "__main__":
    sys.exit(main())
