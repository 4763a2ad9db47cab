"""The module Celery loads for beat: `celery -A scheduler.beat beat`.

Beat sends tasks by their names; what they do, and the planner behind it, is not loaded here.
"""

from scheduler.celery_app import log_ours, make_celery
from scheduler.settings import SchedulerSettings

settings = SchedulerSettings()  # type: ignore[call-arg]  # the environment gives them
app = make_celery(settings)
log_ours(settings)
