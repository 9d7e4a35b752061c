"""People on their way from one gallery to another: one file, encrypted and authenticated; see docs/keep-and-move.md."""
