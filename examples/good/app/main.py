"""The web application."""

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.settings import application_url

engine = create_async_engine(application_url())
app = FastAPI()


@app.get("/health")
async def health():
    async with engine.connect() as connection:
        return {"database": await connection.scalar(text("SELECT 1")) == 1}
