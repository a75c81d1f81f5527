"""What replies promised

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)

# Whatever closes a case, nobody needs to be reminded of what was promised in it.
_END_COMMITMENTS = """
CREATE FUNCTION cx_end_commitments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE commitments SET state = 'gone', ended_at = NEW.closed_at
    WHERE case_id = NEW.id AND state || '' = 'open';
    RETURN NULL;
END $$
"""
_WHEN_CLOSED = """
CREATE TRIGGER end_commitments AFTER UPDATE OF status ON cases FOR EACH ROW
WHEN (NEW.status = 'closed' AND OLD.status <> 'closed') EXECUTE FUNCTION cx_end_commitments()
"""
# What was taken back from the customer promises nothing.
_TAKE_COMMITMENTS_BACK = """
CREATE FUNCTION cx_take_commitments_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE commitments SET state = 'gone', ended_at = NEW.deleted_at
    WHERE message_id = NEW.id AND state || '' IN ('open', 'noted');
    RETURN NULL;
END $$
"""
_WHEN_TAKEN_BACK = """
CREATE TRIGGER take_commitments_back AFTER UPDATE OF deleted_at ON messages FOR EACH ROW
WHEN (NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL AND NEW.direction = 'out')
EXECUTE FUNCTION cx_take_commitments_back()
"""
_RECHECK = """
CREATE TRIGGER recheck AFTER INSERT OR UPDATE ON commitments FOR EACH ROW EXECUTE FUNCTION cx_recheck()
"""
_SHOW_AGAIN = """
DROP TRIGGER drafts_show_again ON drafts;
CREATE TRIGGER drafts_show_again
AFTER UPDATE OF state, body, uuid, created_by, then_status, forgotten ON drafts FOR EACH ROW
WHEN (NEW.request_key LIKE 'copilot:%'
      AND (NEW.state, NEW.body, NEW.uuid, NEW.created_by, NEW.then_status, NEW.forgotten)
          IS DISTINCT FROM (OLD.state, OLD.body, OLD.uuid, OLD.created_by, OLD.then_status, OLD.forgotten))
EXECUTE FUNCTION cx_show_draft()
"""


def upgrade() -> None:
    op.create_table('commitments',
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('edit', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('place', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('due_at', _TIME, nullable=True),
    sa.Column('amount', sa.Numeric(), nullable=True),
    sa.Column('currency', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('made_at', _TIME, nullable=False),
    sa.Column('made_by', sa.String(), nullable=False),
    sa.Column('ended_at', _TIME, nullable=True),
    sa.Column('ended_by', sa.String(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("state IN ('open', 'kept', 'removed', 'gone', 'noted')", name=op.f('ck_commitments_state')),
    sa.CheckConstraint("state IN ('noted', 'gone') OR due_at IS NOT NULL", name=op.f('ck_commitments_due')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_commitments_case_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_commitments_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_commitments_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_commitments')),
    sa.UniqueConstraint('message_id', 'edit', 'place', name=op.f('uq_commitments_message_id_edit_place')),
    sa.UniqueConstraint('token', name=op.f('uq_commitments_token'))
    )
    op.create_index(op.f('ix_commitments_case_id'), 'commitments', ['case_id'], unique=False)
    op.create_index('ix_commitments_open', 'commitments', ['workspace_id', 'due_at'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.add_column('drafts', sa.Column('forgotten', postgresql.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False))
    op.execute(_END_COMMITMENTS)
    op.execute(_WHEN_CLOSED)
    op.execute(_TAKE_COMMITMENTS_BACK)
    op.execute(_WHEN_TAKEN_BACK)
    op.execute(_RECHECK)
    op.execute(_SHOW_AGAIN)
