"""`python -m faceauthd` is `faceauthd`."""

from faceauthd.cli.main import main

main()
