"""Addresses of databases as PostgreSQL's programs take them, numbers that serve: or a line."""

from dataclasses import fields

import pytest

from kit.config import from_environment
from kit.limits import MAY_BE_NONE, Bounds, Limits

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


EVERY = {f"ABRUF_LIMIT_{it.name.upper()}": it.name for it in fields(Limits)}
EVERY |= {f"ABRUF_{it.name.upper()}": it.name for it in fields(Bounds) if it.name != "turns"}


@pytest.mark.parametrize("name", [*EVERY, "ABRUF_POOL_SIZE"])
def test_a_number_with_which_nobody_would_be_served_is_refused_in_a_line(name: str) -> None:
    for wrong in ("-1", "1.5", "", "1e3", "٣", str(2**31)):
        with pytest.raises(SystemExit, match=f"^{name} must be a whole number from [^\n]*$"):
            from_environment({name: wrong})
    if EVERY.get(name) in MAY_BE_NONE:
        from_environment({name: "0"})
        return
    with pytest.raises(SystemExit, match=f"^{name} must be a whole number from 1 to "):
        from_environment({name: "0"})


def test_a_time_out_is_one_that_postgresql_takes() -> None:
    with pytest.raises(SystemExit, match=r"^ABRUF_LIMIT_STATEMENT .* to 2,147,483, "):
        from_environment({"ABRUF_LIMIT_STATEMENT": "2147484"})
