"""What looks suspicious in real code and is fine: no finding, with every rule that is on by default."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project, environment
from dbdriver_lint.settings.model import Settings

if TYPE_CHECKING:
    from dbdriver_lint.findings.model import Finding

SA = "from sqlalchemy import create_engine\nfrom sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine\n"


def findings(root: Path, files: dict[str, str], linted: str) -> list[Finding]:
    environment.forget()
    (root / "pyproject.toml").touch()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    path = str(root / linted)
    return list(check_source(path, Path(path).read_bytes(), Settings(), Project.for_path(path)).findings)


#: (what it is, the file, other files)
TRAPS = [
    (
        "one URL, and the code looks at its driver to choose the engine",
        (
            f'{SA}from config import settings\n\ndef make():\n    if "asyncpg" in settings.url:\n'
            "        return create_async_engine(settings.url)\n    return create_engine(settings.url)\n"
        ),
        {
            "config.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    url: str\nsettings = Settings()\n"
        },
    ),
    (
        "one URL that is converted for the asynchronous engine alone",
        (
            f"{SA}from config import settings\nfrom urls import to_async\n"
            "engine = create_engine(settings.url)\nasync_engine = create_async_engine(to_async(settings.url))\n"
        ),
        {
            "config.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    url: str\nsettings = Settings()\n",
            "urls.py": (
                "from sqlalchemy import make_url\ndef to_async(url):\n    parsed = make_url(url)\n"
                '    return parsed.set(drivername="postgresql+asyncpg", query=translate(parsed.query))\n'
            ),
        },
    ),
    (
        "a first-party function with the same name",
        'from db import create_async_engine\nengine = create_async_engine(f"sqlite:///{path}")\n',
        {"db.py": "def create_async_engine(url): ...\n"},
    ),
    (
        "a local function of that name that returns an AsyncEngine",
        (
            "from sqlalchemy.ext.asyncio import create_async_engine\nfrom app.config import settings\n\n"
            "def create_engine(url):\n    return create_async_engine(url)\n\nengine = create_engine(settings.url)\n"
        ),
        {},
    ),
    (
        "a name that nobody knows",
        'from somewhere import create_async_engine\ncreate_async_engine("sqlite://")\n',
        {},
    ),
    (
        "psycopg 3 is both, and takes libpq's parameters",
        (
            f"{SA}import os\nURL = f\"postgresql+psycopg://{{os.environ['U']}}@db/app?sslmode=require\"\n"
            "engine = create_async_engine(URL)\nsync = create_engine(URL)\n"
        ),
        {},
    ),
    (
        "sslmode in a DSN for asyncpg itself",
        (
            "import asyncpg\nimport os\n\nasync def main():\n"
            "    await asyncpg.connect(f\"postgresql://{os.environ['U']}@db/app?sslmode=require\")\n"
        ),
        {},
    ),
    (
        "sslmode for psycopg2 beside an asyncpg engine",
        (
            f"{SA}from config import s\n"
            'a = create_engine("postgresql+psycopg2://" + s.rest, connect_args={"sslmode": "require"})\n'
            'b = create_async_engine("postgresql+asyncpg://" + s.rest, connect_args={"ssl": "require"})\n'
        ),
        {"config.py": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    rest: str\ns = S()\n"},
    ),
    (
        "a key that is added to a nested dictionary later",
        (
            f"{SA}from config import s\n"
            'options = {"connect_args": {}}\nif s.tls:\n    options["connect_args"]["sslmode"] = "require"\n'
            'engine = create_engine("postgresql+psycopg2://" + s.rest, **options)\n'
        ),
        {"config.py": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    rest: str\ns = S()\n"},
    ),
    (
        "a creator: the URL's query never reaches the driver",
        (
            f"{SA}from config import connect\n"
            'a = create_async_engine("postgresql+asyncpg://?sslmode=require", async_creator=connect)\n'
            'b = create_engine("postgresql+psycopg2://?ssl=require", creator=connect)\n'
        ),
        {},
    ),
    (
        "an engine that is wrapped in AsyncEngine",
        f'{SA}from config import rest\nengine = AsyncEngine(create_engine("postgresql+asyncpg://" + rest))\n',
        {},
    ),
    (
        "engine_from_config wrapped in AsyncEngine",
        (
            "from sqlalchemy import engine_from_config\nfrom sqlalchemy.ext.asyncio import AsyncEngine\nfrom config import rest\n"
            'configuration = {"sqlalchemy.url": "postgresql+asyncpg://" + rest}\n'
            'engine = AsyncEngine(engine_from_config(configuration, prefix="sqlalchemy.", future=True))\n'
        ),
        {},
    ),
    (
        "an engine that is made only to look at its dialect",
        f'{SA}name = create_engine("postgresql+asyncpg://").dialect.name\n',
        {},
    ),
    (
        "an async URL in code that runs under run_sync",
        (
            f"{SA}from config import rest\n\ndef migrate(connection):\n"
            '    engine = create_engine("postgresql+asyncpg://" + rest)\n    engine.connect()\n\n'
            "async def main(connection):\n    await connection.run_sync(migrate)\n"
        ),
        {},
    ),
    (
        "check_same_thread in the branch of SQLite",
        (
            f"{SA}import os\nurl = os.environ['DATABASE_URL']\n"
            "if not url.startswith(('sqlite', 'postgresql')):\n    raise SystemExit\n"
            "arguments = {}\nif url.startswith('sqlite'):\n    arguments['check_same_thread'] = False\n"
            "engine = create_engine(url, connect_args=arguments)\n"
        ),
        {},
    ),
    (
        "check_same_thread in a conditional expression on a setting",
        (
            f"{SA}from config import settings\n"
            "engine = create_engine(\n    settings.url,\n"
            "    connect_args={'check_same_thread': False} if settings.url.startswith('sqlite') else {},\n)\n"
        ),
        {
            "config.py": "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n"
            '    url: str = "postgresql+psycopg2://app@localhost/app"\nsettings = S()\n'
        },
    ),
    (
        "check_same_thread for aiosqlite",
        f'{SA}engine = create_async_engine("sqlite+aiosqlite:///app.db", connect_args={{"check_same_thread": False}})\n',
        {},
    ),
    (
        "strings that begin with a scheme and are no URLs to connect to",
        (
            'SCHEMES = ("postgres://", "postgresql+psycopg3://")\nNAMES = {"postgres://": "postgresql"}\n\n'
            'def fix(url):\n    """Turns postgres://user:pass@host/db into a URL."""\n'
            '    if url.startswith("postgres://"):\n        url = url.replace("postgres://", "postgresql://", 1)\n'
            '    if url == "postgresql+asyncpg://user:pass@host/db":\n        raise ValueError("not postgres://user:pass@h/db")\n'
            '    return url.split("postgresql+aiopg://")[0]\n'
        ),
        {},
    ),
    (
        "a description, a message and a pattern",
        (
            "import logging\nimport re\nfrom pydantic import Field\nfrom pydantic_settings import BaseSettings\n\n"
            "class S(BaseSettings):\n"
            '    url: str = Field(..., description="postgresql+asyncpg://user:pass@prod.internal/db")\n\n'
            'PATTERN = re.compile("postgres://user:pass@host/db")\nlogging.info("postgres://user:pass@host/db")\n'
        ),
        {},
    ),
    (
        "a development default in a settings class",
        (
            "from pydantic_settings import BaseSettings\n\nclass S(BaseSettings):\n"
            '    url: str = "postgresql+asyncpg://app:app@localhost:5432/app"\n'
        ),
        {},
    ),
    (
        "a percent that a helper escapes",
        (
            "from alembic import context\nfrom urls import escaped\n\nconfig = context.config\n"
            'config.set_main_option("sqlalchemy.url", escaped())\n'
        ),
        {"urls.py": 'import os\n\ndef escaped():\n    return os.environ["DATABASE_URL"].replace("%", "%%")\n'},
    ),
    (
        "a SQLite path in set_main_option",
        'from alembic import context\n\ncontext.config.set_main_option("sqlalchemy.url", "sqlite:///app.db")\n',
        {},
    ),
    (
        "an upgrade that is not Alembic's",
        "async def upgrade(op):\n    await op.create_table('a')\n\nrevision = 'abc'\n",
        {},
    ),
    (
        "a migration command in another thread",
        (
            "import asyncio\nfrom alembic import command\nfrom alembic.config import Config\n\n"
            "async def main():\n    await asyncio.to_thread(command.upgrade, Config('alembic.ini'), 'head')\n"
        ),
        {},
    ),
    (
        "asyncio.run of the migrations in env.py",
        (
            "import asyncio\nimport os\nfrom alembic import context\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "def run(connection):\n    context.configure(connection=connection)\n    context.run_migrations()\n\n"
            "async def migrate():\n"
            "    engine = create_async_engine(f\"postgresql+asyncpg://{os.environ['U']}@db/app\")\n"
            "    async with engine.connect() as connection:\n        await connection.run_sync(run)\n\n"
            "asyncio.run(migrate())\n"
        ),
        {},
    ),
    (
        "the cookbook's recipe",
        (
            "from alembic import command\nfrom alembic.config import Config\nfrom app.db import engine\n\n"
            "def upgrade(connection, config):\n    config.attributes['connection'] = connection\n"
            "    command.upgrade(config, 'head')\n\n"
            "async def main():\n    async with engine.begin() as connection:\n"
            "        await connection.run_sync(upgrade, Config('alembic.ini'))\n"
        ),
        {
            "alembic.ini": "[alembic]\nscript_location = migrations\n",
            "migrations/script.py.mako": "",
            "migrations/env.py": "from alembic import context\n\n"
            "connection = context.config.attributes.get('connection')\n"
            "context.configure(connection=connection)\nwith context.begin_transaction():\n    context.run_migrations()\n",
        },
    ),
    (
        "an environment that each service sets to another driver",
        (
            f"{SA}import os\n\ndef check(url):\n    if not url.startswith('postgresql+asyncpg'):\n        raise SystemExit\n"
            "    return url\n\nengine = create_async_engine(check(os.environ['DATABASE_URL']))\n"
        ),
        {
            "compose.yml": "services:\n  api:\n    environment:\n      DATABASE_URL: postgresql+asyncpg://db/app\n"
            "  migrate:\n    environment:\n      DATABASE_URL: postgresql+psycopg2://db/app\n"
        },
    ),
]


@pytest.mark.parametrize(("code", "others"), [pytest.param(c, o, id=name) for name, c, o in TRAPS])
def test_trap(tmp_path: Path, code: str, others: dict[str, str]) -> None:
    linted = "migrations/env.py" if "from alembic import context" in code else "app/module.py"
    files = {"alembic.ini": "[alembic]\nscript_location = migrations\n"} if linted.startswith("migrations") else {}
    others = {(f"app/{name}" if name in ("db.py", "config.py") else name): text for name, text in others.items()}
    assert findings(tmp_path, {**files, **others, linted: code}, linted) == []
