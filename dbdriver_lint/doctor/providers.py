"""What the host or the port of a URL says about the server behind it: poolers, and names that are internal.

From the providers' own documentation; nothing here is needed for a verdict, it explains and suggests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A host, or a port of it, that a provider gives a meaning. ``port`` None is any."""

    pattern: str
    port: int | None
    name: str
    transaction_pooler: bool = False
    direct: str = ""
    """How to reach the server itself, for migrations."""
    unreachable: str = ""
    """Why this host may not be reached from here, and what to use instead."""

    def matches(self, host: str, port: int) -> bool:
        """Whether this host and port are meant."""
        return self.port in (None, port) and re.fullmatch(self.pattern, host, re.IGNORECASE) is not None


_INTERNAL = "it is a name inside the provider's own network: from elsewhere use the external (public) URL"

PLACES = (
    Place(
        r".+\.pooler\.supabase\.com",
        6543,
        "Supabase's transaction pooler",
        True,
        "Supabase's session pooler, port 5432 of the same host",
    ),
    Place(r".+\.pooler\.supabase\.com", None, "Supabase's session pooler"),
    Place(r"db\..+\.supabase\.co", 6543, "Supabase's dedicated transaction pooler", True, "port 5432 of the same host"),
    Place(
        r"db\..+\.supabase\.co",
        None,
        "Supabase's server itself",
        unreachable="this host has IPv6 addresses only: from a network without IPv6 use the session pooler, "
        "`…pooler.supabase.com:5432`, with the user `postgres.<project-ref>`",
    ),
    Place(r"[^.]+-pooler\..*neon\.(tech|build)", None, "Neon's pooler", True, "the same host without `-pooler`"),
    Place(r".+\.ondigitalocean\.com", 25061, "DigitalOcean's connection pool", True, "port 25060 of the same host"),
    Place(
        r".+\.rds\.amazonaws\.com",
        None,
        "Amazon RDS",
        unreachable="the instance must be publicly accessible or in this network (VPC), and its security group must "
        "let this address in",
    ),
    Place(
        r".+\.database\.azure\.com",
        None,
        "Azure",
        unreachable="this address must be allowed in the server's firewall rules",
    ),
    Place(r".+\.railway\.internal", None, "Railway's private network", unreachable=_INTERNAL),
    Place(r".+\.(internal|flycast)", None, "Fly.io's private network", unreachable=_INTERNAL),
    Place(r"dpg-[a-z0-9]+-[a-z]", None, "Render's private network", unreachable=_INTERNAL),
    Place(
        r".+\.svc(\.cluster\.local)?", None, "a Kubernetes service", unreachable="it is known inside the cluster only"
    ),
    Place(
        r"host\.docker\.internal",
        None,
        "the host of a container",
        unreachable="it is known inside containers only: outside of them use `localhost`",
    ),
    Place(r".*", 6432, "PgBouncer's usual port", True, "the server's own port"),
    Place(
        r"(?!localhost$)[a-z][\w-]*",
        None,
        "a name without a domain",
        unreachable="it looks like a service of Docker Compose, known inside its network only: outside of it use "
        "`localhost` and the published port",
    ),
)
"""The first that matches counts."""


def place_of(host: str, port: int) -> Place | None:
    """What is known about this host and port, None if nothing."""
    return next((place for place in PLACES if place.matches(host, port)), None)
