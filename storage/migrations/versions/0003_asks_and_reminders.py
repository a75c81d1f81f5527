"""Asking departments, and reminders

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)
_OPEN_CALL = "kind = 'ask' AND claimed_at IS NULL AND done_at IS NULL"

# Whatever closes a case, nobody is reminded of it any more.
_END_REMINDERS = """
CREATE FUNCTION cx_end_reminders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reminders SET state = 'gone', gone_why = 'closed' WHERE case_id = NEW.id AND state = 'waiting';
    RETURN NULL;
END $$
"""
_WHEN_CLOSED = """
CREATE TRIGGER end_reminders AFTER UPDATE OF status ON cases FOR EACH ROW
WHEN (NEW.status = 'closed' AND OLD.status <> 'closed') EXECUTE FUNCTION cx_end_reminders()
"""


def _asks() -> None:
    op.create_table('asks',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('request_key', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('department_name', sa.String(), nullable=False),
    sa.Column('slack_channel', sa.String(), nullable=False),
    sa.Column('question', sa.String(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('proposed_by', sa.String(), nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('asked_by_name', sa.String(), nullable=False),
    sa.Column('created_at', _TIME, nullable=False),
    sa.Column('asked_at', _TIME, nullable=True),
    sa.Column('ts', sa.String(), nullable=True),
    sa.Column('taken_by', sa.String(), nullable=True),
    sa.Column('taken_at', _TIME, nullable=True),
    sa.Column('answered_by', sa.String(), nullable=True),
    sa.Column('answered_at', _TIME, nullable=True),
    sa.Column('rerouted_by', sa.String(), nullable=True),
    sa.Column('from_ask_id', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("state IN ('proposed', 'open', 'answered', 'rerouted', 'discarded')", name=op.f('ck_asks_state')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_asks_case_id')),
    sa.ForeignKeyConstraint(['from_ask_id'], ['asks.id'], name=op.f('fk_asks_from_ask_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_asks_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_asks')),
    sa.UniqueConstraint('from_ask_id', name=op.f('uq_asks_from_ask_id')),
    sa.UniqueConstraint('token', name=op.f('uq_asks_token')),
    sa.UniqueConstraint('workspace_id', 'request_key', name=op.f('uq_asks_workspace_id_request_key'))
    )
    op.create_index(op.f('ix_asks_case_id'), 'asks', ['case_id'], unique=False)
    op.create_index('ix_asks_open', 'asks', ['case_id'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index('uq_asks_thread', 'asks', ['workspace_id', 'slack_channel', 'ts'], unique=True, postgresql_where=sa.text('ts IS NOT NULL'))
    op.create_table('ask_answers',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('ask_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('author', sa.String(), nullable=False),
    sa.Column('author_name', sa.String(), nullable=False),
    sa.Column('later', sa.Boolean(), nullable=False),
    sa.Column('request_key', sa.String(), nullable=False),
    sa.Column('created_at', _TIME, nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("kind IN ('answer', 'need_more')", name=op.f('ck_ask_answers_kind')),
    sa.ForeignKeyConstraint(['ask_id'], ['asks.id'], name=op.f('fk_ask_answers_ask_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_ask_answers_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ask_answers')),
    sa.UniqueConstraint('workspace_id', 'request_key', name=op.f('uq_ask_answers_workspace_id_request_key'))
    )
    op.create_index(op.f('ix_ask_answers_ask_id'), 'ask_answers', ['ask_id'], unique=False)


def _reminders() -> None:
    op.create_table('reminders',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('request_key', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('due_at', _TIME, nullable=False),
    sa.Column('member', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('state', sa.String(), server_default='waiting', nullable=False),
    sa.Column('gone_why', sa.String(), nullable=True),
    sa.Column('snoozes', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', _TIME, nullable=False),
    sa.Column('sent_at', _TIME, nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'sent', 'gone')", name=op.f('ck_reminders_state')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_reminders_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_reminders_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminders')),
    sa.UniqueConstraint('token', name=op.f('uq_reminders_token')),
    sa.UniqueConstraint('workspace_id', 'request_key', name=op.f('uq_reminders_workspace_id_request_key'))
    )
    op.create_index('ix_reminders_case', 'reminders', ['case_id'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_reminders_due', 'reminders', ['workspace_id', 'due_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.execute(_END_REMINDERS)
    op.execute(_WHEN_CLOSED)


def _lanes() -> None:
    for table in ('outbox', 'posts', 'slack_calls'):
        op.add_column(table, sa.Column('ask_id', sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f'fk_{table}_ask_id'), table, 'asks', ['ask_id'], ['id'])
    for table in ('outbox', 'posts'):
        lane = sa.Computed('coalesce(-ask_id, case_id)', persisted=True)
        op.add_column(table, sa.Column('lane', sa.BigInteger(), lane, nullable=False))
    op.drop_index('uq_posts_lane', table_name='posts')
    op.create_index('uq_posts_lane', 'posts', ['lane'], unique=True, postgresql_where=sa.text("state IN ('stamped', 'waiting')"))
    op.drop_index('ix_outbox_waiting', table_name='outbox')
    op.create_index('ix_outbox_waiting', 'outbox', ['workspace_id', 'slack_channel', 'lane', 'id'], unique=False, postgresql_where=sa.text('post_id IS NULL'))
    op.create_index('uq_slack_calls_ask', 'slack_calls', ['ask_id'], unique=True, postgresql_where=sa.text(_OPEN_CALL))


def upgrade() -> None:
    _asks()
    _reminders()
    _lanes()
