"""Add users.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


# Alembic calls this, gets a coroutine, drops it, and marks the revision as done.
async def upgrade():
    await op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(255)),
    )


async def downgrade():
    await op.drop_table("users")
