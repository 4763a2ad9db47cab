"""`python -m v2ghub` is the command `v2ghub`."""

from v2ghub.cli import main

main()
