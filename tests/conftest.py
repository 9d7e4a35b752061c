"""What holds for every test."""

from __future__ import annotations

import signal

# A shell starts background jobs deaf to Ctrl-C, and children inherit that: those that are sent it would never end.
signal.signal(signal.SIGINT, signal.default_int_handler)
