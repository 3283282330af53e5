"""Settings objects: one test per style."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from following import followed

if TYPE_CHECKING:
    from pathlib import Path

PG = "postgresql://u:p@h/db"
APG = "postgresql+asyncpg://u:p@h/db"
USE = "from config import settings\ncreate_engine(settings.database_url)"
PYDANTIC = "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import Field, AliasChoices, PostgresDsn, SecretStr, computed_field, field_validator, model_validator\n"

#: (style, config.py, the URLs of `create_engine(settings.database_url)`)
STYLES = [
    ("field", f'class S(BaseSettings):\n    database_url: str = "{PG}"\nsettings = S()', (f"DATABASE_URL={PG}", "$DATABASE_URL")),
    ("required field", "class S(BaseSettings):\n    database_url: str\nsettings = S()", ("$DATABASE_URL",)),
    ("optional field", "class S(BaseSettings):\n    database_url: str | None = None\nsettings = S()", ("$DATABASE_URL",)),
    ("prefix in model_config", f'class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="app_")\n    database_url: str = "{PG}"\nsettings = S()', (f"APP_DATABASE_URL={PG}", "$APP_DATABASE_URL")),
    ("prefix in a dictionary", f'class S(BaseSettings):\n    model_config = {{"env_prefix": "APP_"}}\n    database_url: str = "{PG}"\nsettings = S()', (f"APP_DATABASE_URL={PG}", "$APP_DATABASE_URL")),
    ("prefix in Config", f'class S(BaseSettings):\n    database_url: str = "{PG}"\n    class Config:\n        env_prefix = "APP_"\nsettings = S()', (f"APP_DATABASE_URL={PG}", "$APP_DATABASE_URL")),
    ("prefix of a base", f'class A(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="APP_")\nclass S(A):\n    database_url: str = "{PG}"\nsettings = S()', (f"APP_DATABASE_URL={PG}", "$APP_DATABASE_URL")),
    ("alias", f'class S(BaseSettings):\n    database_url: str = Field("{PG}", alias="DB_URL")\nsettings = S()', (f"DB_URL={PG}", "$DB_URL")),
    ("validation alias", f'class S(BaseSettings):\n    database_url: str = Field(default="{PG}", validation_alias=AliasChoices("DB_URL", "URL"))\nsettings = S()', (f"DB_URL={PG}", "$DB_URL")),
    ("env of version 1", f'class S(BaseSettings):\n    database_url: str = Field(default="{PG}", env="DB_URL")\nsettings = S()', (f"DB_URL={PG}", "$DB_URL")),
    ("required Field", "class S(BaseSettings):\n    database_url: str = Field(..., alias='DB_URL')\nsettings = S()", ("$DB_URL",)),
    ("inherited field", f'class A(BaseSettings):\n    database_url: str = "{PG}"\nclass S(A):\n    debug: bool = False\nsettings = S()', (f"DATABASE_URL={PG}", "$DATABASE_URL")),
    ("overridden field", f'class A(BaseSettings):\n    database_url: str = "sqlite://"\nclass S(A):\n    database_url: str = "{PG}"\nsettings = S()', (f"DATABASE_URL={PG}", "$DATABASE_URL")),
    ("given", f'class S(BaseSettings):\n    database_url: str\nsettings = S(database_url="{PG}")', (PG,)),
    ("property", 'class S(BaseSettings):\n    host: str = "h"\n    @property\n    def database_url(self):\n        return f"postgresql+asyncpg://{self.host}/db"\nsettings = S()', ("postgresql+asyncpg://{}/db",)),
    ("scheme of a field", 'class S(BaseSettings):\n    host: str = "h"\n    scheme: str = "postgresql+asyncpg"\n    @property\n    def database_url(self):\n        return f"{self.scheme}://{self.host}/db"\nsettings = S()', ("SCHEME=postgresql+asyncpg://{}/db", "$SCHEME")),
    ("scheme of a field with a default of its own", 'import os\nclass S(BaseSettings):\n    prefix: str = os.getenv("PREFIX", "postgresql+asyncpg://")\nmade = S()\nclass settings:\n    database_url = f"{made.prefix}h/db"', ("PREFIX=postgresql+asyncpg://h/db", "$PREFIX")),
    ("scheme of two fields", 'class S(BaseSettings):\n    host: str = "h"\n    kind: str = "postgresql"\n    driver: str = "asyncpg"\n    @property\n    def database_url(self):\n        return f"{self.kind}+{self.driver}://{self.host}/db"\nsettings = S()', ("KIND=postgresql+asyncpg://{}/db", "$KIND")),
    ("scheme of a required field", 'class S(BaseSettings):\n    driver: str\n    @property\n    def database_url(self):\n        return f"postgresql+{self.driver}://h/db"\nsettings = S()', ("postgresql+{}://h/db", "?")),
    ("computed field", 'class S(BaseSettings):\n    host: str = "h"\n    @computed_field\n    @property\n    def database_url(self) -> str:\n        return f"postgresql+asyncpg://{self.host}/db"\nsettings = S()', ("postgresql+asyncpg://{}/db",)),
    ("computed field without property", 'class S(BaseSettings):\n    host: str = "h"\n    @computed_field\n    def database_url(self) -> str:\n        return f"postgresql+asyncpg://{self.host}/db"\nsettings = S()', ("postgresql+asyncpg://{}/db",)),
    ("dsn built", 'class S(BaseSettings):\n    host: str = "h"\n    @property\n    def database_url(self):\n        return PostgresDsn.build(scheme="postgresql+asyncpg", host=self.host, path="db")\nsettings = S()', ("postgresql+asyncpg://{}/db",)),
    ("validator", f'class S(BaseSettings):\n    database_url: str = "{PG}"\n    @field_validator("database_url")\n    @classmethod\n    def fix(cls, v: str) -> str:\n        return v.replace("postgresql://", "postgresql+asyncpg://")\nsettings = S()', (f"DATABASE_URL={APG}", "$DATABASE_URL")),
    ("validator of another field", f'class S(BaseSettings):\n    database_url: str = "{PG}"\n    name: str = "x"\n    @field_validator("name")\n    @classmethod\n    def fix(cls, v: str) -> str:\n        return "sqlite://"\nsettings = S()', (f"DATABASE_URL={PG}", "$DATABASE_URL")),
    ("validator with others", 'class S(BaseSettings):\n    host: str = "h"\n    database_url: str | None = None\n    @field_validator("database_url", mode="before")\n    @classmethod\n    def make(cls, v, info):\n        if v is None:\n            return f"postgresql+asyncpg://{info.data.get(\'host\')}/db"\n        return v\nsettings = S()', ("DATABASE_URL=postgresql+asyncpg://{}/db", "$DATABASE_URL")),
    ("model validator", 'class S(BaseSettings):\n    host: str = "h"\n    database_url: str = ""\n    @model_validator(mode="after")\n    def make(self):\n        self.database_url = f"postgresql+asyncpg://{self.host}/db"\n        return self\nsettings = S()', ("postgresql+asyncpg://{}/db",)),
    ("secret", f'class S(BaseSettings):\n    url: SecretStr = SecretStr("{PG}")\n    @property\n    def database_url(self):\n        return self.url.get_secret_value()\nsettings = S()', (f"URL={PG}", "$URL")),
    ("cached function", f'from functools import lru_cache\nclass S(BaseSettings):\n    database_url: str = "{PG}"\n@lru_cache\ndef get_settings():\n    return S()\nsettings = get_settings()', (f"DATABASE_URL={PG}", "$DATABASE_URL")),
    ("dataclass", f'from dataclasses import dataclass\n@dataclass\nclass S:\n    database_url: str = "{PG}"\nsettings = S()', (PG,)),
    ("frozen dataclass with arguments", f'from dataclasses import dataclass\n@dataclass(frozen=True)\nclass S:\n    name: str\n    database_url: str\nsettings = S("x", "{PG}")', (PG,)),
    ("dataclass read from the environment", f'import os\nfrom dataclasses import dataclass\n@dataclass\nclass S:\n    database_url: str = os.getenv("DB", "{PG}")\nsettings = S()', (f"DB={PG}", "$DB")),
    ("dataclass after init", f'from dataclasses import dataclass\n@dataclass\nclass S:\n    database_url: str = ""\n    def __post_init__(self):\n        self.database_url = "{PG}"\nsettings = S()', (PG,)),
    ("dataclass after init, in a method", f'from dataclasses import dataclass\n@dataclass\nclass S:\n    database_url: str = ""\n    def __post_init__(self):\n        self.fill()\n    def fill(self):\n        self.database_url = "{PG}"\nsettings = S()', (PG,)),
    ("plain class with a method of __init__", f'class S:\n    def __init__(self):\n        self.database_url = "sqlite://"\n        self.fill()\n    def fill(self):\n        self.database_url = "{PG}"\nsettings = S()', (PG,)),
    ("dataclass after init of its base", f'from dataclasses import dataclass\n@dataclass\nclass B:\n    database_url: str = ""\n    def __post_init__(self):\n        self.database_url = "{PG}"\n@dataclass\nclass S(B):\n    def __post_init__(self):\n        super().__post_init__()\nsettings = S()', (PG,)),
    ("dataclass default factory", f'from dataclasses import dataclass, field\n@dataclass\nclass S:\n    database_url: str = field(default_factory=lambda: "{PG}")\nsettings = S()', (PG,)),
    ("attrs", f'import attrs\n@attrs.define\nclass S:\n    database_url: str = "{PG}"\nsettings = S()', (PG,)),
    ("plain class", f'import os\nclass S:\n    database_url = os.environ.get("DB", "{PG}")\nsettings = S()', (f"DB={PG}", "$DB")),
    ("plain class with __init__", f'import os\nclass S:\n    def __init__(self):\n        self.database_url = os.environ.get("DB", "{PG}")\nsettings = S()', (f"DB={PG}", "$DB")),
    ("nested settings", f'from pydantic import BaseModel\nclass D(BaseModel):\n    url: str = "{PG}"\nclass S(BaseSettings):\n    db: D = D()\n    @property\n    def database_url(self):\n        return self.db.url\nsettings = S()', (PG,)),
    ("nested settings by factory", f'class D(BaseSettings):\n    url: str = "{PG}"\nclass S(BaseSettings):\n    db: D = Field(default_factory=D)\n    @property\n    def database_url(self):\n        return self.db.url\nsettings = S()', (f"URL={PG}", "$URL")),
    ("starlette", f'from starlette.config import Config\nconfig = Config(".env")\nclass settings:\n    database_url = config("DB", default="{PG}")', (f"DB={PG}", "$DB")),
    ("starlette with cast", f'from starlette.config import Config\nconfig = Config(".env")\nclass settings:\n    database_url = config("DB", str, "{PG}")', (f"DB={PG}", "$DB")),
    ("starlette's environ", f'from starlette.config import environ\nclass settings:\n    database_url = environ.get("DB", "{PG}")', (f"DB={PG}", "$DB")),
    ("decouple", f'from decouple import config\nclass settings:\n    database_url = config("DB", default="{PG}")', (f"DB={PG}", "$DB")),
    ("decouple with cast", f'from decouple import config\nclass settings:\n    database_url = config("DB", default="{PG}", cast=str)', (f"DB={PG}", "$DB")),
    ("environs", f'from environs import Env\nenv = Env()\nclass settings:\n    database_url = env.str("DB", "{PG}")', (f"DB={PG}", "$DB")),
    ("environs called", f'from environs import env\nclass settings:\n    database_url = env("DB", default="{PG}")', (f"DB={PG}", "$DB")),
    ("dynaconf", "from dynaconf import Dynaconf\nsettings = Dynaconf()", ("?",)),
    ("chosen by environment", f'import os\nclass Base:\n    database_url = "sqlite://"\nclass Prod(Base):\n    database_url = "{PG}"\nsettings = {{"a": Base, "b": Prod}}[os.environ["ENV"]]()', ("sqlite://", PG, "?")),
]  # fmt: skip


@pytest.mark.parametrize(("config", "expected"), [pytest.param(c, e, id=name) for name, c, e in STYLES])
def test_style(tmp_path: Path, config: str, expected: tuple[str, ...]) -> None:
    assert followed(tmp_path, USE, config=PYDANTIC + config) == expected


@pytest.mark.parametrize(("config", "expected"), [pytest.param(c, e, id=name) for name, c, e in STYLES])
def test_style_in_the_same_file(tmp_path: Path, config: str, expected: tuple[str, ...]) -> None:
    assert followed(tmp_path, f"{PYDANTIC}{config}\ncreate_engine(settings.database_url)") == expected


CONFIG = f"""\
{PYDANTIC}from dataclasses import dataclass
from pydantic import BaseModel
class Model(BaseModel):
    url: str | None = None
    name: str = "x"
    def database_url(self):
        return self.url or f"{{self.scheme}}://{{self.host}}/{{self.name}}"
class PgConfig(Model):
    scheme: str = Field(default="postgresql+psycopg")
    host: str
class Settings(BaseSettings):
    database_url: str = "{PG}"
@dataclass
class DataConfig:
    database_url: str = "{PG}"
class PlainConfig:
    database_url = "{PG}"
class Options(Model):
    scheme: str = "sqlite"
"""

#: (what it shows, how the parameter is annotated, what the engine is made of, its URLs)
ANNOTATED = [
    ("model", "PgConfig", "c.database_url()", ("postgresql+psycopg://{}/{}", "?")),
    ("optional", "Optional[PgConfig]", "c.database_url()", ("postgresql+psycopg://{}/{}", "?")),
    ("or None", "PgConfig | None", "c.database_url()", ("postgresql+psycopg://{}/{}", "?")),
    ("with None as its default", "PgConfig = None", "c.database_url()", ("postgresql+psycopg://{}/{}", "?")),
    ("settings", "Settings", "c.database_url", (f"DATABASE_URL={PG}", "$DATABASE_URL", "?")),
    ("dataclass", "DataConfig", "c.database_url", (PG, "?")),
    ("class without fields", "PlainConfig", "c.database_url", ("?",)),
    ("no configuration by its name", "Options", "c.database_url()", ("?",)),
    ("field that is required", "PgConfig", "c.host", ("?",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("annotation", "url", "expected"), [pytest.param(a, u, e, id=name) for name, a, u, e in ANNOTATED]
)
def test_parameter_by_its_annotation(tmp_path: Path, annotation: str, url: str, expected: tuple[str, ...]) -> None:
    names = "PgConfig, Settings, DataConfig, PlainConfig, Options"
    code = (
        f"from typing import Optional\nfrom config import {names}\ndef make(c: {annotation}):\n    create_engine({url})"
    )
    assert followed(tmp_path, code, config=CONFIG) == expected


def test_attribute_by_the_annotation_of_what_it_is_given(tmp_path: Path) -> None:
    base = "class Base:\n    def __init__(self, config, name):\n        self.config = config\n"
    code = (
        "from base import Base\nfrom config import PgConfig\n"
        "class Source(Base):\n    def __init__(self, config: PgConfig):\n        super().__init__(config, 'x')\n"
        "    def go(self):\n        create_engine(self.config.database_url())\n"
    )
    assert followed(tmp_path, code, config=CONFIG, base=base) == ("postgresql+psycopg://{}/{}", "?")


def test_settings_of_a_function_elsewhere(tmp_path: Path) -> None:
    config = f'{PYDANTIC}from functools import lru_cache\nclass S(BaseSettings):\n    database_url: str = "{PG}"\n@lru_cache\ndef get_settings():\n    return S()'
    code = "from config import get_settings\nsettings = get_settings()\ncreate_engine(settings.database_url)"
    assert followed(tmp_path, code, config=config) == (f"DATABASE_URL={PG}", "$DATABASE_URL")


def test_settings_class_with_its_base_elsewhere(tmp_path: Path) -> None:
    base = (
        f'{PYDANTIC}class A(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="X_")\n    host: str = "h"'
    )
    config = "from base import A\nclass S(A):\n    @property\n    def database_url(self):\n        return f'postgresql://{self.host}/db'\nsettings = S()"
    assert followed(tmp_path, USE, config=config, base=base) == ("postgresql://{}/db",)


def test_application_state(tmp_path: Path) -> None:
    code = f'from fastapi import FastAPI\napp = FastAPI()\napp.state.url = "{PG}"\ncreate_engine(app.state.url)'
    assert followed(tmp_path, code) == (PG,)


def test_field_that_is_read_twice_is_the_same(tmp_path: Path) -> None:
    config = f'{PYDANTIC}class S(BaseSettings):\n    database_url: str = "{PG}"\nsettings = S()'
    code = f"{USE}\ncreate_async_engine(settings.database_url)"
    assert followed(tmp_path, code, config=config) == (f"DATABASE_URL={PG}", "$DATABASE_URL")


def test_settings_that_make_themselves_while_they_are_made(tmp_path: Path) -> None:
    found = followed(
        tmp_path,
        "from app.config import Settings\nengine = create_engine(Settings().url)",
        app__config="""
            class Settings:
                def __init__(self):
                    self.name = Settings().name
                    self.url = f"postgresql://db/{Settings().name}"
            """,
    )
    assert found == ("postgresql://db/{}",)


def test_one_object_for_all_that_make_it_without_arguments(tmp_path: Path) -> None:
    found = followed(
        tmp_path,
        """
        from app.config import Settings
        other = Settings("mysql")
        engine = create_engine(Settings().url if ready else other.url)
        """,
        app__config="""
            class Settings:
                def __init__(self, name="postgresql"):
                    self.url = name + "://db/app"
            """,
    )
    assert found == ("postgresql://db/app", "mysql://db/app")
