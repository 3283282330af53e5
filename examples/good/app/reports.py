"""Nightly reports, read from a replica."""

import os

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine

url = URL.create(
    "postgresql+asyncpg",
    username="reports",
    password=os.environ["REPORTS_PASSWORD"],
    host=os.environ["REPORTS_HOST"],
    database="shop",
    query={"ssl": "require"},
)
engine = create_async_engine(url)
