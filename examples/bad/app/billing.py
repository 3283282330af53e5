"""The billing system's database, as the hosting platform's console prints its URL."""

import os

from sqlalchemy import create_engine

HOST = os.environ["BILLING_HOST"]

# SQLAlchemy has had no dialect of that name since 1.4.
engine = create_engine(f"postgres://billing@{HOST}/billing")
