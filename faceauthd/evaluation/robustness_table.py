"""The table of `evaluation.robustness`, as text, JSON and HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceauthd.evaluation.attack_rates import Rate
    from faceauthd.evaluation.robustness import Row

COLUMNS = (
    "no face",
    "refused by the gate",
    "missed of those compared",
    "not matched before",
    "not matched now",
    "highest stranger",
)


def as_lines(rows: Sequence[Row]) -> list[str]:
    """Nothing without rows."""
    if not rows:
        return []
    head = f"{'condition':44} {'no face':>8} {'refused':>8} {'missed':>8} {'before':>8} {'now':>8} {'stranger':>8}"
    body = [
        f"{row.condition.group + ', ' + row.condition.name if row.condition.name else row.condition.group:44} "
        + " ".join(f"{_share(rate):>8}" for rate in _rates(row))
        + f" {row.highest_impostor:8.3f}"
        for row in rows
    ]
    return ["", head, *body]


def as_json(rows: Sequence[Row]) -> list[dict[str, object]]:
    """One object a condition; each rate with its count, so that anybody can work out an interval."""
    names = ("no_face", "refused", "missed", "plain_not_matched", "not_matched", "missed_all", "not_through")
    return [
        {
            "group": row.condition.group,
            "name": row.condition.name,
            **{name: {"count": getattr(row, name).count, "of": getattr(row, name).total} for name in names},
            "highest_impostor": round(row.highest_impostor, 4),
        }
        for row in rows
    ]


def as_html(rows: Sequence[Row]) -> str:
    """A table; the interval of the last rate stands beside it."""
    body = "".join(
        f"<tr><td>{escape(row.condition.group)}<td>{escape(row.condition.name)}"
        + "".join(f"<td class=n>{_share(rate)}" for rate in _rates(row))
        + f"<td class=n>{row.highest_impostor:.3f}"
        for row in rows
    )
    head = "".join(f"<th class=n>{column}" for column in COLUMNS)
    return f"<table><tr><th>condition<th>{head}{body}</table>"


def _rates(row: Row) -> tuple[Rate, ...]:
    return row.no_face, row.refused, row.missed, row.plain_not_matched, row.not_matched


def _share(rate: Rate) -> str:
    return f"{rate.share:.2f}" if rate.total else "-"
