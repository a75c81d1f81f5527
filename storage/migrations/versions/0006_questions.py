"""Questions that a model answers, and what it proposes to do

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('copilot_runs', sa.Column('member', sa.String(), nullable=True))
    op.create_index('ix_copilot_runs_member_started_at', 'copilot_runs', ['workspace_id', 'member', 'started_at'], unique=False, postgresql_where=sa.text('case_id IS NULL'))
    op.create_table('questions',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('asker', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('thread_ts', sa.String(), nullable=False),
    sa.Column('ts', sa.String(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('post_id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('begun_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('post_ts', sa.String(), nullable=True),
    sa.Column('answer', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('prompt', sa.String(), server_default='', nullable=False),
    sa.Column('model', sa.String(), server_default='', nullable=False),
    sa.Column('asked_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('stopped_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('done_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_questions_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_questions_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questions')),
    sa.UniqueConstraint('workspace_id', 'channel', 'ts', name=op.f('uq_questions_workspace_id_channel_ts'))
    )
    op.create_index(op.f('ix_questions_case_id'), 'questions', ['case_id'], unique=False)
    op.create_index('ix_questions_open', 'questions', ['workspace_id', 'channel', 'thread_ts'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('deeds',
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('question_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('asker', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('state', sa.String(), server_default='proposed', nullable=False),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('made_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('decided_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("kind IN ('ask', 'remind', 'status')", name=op.f('ck_deeds_kind')),
    sa.CheckConstraint("state IN ('proposed', 'confirmed', 'discarded')", name=op.f('ck_deeds_state')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_deeds_case_id')),
    sa.ForeignKeyConstraint(['question_id'], ['questions.id'], name=op.f('fk_deeds_question_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_deeds_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deeds')),
    sa.UniqueConstraint('question_id', 'place', name=op.f('uq_deeds_question_id_place')),
    sa.UniqueConstraint('token', name=op.f('uq_deeds_token'))
    )
    op.create_index(op.f('ix_deeds_case_id'), 'deeds', ['case_id'], unique=False)
