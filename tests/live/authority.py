"""A throw-away certificate authority, made with the ``openssl`` command."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Python 3.13 verifies strictly: an authority needs keyUsage, a certificate its authority's key identifier.
_SETTINGS = """
[req]
distinguished_name = name
prompt = no
[name]
CN = dbdriver-lint live tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True, slots=True)
class Authority:
    """The files of two authorities: the one that signed, and one that signed nothing in use."""

    ca: Path
    """The authority that signed the servers' and the client's certificate."""
    wrong_ca: Path
    """An authority that no server knows."""
    server_certificate: Path
    """For ``localhost``, and not for ``127.0.0.1``."""
    server_key: Path
    client_certificate: Path
    """Its common name is ``certified``, the role that may log in with it."""
    client_key: Path


def make_authority(directory: Path) -> Authority:
    """Make both authorities and the certificates in ``directory``."""
    settings = directory / "openssl.cnf"
    settings.write_text(_SETTINGS)

    def certificate(name: str, extensions: str, subject: str, *signed_by: str) -> tuple[Path, Path]:
        crt, key = directory / f"{name}.crt", directory / f"{name}.key"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-config", settings, "-extensions", extensions, "-subj", f"/CN={subject}"]
        done = subprocess.run([*command, "-keyout", key, "-out", crt, *signed_by], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"openssl could not make {name}: {done.stderr}")
        key.chmod(0o600)
        return crt, key

    ca, ca_key = certificate("ca", "authority", "dbdriver-lint live tests")
    wrong_ca, _ = certificate("wrong-ca", "authority", "somebody else")
    by_ca = ("-CA", str(ca), "-CAkey", str(ca_key))
    return Authority(
        ca,
        wrong_ca,
        *certificate("server", "server", "localhost", *by_ca),
        *certificate("client", "client", "certified", *by_ca),
    )
