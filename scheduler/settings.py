"""SchedulerSettings: what worker, beat and controller read once from the environment."""

from pydantic import Field

from csms.settings import HubSettings


class SchedulerSettings(HubSettings):
    """Times are real seconds."""

    controller_name: str = Field(
        default="", description="this controller among those of its site, the same in each life"
    )
    worker_number: int = Field(default=1, ge=1, le=16, description="which of the workers this is")
    plan_time_limit_s: float = 10.0
    sweep_interval_s: float = 2.0
    hint_debounce_s: float = 0.3
    lease_ttl_s: float = 10.0
    shortest_cycle_s: float = 0.25
    device_timeout_s: float = 0.5
