"""The demo's clock

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table('turned_clock',
    sa.Column('one', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('ahead', sa.Interval(), server_default=sa.text("'0'"), nullable=False),
    sa.Column('from_at', _TIME, nullable=True),
    sa.Column('to_at', _TIME, nullable=True),
    sa.Column('waits_for', sa.String(), nullable=True),
    sa.Column('stopped_by', sa.String(), nullable=True),
    sa.CheckConstraint("ahead >= '0'", name=op.f('ck_turned_clock_ahead')),
    sa.CheckConstraint('one', name=op.f('ck_turned_clock_one')),
    sa.PrimaryKeyConstraint('one', name=op.f('pk_turned_clock'))
    )
