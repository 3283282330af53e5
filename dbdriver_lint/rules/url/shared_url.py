"""XDB113: one URL for a synchronous and an asynchronous engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Choice, EnvVar, Step, Symbol, Unknown
from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Fix
from dbdriver_lint.knowledge.dialects import Nature
from dbdriver_lint.knowledge.drivers import DRIVERS
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.engines import OWN_CONNECTIONS, is_conditional
from dbdriver_lint.rules.needles import ASYNC_ENGINES, CALLERS
from dbdriver_lint.rules.repairs import likely_dialect, preferred_driver, transform_call

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.analysis.module_facts import ModuleFacts
    from dbdriver_lint.fixes.edit import Edit, ImportRequest
    from dbdriver_lint.rules.context import Context

_ENGINES = "from sqlalchemy import create_engine\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
_TRANSFORM = "from dbdriver_lint.runtime import transform_url_for_driver\n"
_ONE_FAILS = "InvalidRequestError: The asyncio extension requires an async driver to be used. The loaded 'psycopg2' is not async."
_BOTH = frozenset(driver.name for driver in DRIVERS if driver.nature is Nature.BOTH)


class SharedUrl(Rule):
    """One URL goes to a synchronous and to an asynchronous engine as it is.

    ## What it does
    Finds modules in which one setting, environment variable or parameter, whatever its value, is the
    URL of a synchronous engine and of an asynchronous one, also where functions of other modules make
    the engines of it. It is silent where the code looks at the
    URL first, where a condition decides which of the engines is made, where the value of the URL is
    known (then XDB103 and XDB104 judge it), and in projects that use a driver which is both, such as
    psycopg 3.

    ## Why is this bad?
    A URL names one driver, and nearly all drivers are of one kind. So one of the two engines fails,
    and which one depends on the deployment.

    ## What happens at run time
    With `postgresql+asyncpg://…` the synchronous engine raises `MissingGreenlet` at its first
    connection. With `postgresql+psycopg2://…` making the asynchronous one raises
    `InvalidRequestError: The asyncio extension requires an async driver to be used`.

    ## Fix safety
    Unsafe: the transform calls name the drivers. They take the settings `async-driver` and
    `sync-driver`, else drivers that the project declares, else the most usual ones.
    """

    code, name = "XDB113", "shared-url"
    group, severity, since = Group.DESIGN, Severity.WARNING, "0.1.0"
    confidence = Confidence.MEDIUM
    needles = (*ASYNC_ENGINES, *CALLERS)
    in_tests = False
    bad = (
        Bad(
            f"{_ENGINES}\nfrom app.config import settings\n\n"
            "engine = create_engine(settings.database_url)\n"
            "async_engine = create_async_engine(settings.database_url)\n",
            fixed=f"{_TRANSFORM}{_ENGINES}\nfrom app.config import settings\n\n"
            'engine = create_engine(transform_url_for_driver(settings.database_url, "postgresql+psycopg2", ssl=None))\n'
            'async_engine = create_async_engine(transform_url_for_driver(settings.database_url, "asyncpg", ssl=None))\n',
            files={
                "app/__init__.py": "",
                "app/config.py": "import os\n\n\n"
                'class Settings:\n    database_url = os.environ["DATABASE_URL"]\n\n\nsettings = Settings()\n',
            },
            raises=_ONE_FAILS,
        ),
        Bad(
            f"{_ENGINES}\n\n"
            "class Database:\n"
            "    def __init__(self, url):\n"
            "        self.engine = create_engine(url)\n"
            "        self.async_engine = create_async_engine(url, pool_pre_ping=True)\n",
            fixed=f"{_TRANSFORM}{_ENGINES}\n\n"
            "class Database:\n"
            "    def __init__(self, url):\n"
            '        self.engine = create_engine(transform_url_for_driver(url, "postgresql+psycopg2", ssl=None))\n'
            "        self.async_engine = create_async_engine("
            'transform_url_for_driver(url, "asyncpg", ssl=None), pool_pre_ping=True)\n',
            raises=_ONE_FAILS,
        ),
        Bad(
            'import os\n\nfrom app.engines import async_engine, sync_engine\n\nURL = os.environ["DATABASE_URL"]\n'
            "application = async_engine(URL)\nreports = sync_engine(URL)\n",
            files={
                "app/__init__.py": "",
                "app/engines.py": f"{_ENGINES}\n\n"
                "def sync_engine(url):\n    return create_engine(url, pool_pre_ping=True)\n\n\n"
                "def async_engine(url):\n    return create_async_engine(url)\n",
            },
            raises=_ONE_FAILS,
        ),
    )
    good = (
        Good(
            'import os\n\nfrom app.engines import make_engine\n\nURL = os.environ["DATABASE_URL"]\n'
            "engine = make_engine(URL)\nasync_engine = make_engine(URL, asynchronous=True)\n",
            files={
                "app/__init__.py": "",
                "app/engines.py": f"{_ENGINES}\n\n"
                "def make_engine(url, asynchronous=False):\n"
                "    if asynchronous:\n        return create_async_engine(to_async(url))\n"
                "    return create_engine(url)\n",
            },
        ),
        Good(
            f"{_ENGINES}{_TRANSFORM}\nfrom app.config import settings\n\n"
            'engine = create_engine(transform_url_for_driver(settings.database_url, "postgresql+psycopg2"))\n'
            'async_engine = create_async_engine(transform_url_for_driver(settings.database_url, "asyncpg"))\n'
        ),
        Good(
            f"{_ENGINES}\n\n"
            "def make_engine(url, asynchronous):\n"
            "    if asynchronous:\n"
            "        return create_async_engine(url)\n"
            "    return create_engine(url)\n"
        ),
        Good(
            f"{_ENGINES}\nfrom app.config import settings\n\n"
            "engine = create_engine(settings.migration_url)\n"
            "async_engine = create_async_engine(settings.application_url)\n"
        ),
        Good(
            f"{_ENGINES}\n\n"
            "def sync_engine(url):\n    return create_engine(url)\n\n\n"
            "def async_engine(url):\n    return create_async_engine(url)\n"
        ),
        Good(
            f"{_ENGINES}\n\n"
            "class Database:\n"
            "    def __init__(self, url):\n"
            "        self.engine = create_engine(url)\n"
            "        self.async_engine = create_async_engine(url)\n",
            files={"pyproject.toml": '[project]\nname = "app"\ndependencies = ["sqlalchemy>=2", "psycopg[binary]"]\n'},
        ),
    )

    def on_module(self, facts: ModuleFacts, context: Context) -> Iterable[Draft]:
        if _BOTH & (context.dependencies.drivers() or frozenset()):
            return
        reported: set[tuple[str, ...]] = set()
        engines = sorted((*facts.engines, *facts.passed_on), key=lambda engine: engine.anchor.start)
        for number, call in enumerate(engines):
            source = _source(call)
            if source is None or source in reported:
                continue
            others = (e for e in engines[:number] if _source(e) == source and _kind(e) != _kind(call))
            # a function that makes one or the other knows which
            other = next((e for e in others if e.anchor != call.anchor), None)
            if other is None or call.url is None:
                continue
            reported.add(source)
            yield self.finding(
                call.url.anchor,
                f"`{source[-1]}` is the URL of `{other.callee.text}()` in line {other.anchor.start.line} too: whatever "
                "driver it names, one of the two engines fails (only a driver such as psycopg 3 is both); convert it "
                "for each with `transform_url_for_driver()`",
                related=(Step("the other engine is made here", other.anchor),),
                fix=_converted((other, call), context),
            )


def _kind(call: EngineCall) -> bool:
    return call.is_async or call.wrapped_in_async_engine


def _source(call: EngineCall) -> tuple[str, ...] | None:
    """What the URL of an engine is, where nothing is known of it and nothing was done to it; None else."""
    if call.url is None or call.from_config or call.urls.urls or call.only_dialect:
        return None
    if call.url.unpacked and not call.url.passed:
        return None
    if {*OWN_CONNECTIONS, "dialect"} & call.keywords.keys() or is_conditional(call):
        return None
    value = call.url.value
    if isinstance(value, Choice):
        return None
    if isinstance(value, EnvVar):
        return None if value.rewritten or value.checked else ("variable", value.name)
    if isinstance(value, Symbol) and not value.name.startswith("sqlalchemy."):
        return ("name", value.name, ".".join(value.name.split(".")[-2:]))
    if isinstance(value, Unknown) and value.origin.kind == "parameter":
        return ("parameter", *call.location.classes, *call.location.functions, value.origin.name)
    return None


def _converted(calls: tuple[EngineCall, ...], context: Context) -> Fix | None:
    """A transform call at each engine; None where one of them cannot be edited."""
    edits: list[Edit] = []
    imports: list[ImportRequest] = []
    for call in calls:
        dialect = likely_dialect(context, is_async=_kind(call))
        driver = preferred_driver(dialect, is_async=_kind(call), context=context)
        fix = transform_call(call.url, driver, context) if call.url is not None and driver is not None else None
        if fix is None:
            return None
        edits += fix.edits
        imports += [each for each in fix.imports if each not in imports]
    return Fix("Convert the URL for each engine", tuple(edits), Applicability.UNSAFE, tuple(imports))
