import sys

if sys.version_info < (3, 11):  # noqa: UP036 - a checkout can be run by any Python
    sys.stderr.write("v2ghub: Python 3.11 or newer is needed, not " + sys.version[:6] + "\n")
    sys.exit(2)
