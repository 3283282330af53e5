"""The web application."""

import os

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

# Whatever the platform sets: `postgres://…`, `?sslmode=require`, or nothing at all.
engine = create_async_engine(os.getenv("DATABASE_URL"))
app = FastAPI()


@app.get("/health")
async def health():
    async with engine.connect() as connection:
        return {"database": await connection.scalar(text("SELECT 1")) == 1}
