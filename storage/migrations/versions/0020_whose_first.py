"""Whose an identity was when it came, so that it goes along when merged customers are split again

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('identities', sa.Column('first_of', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_identities_first_of'), 'identities', 'customers', ['first_of'], ['id'])


def downgrade() -> None:
    op.drop_column('identities', 'first_of')
