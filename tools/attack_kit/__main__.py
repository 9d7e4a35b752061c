"""`python -m tools.attack_kit`: write clips of attacks and of living walk-ups to a folder."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from faceauthd.errors import FaceauthdError
from tools.attack_kit.hands import HANDLINGS
from tools.attack_kit.people import SIDES
from tools.attack_kit.sheet import write_sheet
from tools.attack_kit.species import SPECIES, USUAL
from tools.attack_kit.write import Order, write_clips

_EXAMPLES = """
examples:
  python -m tools.attack_kit out/ --faces lfw/images --people tune --clips 40
  python -m tools.attack_kit out/ --faces lfw/images --people test --clips 40 --species live-still,replay-phone
  python -m tools.attack_kit out/ --faces lfw/images --people test --clips 24 --seconds 6.5 --species live-signs
  python -m tools.attack_kit --sheet docs/attacks.jpg

Each clip is a folder OUT/<species>/<number>-<person>/ with frames 000.jpg, 001.jpg, ... (JPEG quality 95, 4:4:4) and
clip.json: species, is_live, person, seed, fps, size, and under params every number that was drawn. Species whose names
start with "live" are living people, the others attacks. Clip number k shows the same person in every species, and
attacks are held, shaken and brought near in turn. People are halved by a hash of their name, as everywhere in
faceauthd: what is tuned on one half is judged on the other. A clip that is there already, of the same order, is not
rendered again, so an interrupted run can be repeated; the same command gives the same clips.

species:
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit code is 0 if all was written, 2 if something has to be put right first."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.sheet is None and (options.out is None or options.faces is None):
        parser.error("name a folder OUT to write to, and --faces with the pictures to use (or --sheet FILE)")
    try:
        if options.sheet is not None:
            write_sheet(options.sheet, options.seed)
            return 0
        order = Order(
            out=options.out,
            faces=options.faces,
            people=options.people,
            clips=options.clips,
            seed=options.seed,
            species=options.species,
            size=options.size,
            fps=options.fps,
            seconds=options.seconds,
            handling=options.handling,
        )
        write_clips(order)
    except (FaceauthdError, ValueError, OSError) as error:
        print(f"attack_kit: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:14} {species.sentence}" for name, species in SPECIES.items())
    parser = argparse.ArgumentParser(
        prog="python -m tools.attack_kit",
        description="Render attacks on a face door, and living walk-ups, from still faces. Rendered attacks find "
        "mistakes and compare cues; they are no certification (docs/liveness.md).",
        epilog=_EXAMPLES + listed,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("out", nargs="?", type=Path, metavar="OUT", help="folder to write to; made if it is not there")
    parser.add_argument("--faces", type=Path, metavar="DIR", help="pictures, in a folder for each person, or flat")
    parser.add_argument("--people", choices=SIDES, default="tune", help="which half of the people (default: tune)")
    parser.add_argument("--clips", type=_count, default=3, metavar="N", help="clips of each species (default: 3)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of everything that is drawn (default: 0)")
    parser.add_argument(
        "--species",
        type=_species,
        default=USUAL,
        metavar="A,B",
        help="only these (default: all but *-signs)",
    )
    parser.add_argument("--handling", choices=HANDLINGS, help="only this one, instead of all in turn")
    parser.add_argument("--size", type=_size, default=(640, 480), metavar="WxH", help="of a frame (default: 640x480)")
    parser.add_argument("--fps", type=float, default=15.0, help="frames a second, 1 to 120 (default: 15)")
    parser.add_argument("--seconds", type=float, default=2.5, help="length of a clip (default: 2.5)")
    parser.add_argument(
        "--sheet", type=Path, metavar="FILE", help="write one contact sheet of the sample faces instead"
    )
    return parser


def _species(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in SPECIES]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"no species is called '{', '.join(unknown)}'; there are {', '.join(SPECIES)}")
    return names


def _size(text: str) -> tuple[int, int]:
    matched = re.fullmatch(r"(\d{2,4})x(\d{2,4})", text)
    if not matched:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size; give WIDTHxHEIGHT, as 640x480")
    return int(matched[1]), int(matched[2])


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of clips; give 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
