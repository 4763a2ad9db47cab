from web.credentials import NOBODY


def test_passwords_are_kept_as_slow_as_owasp_asks() -> None:
    """Password Storage Cheat Sheet: argon2id, at least 19 MiB, two passes, one lane."""
    assert NOBODY.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
