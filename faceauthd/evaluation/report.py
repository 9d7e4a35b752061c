"""One page that shows an evaluation: self-contained HTML, with its charts beside it as SVG and PNG files."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from faceauthd.errors import EvaluationError
from faceauthd.evaluation.published import PUBLISHED, Liveness
from faceauthd.evaluation.raster import as_pixels
from faceauthd.evaluation.robustness_table import as_html as robustness_table
from faceauthd.picture import save_picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from faceauthd.evaluation.hardest import HardPair
    from faceauthd.evaluation.robustness import Row

PAGE = "index.html"
ONE_PERSON = 5
"""Templates of the smallest gallery: one person, as enrolment leaves them."""
STYLE = """\
body{font:16px/1.5 system-ui,sans-serif;color:#1b1f24;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;margin-bottom:.2rem}h2{font-size:1.25rem;margin-top:2.2rem}
table{border-collapse:collapse;margin:.6rem 0}td,th{padding:.25rem .9rem .25rem 0;text-align:left;
border-bottom:1px solid #d9dee3;vertical-align:middle}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(26rem,1fr));gap:1rem}
.charts svg{width:100%;height:auto;border:1px solid #d9dee3}
code{background:#f3f5f7;padding:.1rem .3rem;overflow-wrap:anywhere}.note{color:#57606a}img{display:block}
"""
UNPROVEN = (
    "It compares one picture with one picture. The door asks for several looks that agree, and for liveness: neither "
    "is measured here.",
    "It says nothing of a presentation attack: a photograph of somebody enrolled scores as that person does.",
    "The bands say what other people drawn like these would have given, not what other people, cameras or light would.",
    "A threshold marked as extrapolated lies where no pairs were counted: it follows the cautious end of a fit.",
    "The labels are taken as they are. Look at the hardest pairs before you blame the embedder, or praise it.",
)


@dataclass(frozen=True, slots=True)
class InForce:
    """The threshold for a gallery of so many templates, and the share of these genuine pairs that lie below it."""

    templates: int
    cosine: float
    per_comparison: float
    is_extrapolated: bool
    missed: float


@dataclass(frozen=True, slots=True)
class Report:
    """What is shown. `thumbnails` maps pictures to data URIs; a pair without them shows its score alone, for the names
    of pictures are mostly those of people."""

    date: str
    command: str
    promise: float
    data: Sequence[tuple[str, str]]
    figures: Sequence[tuple[str, str]]
    charts: Mapping[str, str]
    """File name without ending, to the SVG."""
    thresholds: Sequence[InForce]
    lowest_genuine: Sequence[HardPair]
    highest_impostor: Sequence[HardPair]
    thumbnails: Mapping[str, str] = field(default_factory=dict)
    robustness: Sequence[Row] = ()
    liveness: Liveness = PUBLISHED
    whose: str = "the default promise"
    """Where the promise is from."""


def make_folder(folder: Path) -> None:
    """Have the report's folder, before anything long is begun. Raises EvaluationError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluationError(f"{folder}: no report can be written there ({error.strerror}); name a folder") from error


def write_report(folder: Path, report: Report) -> Path:
    """Write the page and its charts, and give the page's path. Raises EvaluationError."""
    make_folder(folder)
    page = folder / PAGE
    try:
        write_charts(folder, report.charts)
        page.write_text(as_html(report), encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{folder}: the report cannot be written ({error.strerror}); check the folder") from error
    return page


def write_charts(folder: Path, charts: Mapping[str, str]) -> None:
    """Each chart as it is drawn, and as a picture for what shows no SVG. Raises OSError, PictureError."""
    for name, svg in charts.items():
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
        save_picture(as_pixels(svg), folder / f"{name}.png")


def as_html(report: Report) -> str:
    """The whole page; it asks for nothing from anywhere."""
    sections = [
        f"<h1>How well faces are told apart</h1><p class=note>{escape(report.date)} · "
        f"<code>{escape(report.command)}</code></p>",
        _section("Data", _facts(report.data)),
        _section("Figures", _facts(report.figures)),
        f'<div class="charts">{"".join(report.charts.values())}</div>',
        _section("The threshold in force", _thresholds(report)),
        *([_section("Under bad conditions", _robustness(report))] if report.robustness else []),
        _section("Liveness", _liveness(report.liveness)),
        _section("Hardest pairs of one person", _pairs(report.lowest_genuine, report.thumbnails)),
        _section("Hardest pairs of two people", _pairs(report.highest_impostor, report.thumbnails)),
        _section("What this does not prove", "<ul>" + "".join(f"<li>{escape(item)}" for item in UNPROVEN) + "</ul>"),
    ]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>faceauthd evaluate</title>'
    body = "\n".join(sections)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n'
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _facts(rows: Sequence[tuple[str, str]]) -> str:
    return "<table>" + "".join(f"<tr><th>{escape(a)}<td>{escape(b)}" for a, b in rows) + "</table>"


def _thresholds(report: Report) -> str:
    rows = "".join(
        f"<tr><td class=n>{row.templates}<td class=n>{row.per_comparison:.1e}<td class=n>{row.cosine:.3f}"
        f"<td class=n>{row.missed:.1%}<td>{'extrapolated' if row.is_extrapolated else 'measured'}"
        for row in report.thresholds
    )
    return (
        f"<p>For {escape(report.whose)}, one stranger's attempt in {1 / report.promise:,.0f} opens the door, whatever "
        f"the size of the gallery. It follows from the embedder's own curve, not from these pairs.</p>"
        f"<table><tr><th class=n>templates<th class=n>FMR of one comparison<th class=n>cosine<th class=n>"
        f"of these genuine pairs below<th>curve{rows}</table>"
    )


def _liveness(liveness: Liveness) -> str:
    rows = "".join(
        f"<tr><td>{escape(kind.species)}<td>{'BPCER' if kind.is_live else 'APCER'}<td class=n>{kind.rate:.3f}"
        f"<td class=n>{kind.low:.3f} to {kind.high:.3f}"
        for kind in liveness.kinds
    )
    return (
        f"<p>Living people refused (BPCER) and attacks let in (APCER), passive mode: {escape(liveness.origin)}. "
        f"Rendered clips are no certification.</p>"
        f"<table><tr><th>kind<th><th class=n>rate<th class=n>95 % interval{rows}</table>"
    )


def _robustness(report: Report) -> str:
    people = max(row.no_face.total for row in report.robustness)
    return (
        f"<p>One picture of each of {people} people made worse, and compared with another of them as it is, at the "
        f"threshold for {ONE_PERSON} templates. <i>Not matched</i> counts pictures without a face, "
        f"and what the quality gate would refuse too; <i>before</i> is without the mending of light and noise.</p>"
        f"{robustness_table(report.robustness)}"
    )


def _pairs(pairs: Sequence[HardPair], thumbnails: Mapping[str, str]) -> str:
    if not thumbnails:
        scores = ", ".join(f"{pair.cosine:.3f}" for pair in pairs)
        return f"<p>Cosines: {scores}. Which pictures they are of is shown with <code>--with-images</code>.</p>"
    rows = "".join(
        f"<tr><td class=n>{pair.cosine:.3f}<td>{_picture(pair.a, thumbnails)}<td>{_picture(pair.b, thumbnails)}"
        for pair in pairs
    )
    return f"<table><tr><th class=n>cosine<th>picture<th>picture{rows}</table>"


def _picture(name: str, thumbnails: Mapping[str, str]) -> str:
    shown = f'<img src="{thumbnails[name]}" alt=""> ' if name in thumbnails else ""
    return f"{shown}{escape(name)}"
