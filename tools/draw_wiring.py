#!/usr/bin/env python3
"""Draw docs/wiring/*.svg from config/boards/*.yaml: what the numbers there mean on the 40-pin header.

python tools/draw_wiring.py            # write all of them
python tools/draw_wiring.py --check    # only say which are not up to date, and exit with 1 if there is one
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import wiring_symbols as symbols
from wiring_symbols import DIM, INK, PAPER, Pen, line, text

from faceauthd.adapters.panel_pins import PanelPins
from faceauthd.config import load_config
from faceauthd.settings import pins_of

ROOT = Path(__file__).resolve().parents[1]
BOARDS, DRAWINGS = ROOT / "config/boards", ROOT / "docs/wiring"

# Position on the header, 1 to 40, to what is there (Raspberry Pi documentation, "GPIO and the 40-pin header").
HEADER = (
    "3.3 V", "5 V", 2, "5 V", 3, "GND", 4, 14, "GND", 15, 17, 18, 27, "GND", 22, 23, "3.3 V", 24, 10, "GND", 9, 25, 11,
    8, "GND", 7, 0, 1, 5, "GND", 6, 12, 13, "GND", 19, 16, 26, 20, "GND", 21,
)  # fmt: skip
POSITION = {what: index + 1 for index, what in enumerate(HEADER) if isinstance(what, int)}

WIDTH, CENTRE, TOP, PITCH = 1180.0, 590.0, 120.0, 27.0
SLOT, STUB, FAN = 76.0, 92.0, 190.0
"""Height of a part; how far out a wire begins to slant, and where it is level again."""

LAMPS = {"led_red": "#ef4444", "led_green": "#22c55e", "led_blue": "#3b82f6", "led_status": "#fbbf24"}
NAMES = {
    "relay": "Relay of the lock",
    "button": "Button",
    "exit_button": "Exit button (inside)",
    "door_contact": "Door contact",
    "buzzer": "Buzzer",
    "alarm": "Alarm",
    "light": "Light for the dark",
    "led_red": "Red lamp",
    "led_green": "Green lamp",
    "led_blue": "Blue lamp",
    "led_status": "Status lamp",
}
POWER = {"5 V": "#dc2626", "3.3 V": "#f97316", "GND": "#374151"}


@dataclass(frozen=True)
class Part:
    """One wired part and the height of its row."""

    name: str
    pin: int
    y: float

    @property
    def position(self) -> int:
        return POSITION[self.pin]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a drawing is out of date")
    is_check = parser.parse_args().check
    drawings = {DRAWINGS / f"{board.stem}.svg": drawing(board) for board in sorted(BOARDS.glob("*.yaml"))}
    stale = [path for path, svg in drawings.items() if not path.exists() or path.read_text() != svg]
    stale += [path for path in sorted(DRAWINGS.glob("*.svg")) if path not in drawings]
    for path in stale:
        print(f"{path.relative_to(ROOT)} is out of date")
        if not is_check and path in drawings:
            DRAWINGS.mkdir(exist_ok=True)
            path.write_text(drawings[path])
    return int(is_check and bool(stale))


def drawing(board: Path) -> str:
    """The SVG of one board map."""
    pins = pins_of(load_config(board).config)
    sides = [placed([(n, p) for n, p in pins.parts() if POSITION[p] % 2 == odd]) for odd in (1, 0)]
    below = max([TOP + 20 * PITCH, *(part.y + 60 for side in sides for part in side)])
    height = below + 225
    body = [
        text(f"config/boards/{board.name}", CENTRE, 40, size=20, bold=True),
        text(
            "From above: header at the board's right edge, USB sockets at the bottom, position 1 at the top left.",
            CENTRE,
            64,
        ),
        text("Every ground symbol goes to any GND of the header; the lamps may share one.", CENTRE, 84, colour=DIM),
        *header({pin for _, pin in pins.parts()}),
    ]
    for side, outwards in zip(sides, (-1, 1), strict=True):
        for part in side:
            body += wired(part, outwards, pins)
    body += lock_circuit(below + 35)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}"'
            f' height="{height:g}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif">',
            f"<title>Wiring of {board.stem}</title>",
            f'<rect width="{WIDTH:g}" height="{height:g}" fill="{PAPER}"/>',
            *body,
            "</svg>\n",
        ]
    )


def row_y(position: int) -> float:
    return TOP + PITCH * ((position - 1) // 2) + PITCH / 2


def placed(parts: Sequence[tuple[str, int]]) -> list[Part]:
    """The parts of one side in the header's order, as near to their pins as the room allows: no two wires cross."""
    ordered = sorted(parts, key=lambda part: POSITION[part[1]])
    wanted = [row_y(POSITION[pin]) for _, pin in ordered]
    lowest = TOP + 20 * PITCH - 10
    ys: list[float] = []
    for y in wanted:
        ys.append(max(y - SLOT * 0.5, ys[-1] + SLOT) if ys else max(TOP + 10, y - SLOT * 1.5))
    for index in reversed(range(len(ys))):
        ys[index] = min(ys[index], lowest - SLOT * (len(ys) - 1 - index))
    return [Part(name, pin, round(y)) for (name, pin), y in zip(ordered, ys, strict=True)]


def header(used: set[int]) -> list[str]:
    """The 40 positions, those in use filled in."""
    out = [
        f'<rect x="{CENTRE - 32}" y="{TOP - 8}" width="64" height="{20 * PITCH + 16}" rx="6" fill="#e5e7eb"'
        f' stroke="{INK}" stroke-width="1.6"/>'
    ]
    for index, what in enumerate(HEADER):
        position, outwards = index + 1, 1 if index % 2 else -1
        x, y = CENTRE + outwards * 15, row_y(index + 1)
        fill = POWER.get(str(what), "#1d4ed8" if what in used else PAPER)
        ink = PAPER if str(what) in POWER or what in used else DIM
        out.append(f'<circle cx="{x:g}" cy="{y:g}" r="10.5" fill="{fill}" stroke="{INK}" stroke-width="1"/>')
        out.append(text(str(position), x, y + 4, size=11, colour=ink))
        label = str(what) if isinstance(what, str) else f"GPIO{what}"
        is_power = isinstance(what, str)
        colour = POWER[label] if is_power else INK if what in used else "#9ca3af"
        anchor = "start" if outwards > 0 else "end"
        out.append(text(label, x + outwards * 24, y + 4, colour=colour, bold=what in used, anchor=anchor))
    return out


def wired(part: Part, outwards: int, pins: PanelPins) -> list[str]:
    """The wire from the header to the part, and the part."""
    y = row_y(part.position)
    start, bend, level = (CENTRE + outwards * (15 + each) for each in (STUB - 8, STUB + 8, FAN + 20))
    colour = wire_colour(part.name)
    pen = Pen(level, part.y, outwards, [line([(start, y), (bend, y), (level, part.y)], colour)])
    name = name_of(part.name)
    label_x = level + outwards * 14
    anchor = "start" if outwards > 0 else "end"
    heading = text(f"{name}: position {part.position}", label_x, part.y - 30, size=13, bold=True, anchor=anchor)
    pen.wire(24, colour)
    DRAW.get(part.name.partition("_")[0].partition("[")[0], draw_lamp)(pen, part, pins)
    return [*pen.out, heading]


def name_of(part: str) -> str:
    if part.startswith("bar["):
        return f"Bar, lamp {int(part[4:-1]) + 1} from the left"
    return NAMES[part]


def wire_colour(part: str) -> str:
    return LAMPS.get(part, {"relay": "#b91c1c", "alarm": "#b91c1c"}.get(part, "#4b5563"))


def draw_lamp(pen: Pen, part: Part, pins: PanelPins) -> None:
    symbols.resistor(pen, "330 Ω")
    pen.wire(18)
    symbols.lamp(pen, LAMPS.get(part.name, "#fb923c"), lights_when_high=pins.lamps_active_high)
    pen.wire(12)
    if pins.lamps_active_high:
        symbols.ground(pen)
    else:
        pen.text("3.3 V", 20, -4, colour=POWER["3.3 V"])


def draw_button(pen: Pen, _: Part, __: PanelPins) -> None:
    pen.wire(12)
    symbols.push_button(pen)
    pen.wire(12)
    symbols.ground(pen)


def draw_contact(pen: Pen, _: Part, __: PanelPins) -> None:
    pen.wire(12)
    symbols.reed(pen)
    pen.wire(12)
    symbols.ground(pen)
    pen.text("closed by the magnet", 88, 2)
    pen.text("while the door is shut", 88, -13)


def draw_buzzer(pen: Pen, _: Part, pins: PanelPins) -> None:
    pen.wire(12)
    symbols.buzzer(pen)
    pen.wire(12)
    symbols.ground(pen)
    words = ("a piezo disc", "without electronics") if pins.buzzer_tonal else ("active, 3 V,", "at most 16 mA")
    pen.text(words[0], 74, 2)
    pen.text(words[1], 74, -13)


def draw_relay(pen: Pen, _: Part, __: PanelPins) -> None:
    symbols.pull_down(pen)
    pen.wire(52)
    symbols.module(pen, ("IN    Relay module", "VCC: 5 V (position 2)", "GND: position 6"), 170)


def draw_alarm(pen: Pen, _: Part, __: PanelPins) -> None:
    symbols.pull_down(pen)
    pen.wire(52)
    symbols.module(pen, ("IN    Alarm", "relay module, or the", "input of an alarm system"), 170)


def draw_light(pen: Pen, _: Part, __: PanelPins) -> None:
    symbols.pull_down(pen)
    pen.wire(52)
    symbols.module(pen, ("IN    Light", "relay or MOSFET module,", "a supply of its own"), 170)


DRAW: dict[str, Callable[[Pen, Part, PanelPins], None]] = {
    "relay": draw_relay,
    "alarm": draw_alarm,
    "light": draw_light,
    "button": draw_button,
    "exit": draw_button,
    "door": draw_contact,
    "buzzer": draw_buzzer,
}


def lock_circuit(top: float) -> list[str]:
    """The other side of the relay: a circuit that never meets the Pi's."""
    pen = Pen(315, top + 84)
    title = text("The lock's own circuit: its own supply, no wire to the Pi", CENTRE, top + 6, size=15, bold=True)
    hint = "NO for a strike that is locked without current; NC for a magnet that is open without (see docs/hardware.md)"
    pen.text("supply of the lock", -90, 4, colour=INK)
    pen.text("(12 V or 24 V)", -90, -12)
    pen.text("+", -12, -5, size=16, colour=INK)
    pen.wire(60)
    pen.shape(((0, 7), (44, 7), (44, -7), (0, -7)))
    pen.stroke((0, 0), (44, 0))
    pen.text("fuse", 22, -22)
    pen.x += 44
    pen.wire(70)
    pen.text("COM", 0, 12, colour=INK)
    pen.dot()
    pen.stroke((0, 0), (46, 16))
    pen.dot(50)
    pen.text("NO", 64, 12, colour=INK)
    pen.text("relay module", 26, -22)
    pen.x += 50
    pen.wire(110)
    pen.dot()
    branch = Pen(pen.x, pen.y)
    pen.wire(90)
    pen.shape(((0, 18), (96, 18), (96, -18), (0, -18)), fill="#f3f4f6")
    pen.text("strike", 48, -4, colour=INK, bold=True)
    pen.x += 96
    pen.wire(90)
    pen.dot()
    pen.wire(60)
    pen.text("\N{MINUS SIGN}", 10, -5, size=16, colour=INK)
    branch.stroke((0, 0), (0, -52), (128, -52))
    branch.shape(((148, -42), (148, -62), (128, -52)))
    branch.stroke((128, -42), (128, -62))
    branch.stroke((148, -52), (276, -52), (276, 0))
    branch.text("diode 1N4007, its ring towards +", 138, -80)
    frame = f'<rect x="40" y="{top - 16:g}" width="{WIDTH - 80:g}" height="190" rx="8" fill="none" stroke="{DIM}"/>'
    return [frame, title, text(hint, CENTRE, top + 28, colour=DIM), *pen.out, *branch.out]


if __name__ == "__main__":
    sys.exit(main())
