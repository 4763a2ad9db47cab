import pytest

from tests import pki


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return pki.root(tmp_path_factory.mktemp("pki"), "issuer")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """The same name, another key."""
    return pki.root(tmp_path_factory.mktemp("pki"), "issuer")
