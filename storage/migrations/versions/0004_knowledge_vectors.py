"""What a model makes of passages, and what nobody found

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('passage_vectors',
    sa.Column('passage_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('dimensions', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('embedding', postgresql.ARRAY(sa.REAL()), nullable=True),
    sa.Column('refused', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('claimed_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.ForeignKeyConstraint(['passage_id'], ['passages.id'], name=op.f('fk_passage_vectors_passage_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_passage_vectors_workspace_id')),
    sa.PrimaryKeyConstraint('passage_id', 'model', name=op.f('pk_passage_vectors'))
    )
    # They do not get smaller by compression, and would be unpacked at every comparison.
    op.execute("ALTER TABLE passage_vectors ALTER embedding SET STORAGE EXTERNAL")
    op.create_table('knowledge_misses',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('asked_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_knowledge_misses_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_knowledge_misses_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_knowledge_misses'))
    )
    op.create_index(op.f('ix_knowledge_misses_workspace_id_asked_at'), 'knowledge_misses', ['workspace_id', 'asked_at'], unique=False)
