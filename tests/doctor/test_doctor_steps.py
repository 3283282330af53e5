"""The steps that need no network: what is wrong with a URL, and with a driver for it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbdriver_lint.doctor import sides
from dbdriver_lint.doctor.driver_steps import examine_side, installed_sqlalchemy
from dbdriver_lint.doctor.examine import Options, examine
from dbdriver_lint.doctor.hosts import hosts_of
from dbdriver_lint.doctor.model import Diagnosis, Purpose, Result, Status
from dbdriver_lint.doctor.render import text, to_json
from dbdriver_lint.doctor.sides import Project, sides_for
from dbdriver_lint.doctor.url_steps import examine_url
from dbdriver_lint.knowledge.address import DatabaseUrlError, read_address
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.project.dependencies import read_dependencies
from dbdriver_lint.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "s3cr3t-pw"
V20, V21 = VersionRange.parse("==2.0.58"), VersionRange.parse("==2.1.9")


def project(root: Path | None = None, *, sqlalchemy: VersionRange = V21, chosen: Settings | None = None) -> Project:
    return Project(chosen or Settings(), read_dependencies(root), sqlalchemy)


def url_failure(text: str) -> Result | None:
    results, _, _ = examine_url(text)
    return next((result for result in results if result.failed), None)


@pytest.mark.parametrize(
    ("text", "step", "remedy"),
    [
        (f"postgres://u:{PASSWORD}@h/d", "scheme", "`postgresql://u:***@h/d`"),
        (f"postgresql+psycopg3://u:{PASSWORD}@h/d", "scheme", "`postgresql+psycopg://u:***@h/d`"),
        (f"psql 'postgresql://u:{PASSWORD}@h/d'", "parse", "`postgresql://u:***@h/d`"),
        (f'"postgresql://u:{PASSWORD}@h/d"', "parse", "`postgresql://u:***@h/d`"),
        (f"DATABASE_URL=postgresql://u:{PASSWORD}@h/d", "parse", "`postgresql://u:***@h/d`"),
        (f"postgresql://u:{PASSWORD}@h/d\n", "parse", "`postgresql://u:***@h/d`"),
        (f"jdbc:postgresql://u:{PASSWORD}@h/d", "parse", "`postgresql://u:***@h/d`"),
        (f"u:{PASSWORD}@h/d", "parse", "`postgresql://`"),
        ("", "parse", "its value"),
        (f"postgres:/u:{PASSWORD}@h/d", "parse", "`postgresql://`"),
        ("postgresql://u:***@h/d", "parse", "dialect://"),
        (f"postgresql://u:{PASSWORD}@h:port/d", "parse", "dialect://"),
        (f"postgresql://u:x@{PASSWORD}@h/d", "escaping", "`%40`"),
        (f"postgresql://u:x@{PASSWORD}/y@h/d", "escaping", "`%40`"),
        (f"nonsense://u:{PASSWORD}@h/d", "scheme", "postgresql"),
        ("postgresql://postgres.x:[YOUR-PASSWORD]@aws-0-eu.pooler.supabase.com:5432/postgres", "parts", "password"),
        ("postgresql://USER:PASSWORD@HOST/DATABASE", "parts", "user"),
        ("postgresql://u:${DB_PASSWORD}@h/d", "parts", "password"),
        (f"postgresql://u:{PASSWORD}@your-db.example.com/d", "parts", "host"),
        (f"postgresql://u:{PASSWORD}@h/d?sslmode=verify-full&sslrootcert=/not/there.pem", "files", "path"),
    ],
)
def test_broken_urls(text: str, step: str, remedy: str) -> None:
    failure = url_failure(text)
    assert failure is not None
    assert failure.step == step
    assert failure.cause
    assert remedy in failure.remedy
    results, _, shown = examine_url(text)
    said = repr((results, shown))
    assert PASSWORD not in said


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://u:{PASSWORD}@h/d",
        "postgresql://user:password@localhost/database",
        "postgresql+asyncpg://postgres:postgres@db:5432/app",
        f"postgresql://u:{PASSWORD}@[::1]:5432/d",
        f"postgresql://u:{PASSWORD}@/d?host=a:5432&host=b:5433",
        f"mysql+pymysql://u:{PASSWORD}@h/d?charset=utf8mb4",
        "sqlite:///app.db",
        "postgresql://u:$ecret@h/d",
        "postgresql://",
    ],
)
def test_good_urls(text: str) -> None:
    assert url_failure(text) is None


def test_the_password_that_is_meant() -> None:
    _, subject, _ = examine_url("postgres://u:p@ss/w%rd@h/d?sslmode=require")
    assert subject is not None
    assert subject.address.password == "p@ss/w%rd"
    assert subject.text == "postgresql://u:p%40ss%2Fw%25rd@h/d?sslmode=require"
    assert read_address(subject.text).hosts == (("h", None),)


def test_what_others_read_differently_is_only_noted() -> None:
    results, _, _ = examine_url("postgresql://u:a/b#c@h/d")
    escaping = next(result for result in results if result.step == "escaping")
    assert escaping.status is Status.NOTE
    assert "`#` `/`" in escaping.found


@pytest.mark.parametrize(
    ("host", "found", "remedy"),
    [
        ("aws-0-eu.pooler.supabase.com:6543", "Supabase's transaction pooler", "port 5432 of the same host"),
        ("ep-x-1-pooler.eu-central-1.aws.neon.tech", "Neon's pooler", "without `-pooler`"),
        ("db-x.b.db.ondigitalocean.com:25061", "DigitalOcean's connection pool", "port 25060"),
        ("bouncer.example.com:6432", "PgBouncer's usual port", "the server's own port"),
    ],
)
def test_poolers(host: str, found: str, remedy: str) -> None:
    results, _, _ = examine_url(f"postgresql://u:{PASSWORD}@{host}/d")
    step = next(result for result in results if result.step == "host")
    assert step.status is Status.NOTE
    assert found in step.found
    assert remedy in step.remedy


def test_no_pooler() -> None:
    for host in ("aws-0-eu.pooler.supabase.com:5432", "ep-x-1.eu-central-1.aws.neon.tech", "localhost"):
        results, _, _ = examine_url(f"postgresql://u:{PASSWORD}@{host}/d")
        assert next(result for result in results if result.step == "host").status is Status.OK


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://h/d", ["h:5432"]),
        ("mysql://h/d", ["h:3306"]),
        ("postgresql://a:1,b:2/d", ["a:1", "b:2"]),
        ("postgresql:///d?host=a:1&host=b", ["a:1", "b:5432"]),
        ("postgresql:///d?host=a,b&port=1,2", ["a:1", "b:2"]),
        ("postgresql:///d?host=/run/postgresql", ["/run/postgresql/.s.PGSQL.5432"]),
        ("postgresql://[::1]:5433/d", ["[::1]:5433"]),
        ("mysql:///d?unix_socket=/run/mysqld.sock", ["/run/mysqld.sock"]),
        ("postgresql:///d", []),
    ],
)
def test_hosts(url: str, hosts: list[str]) -> None:
    assert [str(host) for host in hosts_of(read_address(url), url.partition(":")[0])] == hosts


# --- sides -----------------------------------------------------------------------------------------


def chosen(url: str, of: Project) -> dict[str, str]:
    _, subject, _ = examine_url(url)
    assert subject is not None
    return {side.purpose.value: side.drivername for side in sides_for(subject, (), of, convert=False, default=None)}


def test_drivers_of_the_project(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("sqlalchemy>=2.0\npsycopg2-binary\nasyncpg\n")
    both = {"migrations": "postgresql+psycopg2", "application": "postgresql+asyncpg"}
    assert chosen("postgresql://h/d", project(tmp_path)) == both
    assert chosen("postgresql+asyncpg://h/d", project(tmp_path)) == both
    # What the URL names is what is used, on the side that it fits.
    named = {"migrations": "postgresql+pg8000", "application": "postgresql+asyncpg"}
    assert chosen("postgresql+pg8000://h/d", project(tmp_path)) == named
    chosen_drivers = Settings(sync_driver="pg8000", async_driver="psycopg")
    assert chosen("postgresql://h/d", project(tmp_path, chosen=chosen_drivers)) == {
        "migrations": "postgresql+pg8000",
        "application": "postgresql+psycopg",
    }
    requirements.write_text("sqlalchemy\npsycopg2\n")
    assert chosen("postgresql://h/d", project(tmp_path)) == {"migrations": "postgresql+psycopg2"}
    requirements.write_text("sqlalchemy\npsycopg[binary]\n")
    assert chosen("postgresql://h/d", project(tmp_path)) == {
        "migrations": "postgresql+psycopg",
        "application": "postgresql+psycopg",
    }
    requirements.write_text("sqlalchemy\n")
    assert chosen("mysql://h/d", project(tmp_path)) == {"migrations": "mysql+mysqldb"}


def test_drivers_of_this_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    present = {"psycopg", "asyncpg"}
    monkeypatch.setattr(sides, "import_error", lambda _, name: None if name in present else "ModuleNotFoundError")
    both = {"migrations": "postgresql+psycopg", "application": "postgresql+asyncpg"}
    assert chosen("postgresql://h/d", project()) == both
    present.clear()
    assert chosen("postgresql://h/d", project(sqlalchemy=V20)) == {"migrations": "postgresql+psycopg2"}
    assert chosen("postgresql://h/d", project(sqlalchemy=V21)) == {"migrations": "postgresql+psycopg"}


def test_driver_of_another_database() -> None:
    with pytest.raises(DatabaseUrlError, match="'asyncpg' is a driver for 'postgresql'"):
        examine("mysql://h/d", "--url", project(), Options(("asyncpg",)))
    with pytest.raises(DatabaseUrlError, match="Did you mean 'asyncpg'"):
        examine("postgresql://h/d", "--url", project(), Options(("asyncpgg",)))


# --- drivers ---------------------------------------------------------------------------------------


def side_results(url: str, driver: str, of: Project | None = None, *, alone: bool = True) -> dict[str, Result]:
    _, subject, _ = examine_url(url)
    assert subject is not None
    of = of or project()
    (side,) = sides_for(subject, (driver,), of, convert=False, default=None)
    return {result.step: result for result in examine_side(side, subject, of, alone=alone)}


def test_the_only_user_must_be_named() -> None:
    url = f"postgresql://u:{PASSWORD}@h/d"
    assert side_results(url, "psycopg2", project(sqlalchemy=V20))["driver"].status is Status.OK
    result = side_results(url, "psycopg2", project(sqlalchemy=V21))["driver"]
    assert result.failed
    assert result.found == "`postgresql://` selects psycopg, not psycopg2"
    assert "`postgresql+psycopg2://`" in result.remedy
    result = side_results(url, "asyncpg", project(sqlalchemy=V20))["driver"]
    assert "The loaded 'psycopg2' is not async" in result.cause
    assert side_results(url, "asyncpg", project(sqlalchemy=V20), alone=False)["driver"].status is Status.NOTE
    result = side_results(f"postgresql+asyncpg://u:{PASSWORD}@h/d", "psycopg2")["driver"]
    assert "MissingGreenlet" in result.cause


def test_a_driver_that_this_sqlalchemy_does_not_have() -> None:
    of = project(sqlalchemy=VersionRange.parse("==1.4.54"))
    _, subject, _ = examine_url("postgresql+psycopg://h/d")
    assert subject is not None
    side = sides_for(subject, ("psycopg",), of, convert=False, default=None)[0]
    (result,) = examine_side(side, subject, of, alone=False)
    assert result.found == "SQLAlchemy 1.4.54 has no `postgresql+psycopg`"
    assert "SQLAlchemy 2.0 or newer" in result.remedy


@pytest.mark.parametrize(
    ("url", "driver", "found", "remedy"),
    [
        (
            f"postgresql+asyncpg://u:{PASSWORD}@h/d?sslmode=require&channel_binding=require",
            "asyncpg",
            "asyncpg does not take `sslmode`, `channel_binding`",
            "`postgresql+asyncpg://u:***@h/d?ssl=require`",
        ),
        (
            f"postgresql+asyncpg://u:{PASSWORD}@h/d?ssl=true",
            "asyncpg",
            "asyncpg refuses the value of `ssl`",
            "?ssl=require",
        ),
        (
            f"postgresql+psycopg2://u:{PASSWORD}@h/d?ssl=require",
            "psycopg2",
            "psycopg2 does not take `ssl`",
            "?sslmode=require",
        ),
        (
            f"postgresql+pg8000://u:{PASSWORD}@h/d?sslmode=require",
            "pg8000",
            "pg8000 does not take `sslmode`",
            "with `connect_args={'ssl_context': True}`; `engine_arguments(url, 'pg8000')`",
        ),
        (
            f"mysql+aiomysql://u:{PASSWORD}@h/d?ssl_ca=/etc/ca.pem",
            "aiomysql",
            "aiomysql",
            "ssl.create_default_context(cafile='/etc/ca.pem')",
        ),
    ],
)
def test_parameters(url: str, driver: str, found: str, remedy: str) -> None:
    result = side_results(url, driver)["parameters"]
    assert result.failed
    assert result.found.startswith(found)
    assert remedy in result.remedy
    assert PASSWORD not in repr(result)


def test_declared(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("sqlalchemy\nasyncpg\n")
    url = "postgresql+asyncpg://h/d"
    declared = side_results(url, "asyncpg", project(tmp_path))["declared"]
    assert (declared.status, declared.found) == (Status.OK, "asyncpg, requirements.txt:2")
    (tmp_path / "requirements.txt").write_text("sqlalchemy\n")
    assert side_results(url, "asyncpg", project(tmp_path))["declared"].status is Status.NOTE
    assert "declared" not in side_results(url, "asyncpg", project())


def test_missing_driver_and_greenlet(monkeypatch: pytest.MonkeyPatch) -> None:
    from dbdriver_lint.doctor import driver_steps

    def absent(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(driver_steps, "import_module", absent)
    monkeypatch.setattr(driver_steps, "import_error", lambda *_: "ModuleNotFoundError: No module named 'asyncpg'")
    results = side_results("postgresql+asyncpg://h/d", "asyncpg")
    assert results["installed"].found == "asyncpg is not installed"
    assert "pip install 'asyncpg'" in results["installed"].remedy
    assert results["greenlet"].failed
    assert "sqlalchemy[asyncio]" in results["greenlet"].remedy


# --- all together ----------------------------------------------------------------------------------


def diagnosis(url: str, *drivers: str, convert: bool = False) -> Diagnosis:
    return examine(url, "--url", project(sqlalchemy=installed_sqlalchemy()[1]), Options(drivers, convert))


def test_conversion_repairs() -> None:
    url = f"postgres://u:{PASSWORD}@h/d?sslmode=require"
    assert not diagnosis(url, "psycopg2", "asyncpg").healthy
    converted = diagnosis(url, "psycopg2", "asyncpg", convert=True)
    assert converted.healthy
    assert [report.tls for report in converted.sides] == ["TLS require", "TLS require"]
    assert PASSWORD not in repr([converted.results, converted.masked])
    # What the conversion does not repair stays.
    assert not diagnosis(f'"{url}"', "psycopg2", convert=True).healthy
    # A raw password is escaped; `/` and `@` in it are known for its own where the URL names a database.
    raw = f"postgres://u:x@{PASSWORD}/y@h/d"
    assert not diagnosis(raw, "psycopg2").healthy
    assert diagnosis(raw, "psycopg2", convert=True).healthy


def test_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    of = project(sqlalchemy=installed_sqlalchemy()[1])
    options = Options(connect=True)
    assert not examine("sqlite:///no/such/app.db", "--url", of, options).healthy
    new = examine("sqlite:///app.db", "--url", of, options)
    assert new.healthy
    assert list(tmp_path.iterdir()) == [], "looking must not make the file"
    (tmp_path / "app.db").touch()
    found = examine("sqlite:///app.db", "--url", of, options)
    assert found.healthy
    assert [report.side.purpose for report in found.sides] == list(Purpose)
    assert all(report.results[-1].step == "SELECT 1" for report in found.sides if report.side.driver == "pysqlite")


SECRET_TEXT = st.text("@:/?#%[]$& +=\"'<>*a1\\;,", max_size=4)
NO_DRIVERS = project()


@given(
    password=st.tuples(SECRET_TEXT, SECRET_TEXT).map("S3CR3T".join) | st.just("S3CR3T"),
    escaped=st.booleans(),
    scheme=st.sampled_from(
        ["postgres://", "postgresql+asyncpg://", "mysql://", "jdbc:postgresql://", "", "postgres:/"]
    ),
    rest=st.sampled_from(
        ["h", "h:5432/d?sslmode=require", "h:port", "[::1]:1/d?ssl=true", "a,b/d?password=S3CR3T", "/"]
    ),
    around=st.sampled_from(["{}", '"{}"', "psql '{}'", "{}\n"]),
    convert=st.booleans(),
)
def test_no_password_is_ever_shown(
    password: str, escaped: bool, scheme: str, rest: str, around: str, convert: bool
) -> None:
    url = around.format(f"{scheme}user:{quote(password, safe='') if escaped else password}@{rest}")
    found = examine(url, "--url", NO_DRIVERS, Options(convert=convert))
    assert "S3CR3T" not in text([found], color=False) + to_json([found])
