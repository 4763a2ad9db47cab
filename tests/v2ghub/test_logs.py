"""Logs are cut while they are written to, and nothing written later is lost."""

from pathlib import Path

from v2ghub import logs


def test_a_large_log_moves_aside_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "csms.log"
    with logs.opened(log) as writer:
        for generation in range(5):
            writer.write(f"generation {generation}\n".encode() * 10)
            logs.rotate(log, largest_bytes=50)
        writer.write(b"the newest\n")

    assert log.read_text() == "the newest\n"
    kept = {path.name: path.read_text().split("\n")[0] for path in tmp_path.glob("*.log.*")}
    assert kept == {
        "csms.log.1": "generation 4", "csms.log.2": "generation 3", "csms.log.3": "generation 2",
    }  # fmt: skip


def test_a_small_log_stays(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    logs.append(log, "ready")
    logs.rotate(log)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]


def test_the_tail_is_the_end(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for number in range(100):
        logs.append(log, f"line {number}")
    assert logs.tail(log, lines=2) == "line 98\nline 99"
    assert logs.tail(tmp_path / "none.log") == ""
