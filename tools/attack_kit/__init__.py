"""Attacks on a face door rendered from still faces, and living walk-ups to compare them with.

`docs/liveness.md` says what is modelled and what is not. `python -m tools.attack_kit --help` writes clips to a folder.
"""

from tools.attack_kit.clip import Clip as Clip
from tools.attack_kit.hands import HANDLINGS as HANDLINGS
from tools.attack_kit.people import face_of as face_of
from tools.attack_kit.rendering import render as render
from tools.attack_kit.species import SPECIES as SPECIES
from tools.attack_kit.species import Species as Species
