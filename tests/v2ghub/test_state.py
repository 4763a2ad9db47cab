"""The state folder: secrets are private, made once; errors are sentences with what to do."""

import errno
import os
import stat
from pathlib import Path

import pytest

from v2ghub import state
from v2ghub.errors import HubError


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_pepper_is_made_once_and_is_private(tmp_path: Path) -> None:
    first = state.secret(tmp_path, None)
    assert len(first) >= 32
    assert state.secret(tmp_path, None) == first
    assert mode_of(tmp_path / "secret.key") == 0o600


def test_of_two_that_make_a_pepper_the_first_one_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[str] = []

    def token(_: int) -> str:
        """While ours is made, another command comes, makes one, and goes on with it."""
        monkeypatch.setattr("secrets.token_urlsafe", lambda _: "other" * 10)
        others.append(state.secret(tmp_path, None))
        return "ours" * 10

    monkeypatch.setattr("secrets.token_urlsafe", token)
    assert state.secret(tmp_path, None) == others[0] == "other" * 10
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert mode_of(tmp_path / "secret.key") == 0o600


def test_a_given_pepper_wins_and_a_short_one_is_refused(tmp_path: Path) -> None:
    assert state.secret(tmp_path, "x" * 32) == "x" * 32
    with pytest.raises(HubError, match="V2GHUB_SECRET is too short"):
        state.secret(tmp_path, "x" * 31)


def test_the_hub_file_is_private_and_read_back(tmp_path: Path) -> None:
    state.write_hub_file(tmp_path, {"username": "admin", "pid": 7})
    assert state.read_hub_file(tmp_path) == {"username": "admin", "pid": 7}
    assert mode_of(tmp_path / "hub.json") == 0o600


def test_a_file_stays_private_when_it_is_replaced(tmp_path: Path) -> None:
    old = tmp_path / "hub.json"
    old.write_text("{}")
    old.chmod(0o644)
    state.write_hub_file(tmp_path, {"pid": 1})
    assert mode_of(old) == 0o600


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_what_to_do(number: int) -> None:
    error = OSError(number, os.strerror(number))
    assert state.told(error, Path("/data")).startswith("no space left on the disk of /data; free")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_a_folder_that_is_not_ours_names_the_variable(number: int) -> None:
    assert "V2GHUB_STATE_DIR" in state.told(OSError(number, "x"), Path("/data"))


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "hub").write_text("")
    with pytest.raises(HubError, match="state folder"):
        state.make_state_dir(tmp_path / "hub")


def test_one_hub_per_folder(tmp_path: Path) -> None:
    with state.hub_lock(tmp_path):
        assert state.is_running(tmp_path)
        told = rf"another hub \(pid {os.getpid()}\) already runs .*V2GHUB_STATE_DIR"
        with pytest.raises(HubError, match=told), state.hub_lock(tmp_path):
            pass
    assert not state.is_running(tmp_path)
    with state.hub_lock(tmp_path):
        pass
