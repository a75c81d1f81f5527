"""The copilot: summaries, drafts that it proposed, what that cost

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


_SHOW_AGAIN = """
CREATE FUNCTION cx_show_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
    SELECT k.workspace_id, k.slack_channel, k.id, 'draft', jsonb_build_object('draft', NEW.id)
    FROM cases k WHERE k.id = NEW.case_id;
    RETURN NULL;
END $$
"""
# However a proposal is sent, taken back or changed, its card follows; other drafts have none.
_WHEN_CHANGED = """
CREATE TRIGGER drafts_show_again AFTER UPDATE OF state, body, uuid, created_by, then_status ON drafts FOR EACH ROW
WHEN (NEW.request_key LIKE 'copilot:%'
      AND (NEW.state, NEW.body, NEW.uuid, NEW.created_by, NEW.then_status)
          IS DISTINCT FROM (OLD.state, OLD.body, OLD.uuid, OLD.created_by, OLD.then_status))
EXECUTE FUNCTION cx_show_draft()
"""


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
    sa.Column('dropped', sa.BigInteger(), nullable=False),
    sa.Column('flags', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('findings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('questions', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('note', sa.String(), server_default='', nullable=False),
    sa.Column('prompt', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('made_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('discarded_by', sa.String(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_copilot_drafts_case_id')),
    sa.ForeignKeyConstraint(['draft_id'], ['drafts.id'], name=op.f('fk_copilot_drafts_draft_id')),
    sa.ForeignKeyConstraint(['outbox_id'], ['outbox.id'], name=op.f('fk_copilot_drafts_outbox_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_copilot_drafts_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_copilot_drafts')),
    sa.UniqueConstraint('request_key', name=op.f('uq_copilot_drafts_request_key')),
    sa.UniqueConstraint('uuid', name=op.f('uq_copilot_drafts_uuid'))
    )
    op.create_index(op.f('ix_copilot_drafts_case_id'), 'copilot_drafts', ['case_id'], unique=False)
    op.create_index('uq_copilot_drafts_draft', 'copilot_drafts', ['draft_id'], unique=True, postgresql_where=sa.text('draft_id IS NOT NULL'))
    op.add_column('drafts', sa.Column('then_status', sa.String(), nullable=True))
    op.execute(_SHOW_AGAIN)
    op.execute(sa.text(_WHEN_CHANGED.replace(":", "\\:")))
