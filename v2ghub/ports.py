"""Ports: whether one is free, who holds it if not, and how to find a free one."""

import os
import socket
from collections.abc import Collection
from contextlib import suppress

import psutil

from v2ghub.errors import HubError

# Below Linux' range for outgoing connections, so that nobody takes it while its owner restarts.
FREE_PORTS = range(20_000, 30_000)


def require_free(host: str, port: int, what: str, variable: str) -> None:
    """Raise: `HubError` naming the port, its holder if known, and the variable that moves it."""
    if not is_free(host, port):
        raise HubError(
            f"port {port} for {what} is taken by {holder(port)}; "
            f"stop it, or set {variable} to another port"
        )


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise HubError(f"may not listen on port {port}: choose one above 1023") from error
        except OSError:
            return False
    return True


def find_free(host: str, taken: Collection[int] = ()) -> int:
    """A free port, none of `taken`, that outgoing connections do not use."""
    start = os.getpid() * 7  # hubs that start together look in different places
    for step in range(len(FREE_PORTS)):
        port = FREE_PORTS[(start + step) % len(FREE_PORTS)]
        if port not in taken and is_free(host, port):
            return port
    raise HubError(f"no free port from {FREE_PORTS.start} to {FREE_PORTS.stop}")


def holder(port: int) -> str:
    """Who listens on `port`, as far as we may see it."""
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.laddr and connection.laddr.port == port and connection.pid:
                process = psutil.Process(connection.pid)
                return f"{' '.join(process.cmdline()[:4]) or process.name()} (pid {process.pid})"
    return "another program"


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
