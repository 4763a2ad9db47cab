"""`python -m csms`."""

from csms.main import run

run()
