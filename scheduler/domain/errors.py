"""The errors of the scheduler's pure core.

SchedulerError
└── SiteRefused   a site file breaks a rule; `problems` says which, one sentence each
"""


class SchedulerError(Exception):
    """Root of all errors that the scheduler raises on purpose."""


class SiteRefused(SchedulerError):  # noqa: N818 - a verdict, not a mistake of ours
    """The site file cannot be run as it stands."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
