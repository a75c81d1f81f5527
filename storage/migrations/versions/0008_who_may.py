"""What people may have proposed to them, and which e-mail addresses are proven

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('questions', sa.Column('may', postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False))
    # Of those that stand there nobody knows where they came from; an import says it.
    op.add_column('customers', sa.Column('email_proven', sa.Boolean(), server_default=sa.text('false'), nullable=False))
