"""Each port of the loop failing while the door is open and while it is shut: the door at every tick, the journal, and
how long until somebody enrolled is let in again.

A fault that ends the process is followed by what the unit file says: three seconds, and a new daemon. What hangs is
tried with the real panel on simulated pins and real time, since it is about the time that passes.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hypothesis.stateful import run_state_machine_as_test

from faceauthd.gate import Mode
from faceauthd.lockout import LockoutPolicy
from faceauthd.types import EventKind
from tests.loop_kit import STALL_S, TICK_S
from tests.suites import faults_frames, faults_real
from tests.suites.faults_door import LASTS_S, POLICY, UNLOCK_S, Door
from tests.suites.faults_list import FAULTS, Fault
from tests.suites.figures import Figures


def trial(fault: Fault, folder: Path, figures: Figures, *, while_open: bool) -> list[object]:
    """Before, during and after one fault; a row for the table."""
    door = Door(folder)
    if door.ann_walks_up() > 5:
        figures.violation(f"{fault.name}: the door does not open even without it")
    if not while_open:
        door.nobody(1)
        door.until(lambda each: not each.panel.relay)
    before, restarts = len(door.journal.events), door.restarts
    if door.panel.relay != while_open:
        figures.violation(f"{fault.name}: the trial is not as it should be")
    if not while_open and fault.name.endswith("as it opens"):
        door.stands_there(1, 0.8, 0)  # she walks up while it lasts
    fault.begin(door)
    began_s, lasted_open = door.clock.at_s, 0.0
    while door.clock.at_s - began_s < LASTS_S:
        door.turn()
        if door.panel.relay:
            lasted_open = door.clock.at_s - began_s
    fault.end(door)
    ended_s = door.clock.at_s
    door.until(lambda each: each.daemon.gate.mode is not Mode.FAULT and each.camera.healthy(each.clock.now()))
    back_s = door.clock.at_s - ended_s
    events = [str(event.kind) for event in door.journal.events[before:]]
    opened_s = door.ann_walks_up()
    door.close()
    if door.unexplained:
        figures.violation(f"{fault.name}: open without a reason at {door.unexplained[:3]}")
    if opened_s > 5:
        figures.violation(f"{fault.name}: nobody gets in afterwards")
    if lasted_open > UNLOCK_S + TICK_S and not fault.opens:
        figures.violation(f"{fault.name}: open for {lasted_open:.1f} s while it lasted")
    said = tuple(dict.fromkeys(event for event in events if event not in ASIDE))  # a refused face is looked at again
    if not fault.while_ends and said != fault.said:
        figures.violation(f"{fault.name}: the journal says {said}, and not {fault.said}")
    if fault.while_ends and (set(said) - {"started"} or (door.restarts > restarts and "started" not in said)):
        figures.violation(f"{fault.name}: the journal says {said}, and the process was started again")
    if fault.while_ends != (door.restarts > restarts):
        figures.violation(f"{fault.name}: the process was started again {door.restarts - restarts} times")
    figures.count("trials")
    figures.worst("worst recovery, s", back_s)
    ends = f"ends, restarted {door.restarts - restarts}x" if door.restarts > restarts else "goes on"
    told = ", ".join(said) or "nothing"
    return [fault.name, "open" if while_open else "shut", ends, told, f"{lasted_open:.1f}", f"{back_s:.1f}"]


ASIDE = frozenset({"approached", "left", "unlocked", "locked"})
STRANGERS = replace(POLICY, lockout=LockoutPolicy(2, 60.0, (30.0,)))


def clock_steps(figures: Figures, folder: Path) -> None:
    """A lockout of 30 s while the civil clock is stepped either way, the daemon is restarted or the plug pulled: Ann is
    not let in before its 30 s, counted on the time that the door was on, are over."""
    number = 0
    for step_s in (-3.2e7, -3600.0, 3600.0, 3.2e7):
        for then in ("nothing", "restart", "plug pulled"):
            for is_before in (True, False):
                number += 1
                (folder / f"{number}").mkdir()
                shut_s, what = _locked_out_for(folder / f"{number}", step_s, then, is_before)
                figures.count("trials")
                figures.worst("clock stepped in a lockout of 30 s: shut for at most, s", shut_s)
                if not 30.0 - 1.0 <= shut_s <= 150.0 or what:
                    figures.violation(f"clock stepped by {step_s:g} s, {then}: shut for {shut_s:.1f} s {what}")


def _locked_out_for(folder: Path, step_s: float, then: str, is_before: bool) -> tuple[float, str]:
    """Seconds of being on between the lockout's beginning and the open door; and what else is wrong."""
    door = Door(folder, STRANGERS)
    for _ in range(2):
        door.stands_there(1, 0.2, 12)
        door.nobody()
    kinds = [str(event.kind) for event in door.journal.events]
    began_s, off_s = door.clock.at_s, 0.0
    began_s = next(event.time_s for event in door.journal.events if event.kind is EventKind.LOCKOUT_BEGAN)
    for is_now in (is_before, not is_before):
        if is_now:
            door.clock.civil_s += step_s
            door.turn()
        elif then == "restart":
            door.view.breaks = RuntimeError("a bug")
            door.turn()
            door.view.breaks = None
        elif then == "plug pulled":
            off_s = 3.0
            door.plug_is_pulled(off_s)
    door.ann_walks_up()
    while not door.panel.relay and door.clock.at_s - began_s < 200.0:
        door.track += 1
        door.ann_walks_up()
    door.close()
    said = [str(event.kind) for event in door.journal.events].count("lockout-began")
    return door.clock.at_s - began_s - off_s, "" if said == 1 and kinds else f"lockouts in the journal: {said}"


@contextmanager
def scratch() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def model(figures: Figures, *, is_long: bool) -> None:
    """The model-checking test of the whole loop, for longer than among the tests."""
    os.environ["FACEAUTHD_MODEL_EXAMPLES"] = "2500" if is_long else "100"
    from tests.property import test_daemon_model as door

    turns = 0
    real = door.DaemonModel.turn

    def counted(self: door.DaemonModel, *asked: object) -> None:
        nonlocal turns
        turns += 1
        real(self, *asked)  # type: ignore[arg-type]

    door.DaemonModel.turn = counted  # type: ignore[method-assign, assignment]
    try:
        run_state_machine_as_test(door.DaemonModel, settings=door.DaemonModel.TestCase.settings)  # type: ignore[no-untyped-call]
    except Exception as error:  # noqa: BLE001  whatever it is, it is what the suite is to report
        story = "\n".join(getattr(error, "__notes__", ()))
        figures.violation(f"model of the loop: {error!r}, in this story:\n{story}")
    finally:
        door.DaemonModel.turn = real  # type: ignore[method-assign]
    figures.number("model of the loop: ticks", turns)


def run(figures: Figures, *, is_long: bool, seed: int) -> None:
    """Every fault in both states of the door, what needs the real thing, and the model of the loop."""
    del seed  # nothing is drawn, but by hypothesis, which repeats what failed
    logging.disable(logging.CRITICAL)
    rows = []
    for fault in FAULTS:
        for while_open in (True, False):
            with scratch() as folder:
                rows.append(trial(fault, folder, figures, while_open=while_open))
    with scratch() as folder:
        clock_steps(figures, folder)
        faults_real.full_disk(figures, folder)
        moments_s = tuple(each / 10 for each in range(20)) if is_long else (0.0, 1.9)
        faults_real.hanging(figures, folder, moments_s)
        faults_real.silent_journald(figures, folder)
        faults_real.no_memory(figures, folder, tuple(range(0, 200, 5)) if is_long else (0, 4, 16, 64))
        faults_frames.odd_frames(figures, folder)
        faults_frames.odd_files(figures, folder)
    model(figures, is_long=is_long)
    head = ("fault, for 5 s", "door", "the process", "in the journal", "open for, s", "back after, s")
    figures.table(head, rows)
    figures.number("a camera is missed after, s", STALL_S)
    logging.disable(logging.NOTSET)
