"""Published source distributions: fetched from the package index that pip uses, checked, unpacked."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TIMEOUT = 120
"""Seconds that one request may take."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One pinned distribution. ``subset`` marks those that are small enough for every test run."""

    name: str
    version: str
    sha256: str
    subset: bool

    def fetch(self) -> Path:
        """The unpacked tree, from the cache or from the index.

        Raises:
            OSError: the index cannot be reached, or gave something else than what is pinned.
        """
        folder = cache() / f"{self.name}-{self.version}"
        if folder.exists():
            return folder
        name, data = self._download()
        part = folder.with_name(f"{folder.name}.part{os.getpid()}")
        part.mkdir(parents=True)
        archive = part / name
        archive.write_bytes(data)
        if name.endswith((".zip", ".whl")):
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(part)
        else:
            with tarfile.open(archive) as packed_tar:
                packed_tar.extractall(part, filter="data")
        archive.unlink()
        part.rename(folder)
        return folder

    def _download(self) -> tuple[str, bytes]:
        page = f"{index_url().rstrip('/')}/{self.name}/"
        request = urllib.request.Request(page, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            files = json.load(answer)["files"]
        for file in files:
            if file["hashes"].get("sha256") == self.sha256:
                with urllib.request.urlopen(urllib.parse.urljoin(page, file["url"]), timeout=TIMEOUT) as answer:
                    data = answer.read()
                if hashlib.sha256(data).hexdigest() != self.sha256:
                    raise OSError(f"{self.name} {self.version}: the index gave another file than the pinned one")
                return file["filename"], data
        raise OSError(f"{self.name} {self.version} is not on the index any more")


def cache() -> Path:
    """Where the trees are kept: ``DBDRIVER_LINT_TREES``, else a folder in the user's cache."""
    default = Path.home() / ".cache" / "dbdriver-lint" / "trees"
    folder = Path(os.environ.get("DBDRIVER_LINT_TREES", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def index_url() -> str:
    """The package index that pip is set up to use."""
    found = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    if found.returncode == 0 and found.stdout.strip():
        return found.stdout.strip()
    from pip._internal.models.index import PyPI

    return PyPI.simple_url


def pinned(file: Path = HERE / "trees.txt") -> list[Tree]:
    """The trees of a file: name, version, SHA-256, and ``subset`` where it belongs to it."""
    trees = []
    for line in file.read_text().splitlines():
        if line and not line.startswith("#"):
            name, version, sha256, *marks = line.split()
            trees.append(Tree(name, version, sha256, "subset" in marks))
    return trees
