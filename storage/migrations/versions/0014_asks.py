"""Later answers, steps that are looked at, and what departments are told

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)
_LANE = 'coalesce(-ask_id, -digest_id - 1000000000000000, case_id)'

# Whatever changes where a case stands in its process has it looked at anew, also by who is at it right now.
_LOOK_AT_CASE = """
CREATE FUNCTION cx_look_at_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'closed' THEN
        DELETE FROM step_looks WHERE case_id = NEW.id;
    ELSE
        INSERT INTO step_looks (workspace_id, case_id, at) VALUES (NEW.workspace_id, NEW.id, '-infinity')
        ON CONFLICT (case_id) DO UPDATE SET at = '-infinity', claimed_at = NULL;
    END IF;
    RETURN NULL;
END $$
"""
_WHEN_CASE = """
CREATE TRIGGER look_at_case AFTER UPDATE OF status, process_type ON cases FOR EACH ROW
WHEN (NEW.status <> OLD.status OR NEW.process_type <> OLD.process_type) EXECUTE FUNCTION cx_look_at_case()
"""
_LOOK_AT_ASKS = """
CREATE FUNCTION cx_look_at_asks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO step_looks (workspace_id, case_id, at)
    SELECT workspace_id, id, '-infinity' FROM cases WHERE id = NEW.case_id AND status <> 'closed'
    ON CONFLICT (case_id) DO UPDATE SET at = '-infinity', claimed_at = NULL;
    RETURN NULL;
END $$
"""
_WHEN_ASKED = """
CREATE TRIGGER look_at_asks AFTER UPDATE OF state, later_at, case_id ON asks FOR EACH ROW
WHEN (NEW.state IN ('open', 'answered', 'rerouted')) EXECUTE FUNCTION cx_look_at_asks()
"""
# By when a department answers moves of what it is reminded.
_RECHECK = """
DROP TRIGGER recheck_changed ON asks;
CREATE TRIGGER recheck_changed AFTER UPDATE ON asks FOR EACH ROW
WHEN ((OLD.state, OLD.case_id, OLD.due_on, OLD.later_at)
      IS DISTINCT FROM (NEW.state, NEW.case_id, NEW.due_on, NEW.later_at))
EXECUTE FUNCTION cx_recheck()
"""


def _looks() -> None:
    op.create_table('step_looks',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('at', _TIME, nullable=False),
    sa.Column('claimed_at', _TIME, nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_step_looks_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_step_looks_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_step_looks')),
    sa.UniqueConstraint('case_id', name=op.f('uq_step_looks_case_id'))
    )
    op.create_index('ix_step_looks_due', 'step_looks', ['workspace_id', 'at'], unique=False)
    op.execute("""INSERT INTO step_looks (workspace_id, case_id, at)
                  SELECT workspace_id, id, '-infinity' FROM cases WHERE status <> 'closed'""")
    for statement in (_LOOK_AT_CASE, _WHEN_CASE, _LOOK_AT_ASKS, _WHEN_ASKED):
        op.execute(statement)


def _tellings() -> None:
    op.create_table('digests',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('department_name', sa.String(), nullable=False),
    sa.Column('slack_channel', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('left_over', sa.BigInteger(), nullable=False),
    sa.Column('created_at', _TIME, nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_digests_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_digests')),
    sa.UniqueConstraint('workspace_id', 'department', 'day', name=op.f('uq_digests_workspace_id_department_day'))
    )
    op.create_table('tellings',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('request_key', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('told_by', sa.String(), nullable=False),
    sa.Column('told_by_name', sa.String(), nullable=False),
    sa.Column('told_at', _TIME, nullable=False),
    sa.Column('digest_id', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_tellings_case_id')),
    sa.ForeignKeyConstraint(['digest_id'], ['digests.id'], name=op.f('fk_tellings_digest_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_tellings_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tellings')),
    sa.UniqueConstraint('workspace_id', 'request_key', name=op.f('uq_tellings_workspace_id_request_key'))
    )
    op.create_index(op.f('ix_tellings_case_id'), 'tellings', ['case_id'], unique=False)
    op.create_index(op.f('ix_tellings_digest_id'), 'tellings', ['digest_id'], unique=False)
    op.create_index('ix_tellings_waiting', 'tellings', ['workspace_id', 'department', 'told_at'], unique=False, postgresql_where=sa.text('digest_id IS NULL'))


def _lanes() -> None:
    for table in ('outbox', 'posts'):
        op.add_column(table, sa.Column('digest_id', sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f'fk_{table}_digest_id'), table, 'digests', ['digest_id'], ['id'])
    op.drop_index('uq_posts_lane', table_name='posts')
    op.drop_index('ix_outbox_waiting', table_name='outbox')
    for table in ('outbox', 'posts'):
        op.drop_column(table, 'lane')
        lane = sa.Computed(_LANE, persisted=True)
        op.add_column(table, sa.Column('lane', sa.BigInteger(), lane, nullable=False))
    op.create_index('uq_posts_lane', 'posts', ['lane'], unique=True, postgresql_where=sa.text("state IN ('stamped', 'waiting')"))
    op.create_index('ix_outbox_waiting', 'outbox', ['workspace_id', 'slack_channel', 'lane', 'id'], unique=False, postgresql_where=sa.text('post_id IS NULL'))


def upgrade() -> None:
    op.add_column('asks', sa.Column('later_at', _TIME, nullable=True))
    op.add_column('asks', sa.Column('later_why', sa.String(), nullable=True))
    op.add_column('asks', sa.Column('step', sa.String(), nullable=True))
    op.execute(_RECHECK)
    _looks()
    _tellings()
    _lanes()
