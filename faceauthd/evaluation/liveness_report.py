"""Liveness on one page: rates of each species, the trade-off between the two errors, and the clips that went wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from faceauthd.errors import EvaluationError
from faceauthd.evaluation.attack_rates import LEVEL, AttackTable, Rate, SpeciesRates, error_rates_at
from faceauthd.evaluation.charts import BLUE, ORANGE
from faceauthd.evaluation.presentations import Presented, Response
from faceauthd.evaluation.reliability import expected_error, reliability_chart, reliability_of
from faceauthd.evaluation.report import PAGE, STYLE, make_folder, write_charts
from faceauthd.svg import Axis, Plane, bars, chart, legend, line, posts, steps

if TYPE_CHECKING:
    from pathlib import Path

UNPROVEN = (
    "Rendered clips are a means of finding mistakes and of comparing cues. They are no certification: that takes "
    "artefacts made by hand, people, and an accredited laboratory (ISO/IEC 30107-3).",
    "One colour camera sees no depth and no heat. A well-made mask of the whole head, a good replay on a large panel "
    "whose edges are out of view, and a video fed in where the camera should be are not kept out by any figure here.",
    "The intervals say what other clips drawn like these would have given, not what other attackers would.",
    "Every face counts as enrolled and recognised: what recognition alone would have kept out is not counted.",
)
_MOST_SHOWN = 40
_BIN = 0.05


def write_liveness_report(
    folder: Path, table: AttackTable, presented: Sequence[Presented], least: float, date: str, command: str
) -> Path:
    """Write the page and its charts, and give its path. `least` is the score in force. Raises EvaluationError."""
    make_folder(folder)
    charts = {
        "liveness-errors": trade_off_chart(presented, least),
        "liveness-scores": score_chart(presented, least),
        "liveness-reliability": reliability_chart(reliability_of(presented)),
    }
    page = folder / PAGE
    try:
        write_charts(folder, charts)
        page.write_text(_as_html(table, presented, charts, date, command), encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{folder}: the report cannot be written ({error.strerror}); check the folder") from error
    return page


def trade_off_chart(presented: Sequence[Presented], least: float) -> str:
    """Attacks of the worst species let in against living people refused, as the least score changes."""
    scores = sorted({one.score for one in presented if one.score is not None} | {0.0, least, 1.0})
    rates = [error_rates_at(presented, score) for score in [*scores, math.inf]]
    known = [(bpcer, apcer) for apcer, bpcer in rates if not math.isnan(apcer + bpcer)]
    plane = Plane(
        Axis("living people refused: BPCER", 0.0, 1.0, steps(0, 1, 0.2)),
        Axis("worst species let in: APCER", 0.0, 1.0, steps(0, 1, 0.2)),
    )
    marks = [line(plane, [x for x, _ in known], [y for _, y in known], BLUE)]
    apcer, bpcer = error_rates_at(presented, least)
    if not math.isnan(apcer + bpcer):
        x, y = plane.at(bpcer, apcer)
        marks.append(f'<circle cx="{x}" cy="{y}" r="5" fill="{ORANGE}"/>')
    marks.append(legend([(BLUE, "whatever the least score"), (ORANGE, f"at the score in force, {least:g}")]))
    return chart("Liveness: error trade-off", plane, marks)


def score_chart(presented: Sequence[Presented], least: float) -> str:
    """How living people and attacks score, each as a share of their kind."""
    edges = [round(number * _BIN, 2) for number in range(round(1 / _BIN) + 1)]
    shares = []
    for is_live in (False, True):
        scores = [one.score for one in presented if one.is_live is is_live and one.score is not None]
        counts = [0] * (len(edges) - 1)
        for score in scores:
            counts[min(len(counts) - 1, int(score / _BIN))] += 1
        shares.append([count / max(1, len(scores)) for count in counts])
    plane = Plane(
        Axis("highest mean liveness of a clip", 0.0, 1.0, steps(0, 1, 0.2)),
        Axis("share of the clips", 0.0, 1.0, steps(0, 1, 0.2)),
    )
    marks = [bars(plane, edges, shares[0], ORANGE), bars(plane, edges, shares[1], BLUE)]
    marks += [posts(plane, [("least", least)]), legend([(BLUE, "living people"), (ORANGE, "attacks")])]
    return chart("Liveness: scores", plane, marks)


def _as_html(
    table: AttackTable, presented: Sequence[Presented], charts: dict[str, str], date: str, command: str
) -> str:
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>faceauthd evaluate-liveness</title><style>{STYLE}</style>"
    )
    worst = table.worst
    verdict = (
        f"<p>Worst species: <b>{escape(worst.species)}</b>, APCER {_shown(worst.error)}. "
        f"Living people refused: BPCER {_shown(table.bpcer)}.</p>"
        if worst is not None
        else f"<p>No attacks. Living people refused: BPCER {_shown(table.bpcer)}.</p>"
    )
    body = [
        f"<h1>Who passes for living</h1><p class=note>{escape(date)} · <code>{escape(command)}</code></p>{verdict}",
        f"<section><h2>Species</h2>{_species(table.species)}</section>",
        f'<div class="charts">{"".join(charts.values())}</div>',
        f"<p class=note>The score is no probability: read as one, with as many attacks as people, it would be wrong by "
        f"{expected_error(reliability_of(presented)):.2f} on average (expected calibration error).</p>",
        f"<section><h2>What went wrong</h2>{_mistakes(presented)}</section>",
        "<section><h2>What this does not prove</h2><ul>"
        + "".join(f"<li>{escape(item)}" for item in UNPROVEN)
        + "</ul></section>",
    ]
    joined = "\n".join(body)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{joined}\n</body></html>\n'


def _species(species: Sequence[SpeciesRates]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.species)}<td class=n>{one.silent.total}<td>{'BPCER' if one.is_live else 'APCER'} "
        f"{_shown(one.error)}<td>{'BPNRR' if one.is_live else 'APNRR'} {one.silent.share:.3f}"
        f"<td>{escape(', '.join(f'{name} {count}' for name, count in one.suspicions))}"
        for one in species
    )
    head = f"<tr><th>species<th class=n>clips<th>errors, {LEVEL:.0%} interval<th>no answer<th>refused for"
    return f"<table>{head}{rows}</table>"


def _mistakes(presented: Sequence[Presented]) -> str:
    wrong = [one for one in presented if one.response is (Response.REFUSED if one.is_live else Response.ACCEPTED)]
    rows = "".join(
        f"<tr><td>{escape(one.species)}<td>{escape(one.name)}<td class=n>{one.score:.2f}"
        f"<td>{'' if one.suspicion is None else one.suspicion.value}"
        for one in wrong[:_MOST_SHOWN]
    )
    more = f"<p class=note>and {len(wrong) - _MOST_SHOWN} more</p>" if len(wrong) > _MOST_SHOWN else ""
    return f"<table><tr><th>species<th>clip<th class=n>score<th>refused for{rows}</table>{more}"


def _shown(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.share:.3f} ({low:.3f} to {high:.3f})" if rate.total else "unknown"
