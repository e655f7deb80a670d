"""The second wall at start-up: which role the server works as, and whether the wall binds it."""

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kit.db.database import Database

APP_ROLE = "abruf_app"
"""The role that the server works as where the address names the owner of the tables."""

_MAY_BECOME = text("""
SELECT pg_has_role(session_user, oid,
    CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
FROM pg_roles WHERE rolname = :role
""")
_UNBOUND = text("""
SELECT current_user, rolsuper AS is_superuser, rolbypassrls AS bypasses, EXISTS (
    SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND relowner = pg_roles.oid
) AS is_owner, has_table_privilege('journal', 'UPDATE, DELETE, TRUNCATE') AS rewrites
FROM pg_roles WHERE rolname = current_user
""")


class UnboundError(Exception):
    """The server's role could pass the wall, take it down, or rewrite the journal."""


def app_role(owner_url: str, app_url: str) -> str:
    """Return the role that the server works as, which needs rights on the owner's tables."""
    return (make_url(app_url).username or APP_ROLE) if app_url != owner_url else APP_ROLE


async def role_to_become(owner_url: str, app_url: str) -> str | None:
    """Return what the server's connections become where the owner's address is all there is.

    None where another role connects, or where the owner may not become the other role.
    """
    if app_url != owner_url:
        return None
    engine = create_async_engine(owner_url, poolclass=NullPool)
    async with engine.connect() as connection:
        may = await connection.scalar(_MAY_BECOME, {"role": APP_ROLE})
    await engine.dispose()
    return APP_ROLE if may else None


async def prove_bound(database: Database) -> None:
    """UnboundError when the role that the server works as could pass the wall or take it down.

    An owner of the tables is bound (FORCE), but may lift that. Migrations give nobody the right to
    rewrite the journal, but others might.
    """
    async with database.keyless.connect() as connection:
        found = (await connection.execute(_UNBOUND)).one()
    what = (
        "is a superuser"
        if found.is_superuser
        else "bypasses row-level security"
        if found.bypasses
        else "owns the tables"
        if found.is_owner
        else "may rewrite the journal"
        if found.rewrites
        else None
    )
    if what:
        raise UnboundError(_ADVICE.format(user=found.current_user, what=what, role=APP_ROLE))


_ADVICE = """\
Abruf does not start: the database role {user} {what}, so that the second wall, rights and
row-level security in the database, would not hold. One of these helps:

- Name an ordinary role in ABRUF_DATABASE_URL, and the owner of the database in ABRUF_OWNER_URL.
- Let this role become another one. An administrator does that once, by
      CREATE ROLE {role} NOLOGIN; GRANT {role} TO {user};
- For development only: ABRUF_ALLOW_OWNER=1.
"""
