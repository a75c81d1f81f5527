"""What people think of the copilot's cards, and masking as each workspace wants it

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('copilot_cards',
    sa.Column('uuid', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('prompt', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('made_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_copilot_cards_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_copilot_cards_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_copilot_cards')),
    sa.UniqueConstraint('uuid', name=op.f('uq_copilot_cards_uuid')),
    sa.UniqueConstraint('workspace_id', 'kind', 'about', name=op.f('uq_copilot_cards_workspace_id_kind_about'))
    )
    op.create_table('feedback',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('card_id', sa.BigInteger(), nullable=False),
    sa.Column('given_by', sa.String(), nullable=False),
    sa.Column('good', sa.Boolean(), nullable=False),
    sa.Column('comment', sa.String(), server_default='', nullable=False),
    sa.Column('given_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['card_id'], ['copilot_cards.id'], name=op.f('fk_feedback_card_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_feedback_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback')),
    sa.UniqueConstraint('card_id', 'given_by', name=op.f('uq_feedback_card_id_given_by'))
    )
    op.create_index(op.f('ix_feedback_workspace_id_given_at'), 'feedback', ['workspace_id', 'given_at'], unique=False)
    op.add_column('workspaces', sa.Column('masks', sa.Boolean(), nullable=True))
