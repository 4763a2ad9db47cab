"""Ports: a taken one is told with its holder and the variable that moves ours."""

import os
import socket

import pytest

from v2ghub import ports
from v2ghub.errors import HubError


def test_a_taken_port_names_its_holder_and_the_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = rf"port {port} for the console is taken by .*\(pid {os.getpid()}\).*V2GHUB_WEB_PORT"
        with pytest.raises(HubError, match=told):
            ports.require_free("127.0.0.1", port, "the console", "V2GHUB_WEB_PORT")
    ports.require_free("127.0.0.1", port, "the console", "V2GHUB_WEB_PORT")


def test_free_ports_differ_and_can_be_listened_on() -> None:
    first = ports.find_free("127.0.0.1")
    with socket.create_server(("127.0.0.1", first)):
        assert ports.find_free("127.0.0.1") != first
    assert ports.find_free("127.0.0.1", {first}) != first
