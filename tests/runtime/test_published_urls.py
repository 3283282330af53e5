"""URLs as hosting providers and tools hand them out, in each driver's form."""

from __future__ import annotations

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from dbdriver_lint.runtime import DatabaseUrlError, engine_arguments, transform_url_for_driver, validate_url

SQLALCHEMY = tuple(map(int, sqlalchemy.__version__.split(".")[:2]))
POOLED = {"statement_cache_size", "prepared_statement_cache_size"}
if SQLALCHEMY >= (2, 0):
    POOLED.add("prepared_statement_name_func")

# provider, URL, asyncpg's URL after `postgresql+asyncpg://`, its connect_args' keys, libpq's after its scheme
PUBLISHED = [
    ("heroku", "postgres://u:p@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d1",
     "u:p@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d1?ssl=require", set(),
     "u:p@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d1?sslmode=require"),
    ("neon", "postgresql://u:p@ep-x-1.eu-central-1.aws.neon.tech/d?sslmode=require&channel_binding=require",
     "u:p@ep-x-1.eu-central-1.aws.neon.tech/d?ssl=require", set(),
     "u:p@ep-x-1.eu-central-1.aws.neon.tech/d?sslmode=require&channel_binding=require"),
    ("neon endpoint option", "postgresql://u:p@ep-x.neon.tech/d?sslmode=require&options=endpoint%3Dep-x",
     "u:p@ep-x.neon.tech/d?ssl=require", {"server_settings"},
     "u:p@ep-x.neon.tech/d?sslmode=require&options=endpoint%3Dep-x"),
    ("supabase direct", "postgresql://postgres:p@db.abc.supabase.co:5432/postgres",
     "postgres:p@db.abc.supabase.co:5432/postgres?ssl=require", set(),
     "postgres:p@db.abc.supabase.co:5432/postgres?sslmode=require"),
    ("supabase pooler", "postgresql://postgres.abc:p@aws-0-eu.pooler.supabase.com:6543/postgres?pgbouncer=true",
     "postgres.abc:p@aws-0-eu.pooler.supabase.com:6543/postgres?ssl=require", POOLED,
     "postgres.abc:p@aws-0-eu.pooler.supabase.com:6543/postgres?sslmode=require"),
    ("vercel supabase", "postgres://postgres.abc:p@aws-0.pooler.supabase.com:6543/postgres?sslmode=require&supa=base-pooler.x",
     "postgres.abc:p@aws-0.pooler.supabase.com:6543/postgres?ssl=require", set(),
     "postgres.abc:p@aws-0.pooler.supabase.com:6543/postgres?sslmode=require"),
    ("prisma", "postgresql://u:p@h:5432/d?schema=app&connection_limit=5&pool_timeout=10&sslmode=require",
     "u:p@h:5432/d?ssl=require", {"server_settings"},
     "u:p@h:5432/d?sslmode=require&options=-c+search_path%3Dapp"),
    ("prisma strict", "postgresql://u:p@h/d?sslaccept=strict", "u:p@h/d?ssl=verify-full", set(), "u:p@h/d?sslmode=verify-full"),
    ("render", "postgresql://u:p@dpg-x-a.frankfurt-postgres.render.com/d",
     "u:p@dpg-x-a.frankfurt-postgres.render.com/d?ssl=require", set(),
     "u:p@dpg-x-a.frankfurt-postgres.render.com/d?sslmode=require"),
    ("railway", "postgresql://postgres:p@postgres.railway.internal:5432/railway",
     "postgres:p@postgres.railway.internal:5432/railway?ssl=require", set(),
     "postgres:p@postgres.railway.internal:5432/railway?sslmode=require"),
    ("digitalocean", "postgresql://doadmin:p@db-x.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require",
     "doadmin:p@db-x.b.db.ondigitalocean.com:25060/defaultdb?ssl=require", set(),
     "doadmin:p@db-x.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require"),
    ("azure user", "postgresql://admin%40srv:p@srv.postgres.database.azure.com:5432/d?sslmode=require",
     "admin%40srv:p@srv.postgres.database.azure.com:5432/d?ssl=require", set(),
     "admin%40srv:p@srv.postgres.database.azure.com:5432/d?sslmode=require"),
    ("cloud sql socket", "postgresql://u:p@/d?host=/cloudsql/project:region:instance",
     "u:p@/d?host=/cloudsql/project%3Aregion%3Ainstance", set(),
     "u:p@/d?host=/cloudsql/project%3Aregion%3Ainstance"),
    ("fly", "postgres://u:p@top2.nearest.of.db.internal:5432/d?sslmode=disable",
     "u:p@top2.nearest.of.db.internal:5432/d?ssl=disable", set(),
     "u:p@top2.nearest.of.db.internal:5432/d?sslmode=disable"),
    ("aiven", "postgres://avnadmin:p@pg-x.aivencloud.com:12345/defaultdb?sslmode=require",
     "avnadmin:p@pg-x.aivencloud.com:12345/defaultdb?ssl=require", set(),
     "avnadmin:p@pg-x.aivencloud.com:12345/defaultdb?sslmode=require"),
    ("cockroach", "postgresql://u:p@x.cockroachlabs.cloud:26257/d?sslmode=verify-full",
     "u:p@x.cockroachlabs.cloud:26257/d?ssl=verify-full", set(),
     "u:p@x.cockroachlabs.cloud:26257/d?sslmode=verify-full"),
    ("compose", "postgresql://postgres:postgres@db:5432/app",
     "postgres:postgres@db:5432/app?ssl=require", set(), "postgres:postgres@db:5432/app?sslmode=require"),
    ("jdbc", "jdbc:postgresql://h:5432/d?user=u&password=p&ssl=true&currentSchema=app",
     "h:5432/d?user=u&password=p&ssl=require", {"server_settings"},
     "h:5432/d?user=u&password=p&sslmode=require&options=-c+search_path%3Dapp"),
    ("patroni", "postgresql://u:p@h1:5432,h2:5432/d?target_session_attrs=read-write&sslmode=prefer",
     "u:p@/d?host=h1%3A5432&host=h2%3A5432&target_session_attrs=read-write&ssl=prefer", set(),
     "u:p@/d?host=h1%3A5432&host=h2%3A5432&target_session_attrs=read-write&sslmode=prefer"),
    ("timeouts", "postgresql://u:p@h/d?sslmode=require&connect_timeout=10&application_name=web&keepalives_idle=30",
     "u:p@h/d?ssl=require", {"timeout", "server_settings"},
     "u:p@h/d?sslmode=require&connect_timeout=10&application_name=web&keepalives_idle=30"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "url", "asyncpg", "keys", "libpq"), PUBLISHED, ids=[row[0] for row in PUBLISHED])
def test_forms(provider: str, url: str, asyncpg: str, keys: set[str], libpq: str) -> None:
    assert transform_url_for_driver(url, "psycopg2") == f"postgresql://{libpq}"
    assert transform_url_for_driver(url, "postgresql+psycopg2") == f"postgresql+psycopg2://{libpq}"
    if "host=h1" in asyncpg and SQLALCHEMY < (2,):  # which takes no several hosts for asyncpg from a URL
        asyncpg, keys = asyncpg.replace("host=h1%3A5432&host=h2%3A5432&", ""), keys | {"host", "port"}
    written, arguments = engine_arguments(url, "asyncpg")
    assert written == f"postgresql+asyncpg://{asyncpg}"
    assert set(arguments) == keys
    validate_url(written, "asyncpg")
    validate_url(f"postgresql+psycopg2://{libpq}", "psycopg2")
    if keys:
        with pytest.raises(DatabaseUrlError, match="engine_arguments"):
            transform_url_for_driver(url, "asyncpg")
    else:
        assert transform_url_for_driver(url, "asyncpg") == written


@pytest.mark.parametrize(("provider", "url"), [row[:2] for row in PUBLISHED], ids=[row[0] for row in PUBLISHED])
def test_psycopg_and_pg8000(provider: str, url: str) -> None:
    written, arguments = engine_arguments(url, "psycopg")
    if SQLALCHEMY >= (2,):  # which has psycopg
        validate_url(written, "psycopg")
    assert set(arguments) <= {"prepare_threshold"}
    if provider == "patroni":
        with pytest.raises(DatabaseUrlError, match="single host"):
            engine_arguments(url, "pg8000")
        return
    written, arguments = engine_arguments(url, "pg8000")
    validate_url(written, "pg8000")
    assert "sslmode" not in make_url(written).query
    assert ("ssl_context" in arguments) == (provider != "cloud sql socket")
