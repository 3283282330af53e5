"""The documentation: it builds without a warning, and what its pages show in a terminal is what happens there."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dbdriver_lint.rules.registry import all_rules
from dbdriver_lint.settings.model import key_of, setting_fields

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(
    r"^```(?P<kind>\{code-block\} \w+|console)\n(?:^:caption: (?P<file>\S+)\n\n?)?(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if "```console" in path.read_text(encoding="utf-8") and path.parent.name not in ("rules", "drivers")
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sphinx")
    pytest.importorskip("furo")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "-d", str(out / "doctrees")]
    result = subprocess.run([*command, str(DOCS), str(out / "html")], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return out / "html"


def test_every_rule_and_setting_has_its_place(site: Path) -> None:
    for rule in all_rules():
        assert rule.code in (site / "rules" / f"{rule.name}.html").read_text(encoding="utf-8")
    settings = (site / "reference" / "settings.html").read_text(encoding="utf-8")
    assert all(f'id="{key_of(field.name)}"' in settings for field in setting_fields())
    asyncpg = words(site / "drivers" / "asyncpg.html")
    assert "Any other parameter raises TypeError: connect() got an unexpected keyword argument '…'" in asyncpg
    assert "verify-full ?ssl=verify-full ssl an ssl.SSLContext" in asyncpg


def words(page: Path) -> str:
    """The text of a page, without its tags."""
    return " ".join(
        html.unescape(
            re.sub(
                r"</?(span|code|a|em|strong)\b[^>]*>",
                "",
                re.sub(r"</?(?!span|code|a\b|em|strong)[^>]*>", " ", page.read_text(encoding="utf-8")),
            )
        ).split()
    )


def test_the_template_of_a_rule_is_a_rule() -> None:
    """In a process of its own: a rule registers itself."""
    [template] = re.findall(r"```python\n(.*?)```", (DOCS / "contributing.md").read_text(encoding="utf-8"), re.DOTALL)
    judged = (
        "\n\nfrom dbdriver_lint.linter import check_source\n"
        "from dbdriver_lint.rules import index\n"
        "index.ROWS = ()  # as where the table was not made anew: the classes are asked\n"
        "from dbdriver_lint.project import Project\n"
        "from dbdriver_lint.settings.model import Settings\n"
        "settings = Settings(select=(EchoingEngine.code,))\n"
        "for example in (*EchoingEngine.bad, *EchoingEngine.good):\n"
        "    print(*check_source('a.py', example.code.encode(), settings, Project.for_path('a.py')).findings)\n"
    )
    result = subprocess.run([sys.executable, "-c", template + judged], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    bad, good = result.stdout.splitlines()
    assert "code='XDB399'" in bad
    assert good == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize("page", PAGES)
def test_terminal_sessions(page: str, tmp_path: Path) -> None:
    """Files are written and commands run in the order of the page; `…` stands for any text, alone for any lines."""
    for block in BLOCK.finditer((DOCS / page).read_text(encoding="utf-8")):
        if block["file"]:
            (tmp_path / block["file"]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block["file"]).write_text(block["text"], encoding="utf-8")
        elif block["kind"] == "console":
            commands = re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]
            shown = [command.partition("\n") for command in commands]
            for (command, _, expected), output in zip(shown, run([c for c, _, _ in shown], tmp_path), strict=True):
                pattern = "(?s:.*)".join(map(re.escape, re.split(r"(?m)^…\n", expected))).replace("…", ".*")
                assert re.fullmatch(pattern, output), f"{page}: $ {command}\n{output}"


def run(commands: list[str], folder: Path) -> list[str]:
    """What each command prints, standard error included, in one shell."""
    script = "".join(f"{command}\nstatus=$?; printf '\\0'; (exit $status)\n" for command in commands)
    environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "100", "GIT_CONFIG_GLOBAL": os.devnull}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    result = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return [re.sub(r"(?m)[ \t]+$", "", output) for output in result.stdout.split("\0")[:-1]]
