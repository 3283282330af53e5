"""Both engines in one class: which session does `get_session` give?"""

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from app.settings import DATABASE_URL


class DatabaseManager:
    def __init__(self):
        self.engine = create_engine(DATABASE_URL)
        self.async_engine = create_async_engine(DATABASE_URL)

    def get_session(self):
        return Session(self.engine)

    def get_async_session(self):
        return AsyncSession(self.async_engine)
