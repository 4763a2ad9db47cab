"""What a site file must keep beyond its shape, in sentences that say what to do."""

from scheduler.domain.site import Site


def problems_of(site: Site) -> tuple[str, ...]:
    """Every rule that the site breaks, one sentence each; empty if it may run."""
    raise NotImplementedError


def load_site(text: str) -> Site:
    """Parse a site file (TOML). Raises `SiteRefused` with every problem found."""
    raise NotImplementedError
