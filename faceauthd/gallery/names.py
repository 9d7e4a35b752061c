"""What a person may be called. Pure; no numpy, no I/O."""

from __future__ import annotations

import unicodedata

from faceauthd.errors import GalleryRefused

LONGEST_NAME = 64
"""Code points after normalisation: fits a log line and a terminal column."""

_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that count as letters, marks or symbols and yet show nothing (Unicode: Default_Ignorable_Code_Point)."""

_CATEGORY_REASON = {
    "Cc": "a control character",
    "Cf": "an invisible formatting character",
    "Cs": "half of a surrogate pair",
    "Co": "a private-use character",
    "Cn": "an unassigned character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}


def check_name(name: str) -> str:
    """The name in Unicode NFC, if a person may bear it.

    Raises GalleryRefused with a one-line reason that is safe to print whatever the name held.
    """
    normal = unicodedata.normalize("NFC", name)
    reason = _objection(normal)
    if reason:
        raise GalleryRefused(f"a name must not {reason}: {shown(normal)}")
    return normal


def name_key(name: str) -> str:
    """What two names have in common if they are the same but for case (Unicode 3.13, canonical caseless matching)."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
    return unicodedata.normalize("NFC", folded)


def _objection(name: str) -> str | None:
    if not name:
        return "be empty"
    if len(name) > LONGEST_NAME:
        return f"be longer than {LONGEST_NAME} characters ({len(name)} here)"
    if name != name.strip():
        return "begin or end with a space"
    if name.startswith("-"):
        return "begin with '-', like an option"
    if unicodedata.category(name[0]).startswith("M"):
        return "begin with a combining mark"
    for character in name:
        reason = _character_objection(character)
        if reason:
            return f"hold {reason} (U+{ord(character):04X})"
    if not any(unicodedata.category(character)[0] in "LN" for character in name):
        return "be without any letter or digit"
    return None


def _character_objection(character: str) -> str | None:
    if character in "/\\":
        return "a path separator"
    category = unicodedata.category(character)
    if category in _CATEGORY_REASON:
        return _CATEGORY_REASON[category]
    if character in _UNSEEN or unicodedata.name(character, "").startswith("VARIATION SELECTOR"):
        return "an invisible character"
    if category == "Zs" and character != " ":
        return "an unusual space"
    return None


def shown(name: str) -> str:
    """The name in quotes, safe to print: ASCII, and no longer than a name may be."""
    return ascii(name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "...")
