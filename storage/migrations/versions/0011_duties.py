"""What has to be done about cases by when, and who is reminded of it

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)

# Whatever changes what has to be done about a case, in the commit that changes it. Rows are only added: a row
# to be updated would have everybody who works on the case wait for each other.
_RECHECKS = """
CREATE FUNCTION cx_recheck_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rechecks (workspace_id, case_id) VALUES (NEW.workspace_id, NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION cx_recheck() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rechecks (workspace_id, case_id) VALUES (NEW.workspace_id, NEW.case_id);
    RETURN NULL;
END $$;
CREATE FUNCTION cx_recheck_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rechecks (workspace_id, case_id)
    SELECT k.workspace_id, k.id FROM cases k
    WHERE k.workspace_id = coalesce(NEW.workspace_id, OLD.workspace_id)
      AND k.owner = coalesce(NEW.member, OLD.member) AND k.status <> 'closed';
    RETURN NULL;
END $$;
CREATE TRIGGER recheck_new AFTER INSERT ON cases FOR EACH ROW EXECUTE FUNCTION cx_recheck_case();
CREATE TRIGGER recheck_changed AFTER UPDATE ON cases FOR EACH ROW
WHEN ((OLD.status, OLD.owner, OLD.process_type, OLD.last_reply_at)
      IS DISTINCT FROM (NEW.status, NEW.owner, NEW.process_type, NEW.last_reply_at))
EXECUTE FUNCTION cx_recheck_case();
CREATE TRIGGER recheck_new AFTER INSERT ON asks FOR EACH ROW WHEN (NEW.state = 'open')
EXECUTE FUNCTION cx_recheck();
CREATE TRIGGER recheck_changed AFTER UPDATE ON asks FOR EACH ROW
WHEN ((OLD.state, OLD.case_id, OLD.due_on) IS DISTINCT FROM (NEW.state, NEW.case_id, NEW.due_on))
EXECUTE FUNCTION cx_recheck();
CREATE TRIGGER recheck_changed AFTER UPDATE OF state ON drafts FOR EACH ROW
WHEN (OLD.state = 'preview' AND NEW.state <> 'preview') EXECUTE FUNCTION cx_recheck();
CREATE TRIGGER recheck_new AFTER INSERT ON copilot_drafts FOR EACH ROW EXECUTE FUNCTION cx_recheck();
CREATE TRIGGER recheck AFTER INSERT OR UPDATE ON promises FOR EACH ROW EXECUTE FUNCTION cx_recheck();
CREATE TRIGGER recheck AFTER INSERT OR UPDATE OR DELETE ON absences FOR EACH ROW
EXECUTE FUNCTION cx_recheck_owner();
"""

# Who knows a new date needs not be told it once more by what is posted.
_SHOW_STEPS = """
CREATE FUNCTION cx_show_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO slack_calls (workspace_id, slack_channel, case_id, kind, payload)
    SELECT DISTINCT r.workspace_id, o.slack_channel, r.case_id, 'reminder', jsonb_build_object('outbox', o.id)
    FROM reminders r JOIN outbox o ON o.id = r.outbox_id
    WHERE r.case_id = NEW.case_id AND r.kind = 'step' AND r.state = 'sent' AND o.post_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER show_steps AFTER INSERT ON promises FOR EACH ROW EXECUTE FUNCTION cx_show_steps();
"""

# Whatever closes a case, nobody is reminded of it any more: also not of what waits to be posted.
_END_REMINDERS = """
CREATE OR REPLACE FUNCTION cx_end_reminders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reminders SET state = 'gone', gone_why = 'closed' WHERE case_id = NEW.id AND state = 'waiting';
    -- In the order of whoever works the case out anew: the reminders first.
    PERFORM FROM reminders WHERE case_id = NEW.id ORDER BY id FOR UPDATE;
    DELETE FROM outbox o USING reminders r
    WHERE r.case_id = NEW.id AND r.outbox_id = o.id AND o.post_id IS NULL AND o.kind = 'reminders';
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table('duties',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('ref', sa.BigInteger(), nullable=False),
    sa.Column('ask_id', sa.BigInteger(), nullable=True),
    sa.Column('since', _TIME, nullable=False),
    sa.Column('due_at', _TIME, nullable=False),
    sa.Column('at', sa.ARRAY(_TIME), nullable=False),
    sa.Column('base', sa.BigInteger(), nullable=False),
    sa.Column('stage', sa.BigInteger(), nullable=False),
    sa.Column('next_at', _TIME, nullable=True),
    sa.Column('spoken', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('skipped', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('snoozed_until', _TIME, nullable=True),
    sa.Column('snoozes', sa.BigInteger(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['ask_id'], ['asks.id'], name=op.f('fk_duties_ask_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_duties_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_duties_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duties')),
    sa.UniqueConstraint('case_id', 'kind', 'ref', name=op.f('uq_duties_case_id_kind_ref'))
    )
    op.create_index('ix_duties_next', 'duties', ['workspace_id', 'next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_table('rechecks',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_rechecks_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_rechecks_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rechecks'))
    )
    op.create_index(op.f('ix_rechecks_case_id'), 'rechecks', ['case_id'], unique=False)
    op.create_index(op.f('ix_rechecks_workspace_id_id'), 'rechecks', ['workspace_id', 'id'], unique=False)
    op.create_table('policies_seen',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('fingerprint', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_policies_seen_workspace_id')),
    sa.PrimaryKeyConstraint('workspace_id', name=op.f('pk_policies_seen'))
    )
    op.alter_column('reminders', 'member', nullable=True)
    op.add_column('reminders', sa.Column('duty_id', sa.BigInteger(), nullable=True))
    op.add_column('reminders', sa.Column('stage', sa.BigInteger(), nullable=True))
    op.add_column('reminders', sa.Column('outbox_id', sa.BigInteger(), nullable=True))
    op.add_column('reminders', sa.Column('mentions', sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('reminders', sa.Column('again_at', _TIME, nullable=True))
    op.add_column('reminders', sa.Column('ended_by', sa.String(), nullable=True))
    op.create_foreign_key(op.f('fk_reminders_duty_id'), 'reminders', 'duties', ['duty_id'], ['id'], ondelete='SET NULL')
    op.create_foreign_key(op.f('fk_reminders_outbox_id'), 'reminders', 'outbox', ['outbox_id'], ['id'], ondelete='SET NULL')
    op.drop_index('ix_reminders_case', table_name='reminders')
    op.create_index('ix_reminders_case', 'reminders', ['case_id'], unique=False)
    op.create_index('ix_reminders_duty', 'reminders', ['duty_id'], unique=False, postgresql_where=sa.text('duty_id IS NOT NULL'))
    op.create_index('ix_reminders_outbox', 'reminders', ['outbox_id'], unique=False, postgresql_where=sa.text('outbox_id IS NOT NULL'))
    op.execute(_RECHECKS)
    op.execute(_SHOW_STEPS)
    op.execute(_END_REMINDERS)
    op.execute("INSERT INTO rechecks (workspace_id, case_id) SELECT workspace_id, id FROM cases WHERE status <> 'closed'")
