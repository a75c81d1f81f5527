"""The copilot: summaries, drafts that it proposed, where cases belong, what that cost

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('copilot_runs',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('task', sa.String(), nullable=False),
    sa.Column('prompt', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('calls', sa.BigInteger(), nullable=False),
    sa.Column('tool_calls', sa.BigInteger(), nullable=False),
    sa.Column('input_tokens', sa.BigInteger(), nullable=False),
    sa.Column('cached_tokens', sa.BigInteger(), nullable=False),
    sa.Column('output_tokens', sa.BigInteger(), nullable=False),
    sa.Column('dropped', sa.BigInteger(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('started_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('seconds', sa.Double(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_copilot_runs_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_copilot_runs_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_copilot_runs'))
    )
    op.create_index(op.f('ix_copilot_runs_case_id_started_at'), 'copilot_runs', ['case_id', 'started_at'], unique=False)
    op.create_index(op.f('ix_copilot_runs_workspace_id_started_at'), 'copilot_runs', ['workspace_id', 'started_at'], unique=False)
    op.create_table('summaries',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('through_id', sa.BigInteger(), nullable=False),
    sa.Column('base', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('base_id', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('prompt', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('dropped', sa.BigInteger(), nullable=False),
    sa.Column('made_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_summaries_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_summaries_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_summaries')),
    sa.UniqueConstraint('case_id', 'language', name=op.f('uq_summaries_case_id_language'))
    )
    op.create_table('triages',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('seen_seq', sa.BigInteger(), nullable=False),
    sa.Column('department', sa.String(), nullable=True),
    sa.Column('confidence', sa.Double(), server_default='0', nullable=False),
    sa.Column('sure', sa.Boolean(), nullable=False),
    sa.Column('process', sa.String(), nullable=True),
    sa.Column('language', sa.String(), nullable=True),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('corrected', sa.String(), nullable=True),
    sa.Column('corrected_by', sa.String(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_triages_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_triages_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_triages')),
    sa.UniqueConstraint('case_id', name=op.f('uq_triages_case_id'))
    )
    op.create_table('copilot_drafts',
    sa.Column('uuid', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('request_key', sa.String(), nullable=False),
    sa.Column('requested_by', sa.String(), nullable=False),
    sa.Column('draft_id', sa.BigInteger(), nullable=True),
    sa.Column('outbox_id', sa.BigInteger(), nullable=True),
    sa.Column('made', sa.String(), nullable=False),
    sa.Column('cited', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('back_translation', sa.String(), nullable=False),
    sa.Column('sources', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('flags', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('findings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('questions', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('note', sa.String(), server_default='', nullable=False),
    sa.Column('prompt', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('made_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('discarded_by', sa.String(), nullable=True),
    sa.Column('replaced_by', sa.BigInteger(), nullable=True),
    sa.Column('feedback', sa.BigInteger(), nullable=True),
    sa.Column('feedback_by', sa.String(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint('feedback IN (-1, 1)', name=op.f('ck_copilot_drafts_feedback')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_copilot_drafts_case_id')),
    sa.ForeignKeyConstraint(['draft_id'], ['drafts.id'], name=op.f('fk_copilot_drafts_draft_id')),
    sa.ForeignKeyConstraint(['outbox_id'], ['outbox.id'], name=op.f('fk_copilot_drafts_outbox_id')),
    sa.ForeignKeyConstraint(['replaced_by'], ['copilot_drafts.id'], name=op.f('fk_copilot_drafts_replaced_by')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_copilot_drafts_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_copilot_drafts')),
    sa.UniqueConstraint('request_key', name=op.f('uq_copilot_drafts_request_key')),
    sa.UniqueConstraint('uuid', name=op.f('uq_copilot_drafts_uuid'))
    )
    op.create_index(op.f('ix_copilot_drafts_case_id'), 'copilot_drafts', ['case_id'], unique=False)
    op.create_index('uq_copilot_drafts_draft', 'copilot_drafts', ['draft_id'], unique=True, postgresql_where=sa.text('draft_id IS NOT NULL'))
    op.add_column('drafts', sa.Column('then_status', sa.String(), nullable=True))
