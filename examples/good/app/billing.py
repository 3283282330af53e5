"""The billing system's database, as the hosting platform's console prints its URL."""

import os

from sqlalchemy import create_engine

HOST = os.environ["BILLING_HOST"]

engine = create_engine(f"postgresql+psycopg2://billing@{HOST}/billing")
