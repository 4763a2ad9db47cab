"""The one error of this package: a sentence for whoever typed the command.

HubError        what is wrong, and what to do about it; the command prints it and exits with 2
"""


class HubError(Exception):
    """A fault of the surroundings, told in words; never a bug."""
