"""What a driver's exception means: the step that failed, the cause, and what to do about it.

The texts are those of PostgreSQL, MySQL, MariaDB, PgBouncer, Supavisor and Neon, as libpq, asyncpg, pg8000,
PyMySQL, aiomysql, asyncmy and MySQL Connector/Python hand them on; most were measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TLS, CERTIFICATE, AUTHENTICATION, DATABASE = "TLS", "certificate", "authentication", "database"
QUERY, POOLER, CONNECTION = "SELECT 1", "pooler", "connection"


@dataclass(frozen=True, slots=True)
class Cause:
    """One kind of failure. ``found``, ``cause`` and ``remedy`` are format strings.

    They know ``user``, ``database``, ``host``, ``driver``, ``said`` (the server's or driver's own words),
    ``tls`` (the URL with TLS demanded) and ``pooled`` (what makes this driver safe behind a pooler).
    """

    pattern: str
    step: str
    found: str
    cause: str
    remedy: str

    def matches(self, text: str) -> bool:
        """Whether the exception is of this kind."""
        return re.search(self.pattern, text, re.IGNORECASE | re.DOTALL) is not None


CAUSES = (
    # --- TLS ---------------------------------------------------------------------------------------
    Cause(
        r"does not support SSL|rejected SSL upgrade|Server refuses SSL|SSL is required but the server",
        TLS,
        "the server does not offer TLS",
        "the URL demands TLS, and the server is configured without it: {said}",
        "switch TLS on in the server; for a server on this machine only, demand none",
    ),
    Cause(
        r"no encryption|SSL off|connection is insecure|SSL required|requires? (SSL|TLS)|SSL (connection )?is required"
        r"|insecure transport|must use SSL|SSL/TLS required",
        TLS,
        "the server takes no connection without TLS",
        "this connection is not encrypted, and the server demands that it is: {said}",
        "demand TLS: {tls}",
    ),
    Cause(
        r"does not match host name|mismatch, certificate is not valid",
        CERTIFICATE,
        "the certificate is not for the host name {host}",
        "{said}",
        "connect by a name that is in the certificate, or have one made for {host}",
    ),
    Cause(
        r"root certificate file .* (does not exist|cannot be)",
        CERTIFICATE,
        "the CA file is not there",
        "{driver} looks for it at its usual place: {said}",
        "name the provider's CA file with `sslrootcert=` and let `engine_arguments(url, {driver!r})` pass it on",
    ),
    Cause(
        r"valid client certificate|tlsv1[0-9]? alert (certificate|unknown ca)|certificate required",
        AUTHENTICATION,
        "the server asks for a client certificate",
        "{said}",
        "name certificate and key with `sslcert=` and `sslkey=`; `engine_arguments(url, {driver!r})` passes them on",
    ),
    Cause(
        r"certificate.verify.failed|self.signed certificate|unable to get local issuer",
        CERTIFICATE,
        "the certificate is not signed by an authority that is trusted here",
        "{said}",
        "name the CA file of this server: `sslrootcert=` (PostgreSQL) or `ssl_ca=` (MySQL), as the provider publishes it",
    ),
    Cause(
        r"WRONG_VERSION_NUMBER",
        TLS,
        "the server does not offer TLS",
        "the driver begins a TLS connection, and the server answers in the clear: {said}",
        "switch TLS on in the server; for a server on this machine only, demand none",
    ),
    # --- authentication ----------------------------------------------------------------------------
    Cause(
        r"Tenant or user not found",
        AUTHENTICATION,
        "the pooler does not know the user {user}",
        "Supabase's pooler tells projects apart by the user: {said}",
        "write `postgres.<project-ref>` for the user, and check the region in the host name",
    ),
    Cause(
        r"Endpoint ID is not specified",
        AUTHENTICATION,
        "the server cannot tell which project is meant",
        "the driver does not send the host name with TLS (SNI): {said}",
        "add `options=endpoint%3D<first part of the host name>`, or install a newer driver",
    ),
    Cause(
        r"'?cryptography'? package is required",
        AUTHENTICATION,
        "the server's way to log in needs the package `cryptography`",
        "{said}",
        "`python -m pip install cryptography`",
    ),
    Cause(
        r"Access denied for user .* to database",
        DATABASE,
        "{user} may not use the database {database}",
        "{said}",
        "grant it: `GRANT ALL ON {database}.* TO {user}`",
    ),
    Cause(
        r"no password (supplied|was provided)|object has no attribute 'decode'",
        AUTHENTICATION,
        "the server asks for a password, and the URL has none",
        "{said}",
        "write the password into the URL: `{user}:<password>@`",
    ),
    Cause(
        r"role \W?\"?[^\"]*\"? (does not exist|is not permitted)",
        AUTHENTICATION,
        "the server does not know the user {user}",
        "{said}",
        "correct the user in the URL, or create it",
    ),
    Cause(
        r"pg_hba\.conf",
        AUTHENTICATION,
        "the server lets {user} not into {database} from here",
        "no line of pg_hba.conf allows it: {said}",
        "allow this address at the server (or the provider's list of addresses)",
    ),
    Cause(
        r"authentication failed|Access denied for user|28P01|wrong password|login failed|invalid authorization",
        AUTHENTICATION,
        "the server refuses user {user} with this password",
        "{said}",
        "correct user and password. Escape what URLs reserve (`@` is `%40`) once, not twice; a password that reads `***` "
        "was printed by `str(url)`",
    ),
    # --- database ----------------------------------------------------------------------------------
    Cause(
        r"database .* does not exist|Unknown database|3D000|no such database|database .* not found|is not currently accepting",
        DATABASE,
        "there is no database {database}",
        "{said}",
        "correct the name behind the host in the URL, or create it: `CREATE DATABASE {database}`",
    ),
    Cause(
        r"permission denied for database|does not have CONNECT privilege",
        DATABASE,
        "{user} may not use the database {database}",
        "{said}",
        "grant it: `GRANT CONNECT ON DATABASE {database} TO {user}`",
    ),
    Cause(
        r"unable to open database file",
        DATABASE,
        "the database file cannot be opened",
        "{said}",
        "three slashes begin a relative path, four an absolute one; the directory has to be there and writable",
    ),
    # --- poolers and limits ------------------------------------------------------------------------
    Cause(
        r"prepared statement .* (already exists|does not exist)",
        POOLER,
        "prepared statements do not survive the pooler",
        "each transaction may get another server connection, and {driver} prepares its statements: {said}",
        "{pooled}",
    ),
    Cause(
        r"unsupported startup parameter",
        POOLER,
        "the pooler refuses a server setting",
        "PgBouncer takes no settings at connect: {said}",
        "take the setting out of the URL (`ALTER ROLE {user} SET …` sets it for good), or add it to "
        "`ignore_startup_parameters` of PgBouncer",
    ),
    Cause(
        r"too many (connections|clients)|remaining connection slots|max_client_conn|MaxClientsInSessionMode|max clients",
        CONNECTION,
        "the server has no connection left",
        "{said}",
        "close idle connections, make the pools of the engines smaller, or connect through a pooler",
    ),
    Cause(
        r"database system is (starting up|shutting down|in recovery|not yet accepting)",
        CONNECTION,
        "the server is not ready",
        "{said}",
        "wait until it is, and try again",
    ),
    # --- the rest ----------------------------------------------------------------------------------
    Cause(
        r"No module named|ModuleNotFoundError|ImportError",
        "installed",
        "a package is missing",
        "{said}",
        "install it in this interpreter",
    ),
    Cause(
        r"unexpected keyword|invalid (dsn|connection option|URI)|Unsupported argument|ClientConfigurationError",
        "parameters",
        "{driver} refuses a parameter of the URL",
        "{said}",
        "remove it from the URL",
    ),
    Cause(
        r"reset by peer|closed the connection|Connection lost|Lost connection|EOF|connection was closed|Broken pipe",
        CONNECTION,
        "the server ends the connection",
        "{said}",
        "look into the server's log: a proxy without a server behind it, a list of allowed addresses, or a crash",
    ),
)
"""The first that matches counts: what is special stands before what is general."""

UNKNOWN = Cause("", CONNECTION, "{driver} cannot connect", "{said}", "look into the server's log for the same moment")

STILL = Cause(
    "",
    CONNECTION,
    "no answer to {driver} in time",
    "the server takes the connection and does not go on",
    "look into the server's log: a hanging server, or a proxy or pooler without a free server connection",
)


def cause_of(errors: list[str]) -> Cause:
    """The kind of failure that these exceptions are: each is ``Type: text``, the outermost first."""
    text = "\n".join(errors)
    return next((cause for cause in CAUSES if cause.matches(text)), UNKNOWN)


_MESSAGE = re.compile(r"'M': (?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")")
_ATTEMPT = re.compile(r"^.*?\bport \d+ failed: ")


def own_words(errors: list[str]) -> str:
    """The one line of the exceptions that says most: the driver's own, without what SQLAlchemy puts around it."""
    inner = [error for error in errors if not re.match(r"(CancelledError|TimeoutError)?:? *$", error)]
    text = inner[1] if len(inner) > 1 and "sqlalche.me" in inner[0] else inner[0] if inner else "nothing"
    kind, _, message = text.partition(": ")
    fields = _MESSAGE.search(message)  # pg8000 hands on the server's fields as a dictionary
    if fields is not None:
        message = fields[1] or fields[2]
    lines = [line.strip() for line in message.splitlines() if line.strip() and "sqlalche.me" not in line]
    line = _ATTEMPT.sub("", lines[0]) if lines else kind
    return f"`{line}`"
