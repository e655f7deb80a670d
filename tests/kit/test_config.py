"""Addresses of databases: taken as PostgreSQL's programs take them, or refused in a line."""

import pytest

from kit.config import from_environment

PLACE = "postgresql://me:secret@db.example:5432/abruf"


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ("mysql://me:secret@db.example/abruf", "must be like postgresql://"),
        ("me:secret@db.example/abruf", "must be like postgresql://"),
        ("postgresql://me:secret@db.example:port/abruf", "must be like postgresql://"),
        ("postgresql://me:secret@[::1/abruf", "must be like postgresql://"),
        (f"{PLACE}?sslmode=wrong", "sslmode must be one of allow, "),
        (f"{PLACE}?ssl=require&sslmode=disable", "sslmode must be one of allow, "),
        (f"{PLACE}?ssl_mode=require", "there is no ssl_mode after its `?`"),
    ],
)
@pytest.mark.parametrize("name", ["ABRUF_DATABASE_URL", "ABRUF_OWNER_URL", "ABRUF_BACKUP_URL"])
def test_a_wrong_address_is_refused_in_a_line_without_it(name: str, wrong: str, what: str) -> None:
    with pytest.raises(SystemExit) as ended:
        from_environment({name: wrong})
    text = str(ended.value)
    assert text.startswith(name)
    assert what in text
    assert "secret" not in text
    assert "\n" not in text


@pytest.mark.parametrize("spelt", ["ssl", "sslmode"])
def test_tls_is_asked_for_by_either_name(spelt: str) -> None:
    config = from_environment({"ABRUF_DATABASE_URL": f"{PLACE}?{spelt}=verify-full"})
    assert config.database_url == PLACE.replace("://", "+asyncpg://") + "?ssl=verify-full"
