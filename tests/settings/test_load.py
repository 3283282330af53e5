from __future__ import annotations

from pathlib import Path

import pytest

from dbdriver_lint.settings.load import SettingsError, SettingsFinder, read_settings
from dbdriver_lint.settings.model import Settings, key_of, setting_fields
from dbdriver_lint.settings.schema import json_schema


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_kind_of_value(tmp_path: Path) -> None:
    config = write(
        tmp_path / "pyproject.toml",
        """
        [tool.dbdriver-lint]
        select = ["error"]
        extend-select = ["XDB105"]
        pedantic = true
        async-driver = "asyncpg"
        fix-tls = "require"
        transform = "app.db.urls:for_driver"
        [tool.dbdriver-lint.per-file-ignores]
        "scripts/" = ["hardcoded-driver-url"]
        """,
    )
    settings = read_settings(config)
    assert settings.select == ("error",)
    assert settings.extend_select == ("XDB105",)
    assert settings.pedantic is True
    assert settings.async_driver == "asyncpg"
    assert settings.fix_tls == "require"
    assert settings.transform == "app.db.urls:for_driver"
    assert settings.per_file_ignores == (("scripts/", ("hardcoded-driver-url",)),)
    assert settings.root == str(tmp_path)
    assert (settings.origin("select") or "").endswith("pyproject.toml")
    assert settings.origin("ignore") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "selct: unknown setting; did you mean `select`?"),
        ("per_file_ignores = {}", "per_file_ignores: unknown setting; did you mean `per-file-ignores`?"),
        ("frobnicate = 1", "frobnicate: unknown setting; known are extend, select,"),
        ('select = "XDB1"', 'select: expected a list of strings, not a string; write ["XDB1"]'),
        ("select = [1]", "select: expected a list of strings; one item is a number"),
        ("pedantic = 1", "pedantic: expected true or false, not a number"),
        ("baseline = false", "baseline: expected a string, not a boolean"),
        ('fix-tls = "always"', "fix-tls: expected one of `preserve`, `require`, not `always`"),
        (
            'transform = "app.urls"',
            "transform: expected something like `dbdriver_lint.runtime:transform_url_for_driver`",
        ),
        ("per-file-ignores = []", "per-file-ignores: expected a table of lists of strings, not a list"),
        ('per-file-ignores = { "a/" = "XDB1" }', 'per-file-ignores."a/": expected a list of strings, not a string'),
        ("select = ", "is not valid TOML: Invalid value (at "),
        ('extend = "nowhere.toml"', "extend: no such file: nowhere.toml"),
        ('extend = "dbdriver-lint.toml"', "extend: the file extends itself"),
    ],
)
def test_a_bad_setting_names_file_key_and_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    config = write(tmp_path / "dbdriver-lint.toml", text)
    with pytest.raises(SettingsError) as caught:
        read_settings(config)
    assert "dbdriver-lint.toml: " in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["dbdriver_lint", "dbdriverlint", "DBDriver-Lint"])
def test_a_misspelt_table_is_not_passed_over(tmp_path: Path, name: str) -> None:
    config = write(tmp_path / "pyproject.toml", f'[tool.{name}]\nselect = ["XDB1"]')
    for read in (read_settings, lambda config: SettingsFinder().for_file(str(config.parent / "x.py"))):
        with pytest.raises(
            SettingsError, match=rf"tool\.{name}: unknown table; did you mean `\[tool.dbdriver-lint\]`\?"
        ):
            read(config)
    write(config, f'[tool.dbdriver-lint]\nselect = ["XDB1"]\n[tool.{name}-plugin]\nx = 1')
    assert read_settings(config).select == ("XDB1",)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    config = tmp_path / "dbdriver-lint.toml"
    config.write_bytes(b"select = ['\xff']")
    with pytest.raises(SettingsError, match="is not UTF-8"):
        read_settings(config)
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_settings(tmp_path / "absent.toml")


def test_the_nearest_file_wins_and_nothing_is_merged(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.dbdriver-lint]\nselect = ["XDB1"]\npedantic = true')
    write(tmp_path / "a/dbdriver-lint.toml", 'select = ["XDB2"]')
    write(tmp_path / "a/b/pyproject.toml", "[tool.other]\nx = 1")
    finder = SettingsFinder()
    assert finder.for_file(str(tmp_path / "x.py")).select == ("XDB1",)
    inner = finder.for_file(str(tmp_path / "a/b/c/x.py"))
    assert inner.select == ("XDB2",)
    assert inner.pedantic is False
    assert inner.root == str(tmp_path / "a")


def test_our_own_file_wins_over_pyproject(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.dbdriver-lint]\nselect = ["XDB1"]')
    write(tmp_path / "dbdriver-lint.toml", 'select = ["XDB2"]')
    assert SettingsFinder().for_file(str(tmp_path / "x.py")).select == ("XDB2",)


def test_extend_builds_on_another_file(tmp_path: Path) -> None:
    write(tmp_path / "base.toml", 'select = ["XDB1"]\nignore = ["XDB101"]\nbaseline = "b.json"')
    child = write(tmp_path / "a/dbdriver-lint.toml", 'extend = "../base.toml"\nignore = ["XDB102"]')
    settings = read_settings(child)
    assert settings.select == ("XDB1",)
    assert settings.ignore == ("XDB102",)
    assert settings.baseline == str(tmp_path / "b.json")
    assert (settings.origin("select") or "").endswith("base.toml")


def test_a_circle_of_extend(tmp_path: Path) -> None:
    write(tmp_path / "a.toml", 'extend = "b.toml"')
    write(tmp_path / "b.toml", 'extend = "a.toml"')
    with pytest.raises(SettingsError, match="extends itself"):
        read_settings(tmp_path / "a.toml")


def test_isolated_and_config(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.dbdriver-lint]\nselect = ["XDB1"]')
    other = write(tmp_path / "other/x.toml", 'select = ["XDB3"]')
    file = str(tmp_path / "x.py")
    assert SettingsFinder(isolated=True).for_file(file).select == ()
    assert SettingsFinder(config=other).for_file(file).select == ("XDB3",)


def test_the_command_line_overrides(tmp_path: Path) -> None:
    write(tmp_path / "dbdriver-lint.toml", 'select = ["XDB1"]\nextend-select = ["XDB3"]\nignore = ["XDB101", "XDB2"]')
    file = str(tmp_path / "x.py")
    selected = SettingsFinder(overrides={"select": ("xdb101",)}).for_file(file)
    assert (selected.select, selected.extend_select, selected.ignore) == (("xdb101",), (), ("XDB2",))
    added = SettingsFinder(overrides={"extend_select": ("XDB4",), "ignore": ("XDB3",)}).for_file(file)
    assert (added.select, added.extend_select) == (("XDB1",), ("XDB3", "XDB4"))
    assert added.ignore == ("XDB101", "XDB2", "XDB3")
    assert added.origin("ignore") == "command line"


def test_a_broken_file_on_the_way_up_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool")
    with pytest.raises(SettingsError, match=r"pyproject\.toml: is not valid TOML"):
        SettingsFinder().for_file(str(tmp_path / "a/x.py"))


def test_every_setting_is_documented_and_in_the_schema() -> None:
    schema = json_schema()
    keys = {key_of(field.name) for field in setting_fields()}
    assert set(schema["properties"]) == keys | {"extend"}
    assert all(p["description"].endswith((".", ")")) for p in schema["properties"].values())
    assert schema["properties"]["fix-tls"]["enum"] == ["preserve", "require"]


def test_the_settings_are_hashable_and_can_go_to_a_worker() -> None:
    import pickle

    settings = Settings(select=("XDB1",))
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert hash(settings) == hash(Settings(select=("XDB1",)))


def test_the_schema_in_the_repository_is_current() -> None:
    import json

    committed = Path(__file__).parents[2] / "dbdriver-lint.schema.json"
    assert json.loads(committed.read_text(encoding="utf-8")) == json_schema(), "run `dbdriver-lint config --schema`"
