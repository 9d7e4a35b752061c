"""`faceauthd doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from faceauthd.cli.exits import ExitCode
from faceauthd.cli.render import Printer, be_printable
from faceauthd.config import load_config, system_file
from faceauthd.doctor.examine import examine as look_at_all
from faceauthd.doctor.finding import Finding, Grade, bad, is_well
from faceauthd.doctor.host import ThisHost
from faceauthd.doctor.running import find_daemon
from faceauthd.errors import ConfigError


def examine(path: Path | None, overrides: Sequence[str], *, as_json: bool) -> int:
    """Look at everything and tell it. A wrong configuration is a finding like any other."""
    be_printable()
    try:
        config = load_config(path or system_file(), overrides).config
    except ConfigError as error:
        remedy = "mend it; `faceauthd check-config` says when it is good"
        findings = [bad("configuration", problem, remedy) for problem in error.problems]
    else:
        findings = look_at_all(config, find_daemon(config), ThisHost())
    tell(findings, Printer(as_json=as_json))
    return ExitCode.DONE if is_well(findings) else ExitCode.FAILED


def tell(findings: Sequence[Finding], printer: Printer) -> None:
    """One line each, the remedy below it; or one JSON document."""
    if printer.as_json:
        printer.document({"good": is_well(findings), "findings": [asdict(finding) for finding in findings]})
        return
    for finding in findings:
        printer.line(f"{finding.grade:<8} {finding.check}: {finding.said}")
        if finding.remedy:
            printer.line(f"{'':<8} -> {finding.remedy}")
    counts = {grade: sum(finding.grade is grade for finding in findings) for grade in Grade}
    printer.line(", ".join(f"{count} {grade}" for grade, count in counts.items()))
