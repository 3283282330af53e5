"""What a connection parameter is meant to do, whatever a driver calls it.

Drivers disagree on names, types and places; they agree on a few dozen intentions. Everything that
translates between drivers, or compares their strength, goes through these.
"""

from __future__ import annotations

from enum import Enum, IntEnum

TRUE_WORDS = ("true", "yes", "on", "y", "t", "1")
FALSE_WORDS = ("false", "no", "off", "n", "f", "0")
"""What SQLAlchemy and most tools take for a boolean in a URL."""


class Tls(IntEnum):
    """How strongly a connection is encrypted and verified; a higher value is at least as strong.

    The names are those of libpq's ``sslmode``.
    """

    DISABLE = 0
    ALLOW = 1
    PREFER = 2
    REQUIRE = 3
    VERIFY_CA = 4
    VERIFY_FULL = 5

    @property
    def word(self) -> str:
        """The spelling in ``sslmode=``: ``verify-full``."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of(cls, word: str) -> Tls | None:
        """The mode that ``word`` spells exactly, None if none does."""
        return _TLS_WORDS.get(word)


_TLS_WORDS = {mode.word: mode for mode in Tls}


class Loss(Enum):
    """What a translation does with an intention that the other driver cannot express at all."""

    REFUSE = "refuse"
    """Without it the program would reach other data, or be less protected: an error."""
    REPORT = "report"
    """The connection works without it; it is left out, and said."""


class Intention(Enum):
    """What a parameter is for; the value is the phrase that messages use."""

    TLS = "TLS"
    CA_FILE = "CA file"
    CLIENT_CERTIFICATE = "client certificate"
    CLIENT_KEY = "client key"
    TLS_LIMIT = "limit on TLS"
    TLS_DETAIL = "TLS detail"
    CONNECT_TIMEOUT = "connect timeout"
    READ_TIMEOUT = "read timeout"
    WRITE_TIMEOUT = "write timeout"
    COMMAND_TIMEOUT = "client-side statement timeout"
    SERVER_SETTINGS = "server settings"
    SESSION = "session setting"
    SEARCH_PATH = "search path"
    APPLICATION_NAME = "application name"
    HOST = "host"
    LOGIN = "user"
    PASSWORD = "password"
    DATABASE = "database"
    TARGET_SESSION = "target session attributes"
    UNIX_SOCKET = "unix socket"
    KEEPALIVE = "TCP keepalive"
    CREDENTIALS = "credentials from a file"
    AUTHENTICATION = "authentication demands"
    ENCODING = "client encoding"
    AUTOCOMMIT = "autocommit"
    INIT_COMMAND = "statement at connect"
    LOCAL_INFILE = "LOAD DATA LOCAL"
    STATEMENT_CACHE = "prepared statement cache"
    POOLER = "transaction pooler"
    TUNING = "tuning"
    OTHER = "other"

    @property
    def loss(self) -> Loss:
        """Whether a translation may leave it out."""
        return Loss.REFUSE if self in _REFUSED else Loss.REPORT


_REFUSED = frozenset(
    {
        Intention.TLS,
        Intention.CA_FILE,
        Intention.CLIENT_CERTIFICATE,
        Intention.CLIENT_KEY,
        Intention.TLS_LIMIT,
        Intention.SERVER_SETTINGS,
        Intention.SESSION,
        Intention.SEARCH_PATH,
        Intention.HOST,
        Intention.TARGET_SESSION,
        Intention.UNIX_SOCKET,
        Intention.CREDENTIALS,
        Intention.INIT_COMMAND,
        Intention.AUTOCOMMIT,
        Intention.OTHER,
    }
)
