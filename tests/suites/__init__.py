"""Attacks on the product, each a command with a bounded time that prints its figures: `./dev suite NAME [--long]`."""
