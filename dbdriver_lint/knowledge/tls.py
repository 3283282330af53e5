"""What a URL asks of TLS, read from any driver's words and written in another's."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from dbdriver_lint.knowledge.address import DatabaseUrlError, Query
from dbdriver_lint.knowledge.intentions import FALSE_WORDS, TRUE_WORDS, Tls
from dbdriver_lint.knowledge.spellings import OWN_TLS_KEYS, Context, TlsForm, tls_forms


@dataclass(frozen=True, slots=True)
class TlsWish:
    """What a URL asks for: the mode and the files. ``said`` is the mode's own word, before libpq's rule
    that a CA file beside ``require`` is verified.
    """

    mode: Tls | None = None
    said: Tls | None = None
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


# --- reading TLS -----------------------------------------------------------------------------------

_POSTGRESQL_TLS = ("sslmode", "ssl", "sslaccept", "sslrootcert", "sslcert", "sslkey")
_MYSQL_MODES = {
    "disabled": Tls.DISABLE,
    "preferred": Tls.PREFER,
    "required": Tls.REQUIRE,
    "verify_ca": Tls.VERIFY_CA,
    "verify_identity": Tls.VERIFY_FULL,
}
_MYSQL_MODE_KEYS = ("ssl_mode", "ssl-mode", "sslmode", "sslMode")
_MYSQL_FLAG_KEYS = ("ssl", "tls", "useSSL", "requireSSL")
_MYSQL_TLS = (
    *_MYSQL_MODE_KEYS,
    *_MYSQL_FLAG_KEYS,
    *("ssl_ca", "ssl_cert", "ssl_key", "ssl_disabled", "sslaccept"),
    *("ssl_check_hostname", "ssl_verify_cert", "ssl_verify_identity"),
)
TLS_KEYS = frozenset((*_POSTGRESQL_TLS, *_MYSQL_TLS))
"""Query parameters that speak about TLS in published PostgreSQL and MySQL URLs, correct or not."""

_PRISMA_MODES = {"strict": Tls.VERIFY_FULL, "accept_invalid_certs": Tls.REQUIRE}

TLS_WORDS = frozenset(
    {
        *(*TRUE_WORDS, *FALSE_WORDS, "none"),
        *(*(mode.word for mode in Tls), *_MYSQL_MODES, *_PRISMA_MODES, "no-verify", "enabled"),
        *("optional", "mandatory", "strict", "system", "default", "postgres", "direct"),
    }
)
"""Words, in lower case, with which some driver's TLS is configured."""


def read_tls(dialect: str, driver: str, query: Query) -> tuple[frozenset[str], TlsWish]:
    """Which keys of ``query`` speak about TLS, and what they ask for together."""
    values = {key: value for key, value in query if value}
    if dialect == "postgresql":
        return frozenset(_POSTGRESQL_TLS), _read_postgresql_tls(values)
    if dialect == "mysql":
        return frozenset(_MYSQL_TLS) | (OWN_TLS_KEYS if driver else frozenset()), _read_mysql_tls(values, driver)
    if dialect == "mssql":
        keys = {key.lower(): key for key in values}
        encrypt = values.get(keys.get("encrypt", ""), "").lower()
        trust = values.get(keys.get("trustservercertificate", ""), "").lower() in ("yes", *TRUE_WORDS)
        mode = {"": None, "no": Tls.DISABLE, "optional": Tls.DISABLE}.get(
            encrypt, Tls.REQUIRE if trust else Tls.VERIFY_FULL
        )
        return frozenset(keys[key] for key in ("encrypt", "trustservercertificate") if key in keys), TlsWish(mode, mode)
    return frozenset(), TlsWish()


def _read_postgresql_tls(values: dict[str, str]) -> TlsWish:
    ca = values.get("sslrootcert")
    modes = [_postgresql_mode(key, values[key]) for key in ("sslmode", "ssl", "sslaccept") if key in values]
    mode = max(modes, default=None)
    return strengthened(TlsWish(None, mode, ca, values.get("sslcert"), values.get("sslkey")))


def strengthened(wish: TlsWish) -> TlsWish:
    """With what the mode means: libpq verifies against a CA file that stands beside ``require``."""
    verified = wish.said is Tls.REQUIRE and wish.ca is not None
    return replace(wish, mode=Tls.VERIFY_CA if verified else wish.said)


def _postgresql_mode(key: str, value: str) -> Tls:
    word = value.strip().lower()
    mode = Tls.of(word)
    if mode is not None:
        return mode
    if key == "sslaccept" and word in _PRISMA_MODES:
        return _PRISMA_MODES[word]
    if word in TRUE_WORDS or word == "no-verify":
        return Tls.REQUIRE
    if word in FALSE_WORDS:
        return Tls.DISABLE
    raise _bad_mode(key, value, [mode.word for mode in Tls])


def _read_mysql_tls(values: dict[str, str], driver: str) -> TlsWish:
    modes: list[Tls] = []
    for key in _MYSQL_MODE_KEYS:
        if key in values:
            word = values[key].lower()
            mode = _MYSQL_MODES.get(word.replace("-", "_")) or Tls.of(word)
            if mode is None and word not in _MYSQL_MODES:
                raise _bad_mode(key, values[key], [word.upper() for word in _MYSQL_MODES])
            modes.append(Tls.DISABLE if mode is None else mode)
    modes += [
        Tls.REQUIRE if values[key].lower() in TRUE_WORDS else Tls.DISABLE
        for key in _MYSQL_FLAG_KEYS
        if values.get(key, "").lower() in (*TRUE_WORDS, *FALSE_WORDS)
    ]
    if values.get("sslaccept") in _PRISMA_MODES:
        modes.append(_PRISMA_MODES[values["sslaccept"]])
    flags = {key: values[key].lower() in TRUE_WORDS for key in _MYSQL_TLS if key in values}
    if flags.get("ssl_disabled"):
        modes.append(Tls.DISABLE)
    ca = values.get("ssl_ca")
    if flags.get("ssl_verify_identity"):
        modes.append(Tls.VERIFY_FULL)
    elif flags.get("ssl_verify_cert"):
        modes.append(Tls.VERIFY_FULL if driver == "mariadbconnector" else Tls.VERIFY_CA)
    elif "ssl_verify_cert" in flags or ("ssl_check_hostname" in flags and ca is None):
        modes.append(Tls.REQUIRE)
    elif ca is not None:
        named = flags.get("ssl_check_hostname", driver not in ("mysqldb", "mysqlconnector"))
        modes.append(Tls.VERIFY_FULL if named else Tls.VERIFY_CA)
    if not modes and driver in ("pymysql", "asyncmy") and any(key.startswith("ssl_") for key in values):
        # Any of its TLS parameters makes such a driver insist.
        modes.append(Tls.VERIFY_FULL if "ssl_capath" in values else Tls.REQUIRE)
    mode = max(modes, default=None)
    return TlsWish(mode, mode, ca, values.get("ssl_cert"), values.get("ssl_key"))


def _bad_mode(key: str, value: str, words: list[str]) -> DatabaseUrlError:
    close = difflib.get_close_matches(value.lower(), words, 1, 0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return DatabaseUrlError(f"{key}={value} is no TLS mode.{hint} One of: {', '.join(words)}.")


# --- writing TLS -----------------------------------------------------------------------------------


def form_for(driver: str, mode: Tls, ca: str | None) -> TlsForm | None:
    """The form that means ``mode``; the next stronger one where it asks for nothing new of the server."""
    forms = tls_forms(driver)
    wanted = (mode, Tls.PREFER) if mode is Tls.ALLOW else (mode, Tls.VERIFY_FULL) if mode is Tls.VERIFY_CA else (mode,)
    for wish in wanted:
        for form in forms:
            if form.mode is wish and (ca is not None or not form.needs_ca or form.args is not None):
                return form
    return next((form for form in forms if form.mode is mode), None)


def url_pairs(form: TlsForm, wish: TlsWish) -> list[tuple[str, str]] | None:
    """The query that says ``wish`` by ``form``, None where a URL cannot."""
    if form.url is None or (form.needs_ca and wish.ca is None):
        return None
    pairs = list(form.url)
    for value, key in zip((wish.ca, wish.certificate, wish.key), (form.ca, *form.files), strict=True):
        if value is not None:
            if not key:
                return None
            pairs.append((key, value))
    return pairs


def has_files(wish: TlsWish) -> bool:
    """Whether a CA file or a client certificate is named."""
    return wish.ca is not None or wish.certificate is not None


def context_for(wish: TlsWish, mode: Tls) -> Context:
    """The SSL context that protects as ``mode`` says, with the files."""
    return Context(
        verify=mode >= Tls.VERIFY_CA,
        check_hostname=mode is Tls.VERIFY_FULL,
        ca_file=None if wish.ca == "system" else wish.ca,
        certificate=wish.certificate,
        key=wish.key,
    )
