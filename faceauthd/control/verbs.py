"""What can be asked of the daemon: each verb, its arguments and whether it changes something. Pure.

A new verb is a row in the table here, a case in the daemon, and a line in `docs/contracts.md`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from faceauthd.control.protocol import Code, Refusal, Rejected, Scalar, clip, did_you_mean, unwrap
from faceauthd.types import EventKind, Role

NAME_LIMIT_CHARS = 256
"""Longest text argument; what makes a good name is for the gallery to say."""
IMAGES_LIMIT = 16
"""Photographs in one enrolment: the most that are worth a template each, twice over."""
EVENTS_LIMIT = 1000
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories without a place in a name: controls, lone surrogates, line and paragraph separators."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string of 1 to `NAME_LIMIT_CHARS` characters without controls."""

    def check(self, value: object) -> Scalar:
        if not isinstance(value, str):
            raise _WrongValueError("must be a string")
        if not 1 <= len(value) <= NAME_LIMIT_CHARS:
            raise _WrongValueError(f"must have 1 to {NAME_LIMIT_CHARS} characters, and has {len(value)}")
        if any(unicodedata.category(char) in _UNPRINTABLE for char in value):
            raise _WrongValueError("must not contain control characters")
        return value


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` to `most`."""

    least: int
    most: int

    def check(self, value: object) -> Scalar:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise _WrongValueError(f"must be a whole number from {self.least} to {self.most}")
        return value


@dataclass(frozen=True, slots=True)
class Seconds:
    """A length of time, 0 to `most` seconds."""

    most: float

    def check(self, value: object) -> Scalar:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= self.most:
            raise _WrongValueError(f"must be seconds, from 0 to {self.most:.0f}")
        return float(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def check(self, value: object) -> Scalar:
        if isinstance(value, str) and value in self.words:
            return value
        hint = did_you_mean(value, list(self.words)) if isinstance(value, str) else ""
        raise _WrongValueError(f"must be one of {', '.join(self.words)}{hint}")


@dataclass(frozen=True, slots=True)
class YesNo:
    """True or false."""

    def check(self, value: object) -> Scalar:
        if not isinstance(value, bool):
            raise _WrongValueError("must be true or false")
        return value


class _WrongValueError(ValueError):
    """An argument's value will not do; the text completes "`name` ..."."""


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument of a verb; an argument that is not required has its default, which may be None for "not given"."""

    name: str
    kind: Text | Whole | Seconds | Choice | YesNo
    required: bool = False
    default: Scalar = None


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that can be asked. `is_long`: it may take minutes, and says how far it is.

    `fills_file`: with it comes one open file, which the daemon writes its answer into; `brings_file`: one to read.
    """

    name: str
    args: tuple[Arg, ...] = ()
    changes: bool = False
    is_long: bool = False
    fills_file: bool = False
    brings_file: bool = False
    by_name: Mapping[str, Arg] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {arg.name: arg for arg in self.args})


@dataclass(frozen=True, slots=True)
class Call:
    """A request that says something the daemon knows: every argument of the verb is there and of its type."""

    id: Scalar
    verb: Verb
    args: Mapping[str, Scalar]

    @property
    def files(self) -> int:
        """How many open files come with it: photographs, or one to write into."""
        count = self.args.get("images")
        if self.verb.fills_file or self.verb.brings_file:
            return 1
        return count if isinstance(count, int) else 0


_WEEK_S = 7 * 24 * 3600.0
_LAST_MOMENT_S = 253_402_300_799.0
"""The end of the year 9999, in seconds since the epoch: the last that a date can be written for."""
VERIFY_LIMIT_S = 100.0
"""Below the time that a long answer has."""
_NAME = Arg("name", Text(), required=True)
COPIES = (EventKind.EXPORTED.value, EventKind.BACKED_UP.value)
"""What a client may have made of the whole gallery, and tells the daemon to journal."""

VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        verb.name: verb
        for verb in (
            Verb("hello"),
            Verb("status"),
            Verb("people"),
            Verb("person", (_NAME,)),
            Verb(
                "events",
                (
                    Arg("limit", Whole(1, EVENTS_LIMIT), default=50),
                    Arg("since_s", Seconds(520 * _WEEK_S)),
                    Arg("kind", Choice(tuple(EventKind))),
                    Arg("person", Text()),
                ),
            ),
            Verb("watch"),
            Verb(
                "enroll",
                (
                    _NAME,
                    Arg("role", Choice(tuple(Role)), default=Role.MEMBER.value),
                    Arg("images", Whole(0, IMAGES_LIMIT), default=0),
                ),
                changes=True,
                is_long=True,
            ),
            Verb("cancel", changes=True),
            Verb("rename", (Arg("old", Text(), required=True), Arg("new", Text(), required=True)), changes=True),
            Verb("remove", (_NAME, Arg("last", YesNo(), default=False)), changes=True),
            Verb("improve", (_NAME, Arg("images", Whole(0, IMAGES_LIMIT), default=0)), changes=True, is_long=True),
            Verb("hours", (_NAME, Arg("hours", Text())), changes=True),
            Verb("undo", (_NAME,), changes=True),
            Verb("export-data", (_NAME,), changes=True),
            Verb("snapshot", changes=True, fills_file=True),
            Verb(
                "import",
                (Arg("dry_run", YesNo(), default=False), Arg("expect", Text())),
                changes=True,
                is_long=True,
                brings_file=True,
            ),
            Verb("copied", (Arg("kind", Choice(COPIES), required=True),), changes=True),
            Verb("role", (_NAME, Arg("role", Choice(tuple(Role)), required=True)), changes=True),
            Verb("disable", (_NAME,), changes=True),
            Verb("enable", (_NAME,), changes=True),
            Verb(
                "expire",
                (
                    _NAME,
                    Arg("valid_from", Seconds(_LAST_MOMENT_S)),
                    Arg("valid_until", Seconds(_LAST_MOMENT_S)),
                ),
                changes=True,
            ),
            Verb("threshold"),
            Verb("unlock"),
            Verb("lock"),
            Verb("clear-lockout", changes=True),
            Verb("verify", (_NAME, Arg("timeout_s", Seconds(VERIFY_LIMIT_S), default=20.0)), is_long=True),
        )
    }
)


def parse(line: bytes, verbs: Mapping[str, Verb] = VERBS) -> Call | Rejected:
    """Turn one line, without its newline, into a call. Never raises, whatever the bytes."""
    said = unwrap(line)
    if isinstance(said, Rejected):
        return said
    verb = verbs.get(said.verb)
    if verb is None:
        hint = did_you_mean(said.verb, list(verbs)) or f"; there are: {', '.join(verbs)}"
        return Rejected(said.id, Refusal(Code.UNKNOWN_VERB, f"cannot do '{clip(said.verb)}'{hint}"))
    problems = [*_strangers(verb, said.args), *_missing(verb, said.args)]
    args: dict[str, Scalar] = {}
    for arg in verb.args:
        try:
            value = said.args.get(arg.name)
            args[arg.name] = arg.default if value is None else arg.kind.check(value)
        except _WrongValueError as wrong:
            problems.append(f"`{arg.name}` {wrong}")
    if problems:
        return Rejected(said.id, Refusal(Code.BAD_REQUEST, f"{verb.name}: {'; '.join(problems)}"))
    return Call(said.id, verb, MappingProxyType(args))


def _strangers(verb: Verb, given: Iterable[str]) -> list[str]:
    names = [arg.name for arg in verb.args]
    strange = [key for key in given if key not in verb.by_name]
    if not strange:
        return []
    return [f"there is no argument '{clip(strange[0])}'{did_you_mean(strange[0], names)}"]


def _missing(verb: Verb, given: Mapping[str, object]) -> list[str]:
    return [f"`{arg.name}` is missing" for arg in verb.args if arg.required and given.get(arg.name) is None]
