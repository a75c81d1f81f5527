"""Cases that may close by themselves, customers who are asked once more, reminders by person

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)

# A row for each answer: whoever takes old ones away cannot take one with them that comes in meanwhile.
_RIPEN = """
CREATE FUNCTION cx_ripen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ripening (workspace_id, case_id) VALUES (NEW.workspace_id, NEW.case_id);
    RETURN NULL;
END $$;
CREATE TRIGGER ripen AFTER INSERT OR UPDATE OF state, case_id ON asks FOR EACH ROW
WHEN (NEW.state = 'answered') EXECUTE FUNCTION cx_ripen();
"""
# Who keeps back what asks a customer by itself is reminded of their silence instead.
_KEPT_BACK = """
CREATE TRIGGER recheck_kept_back AFTER UPDATE OF state ON drafts FOR EACH ROW
WHEN (OLD.state = 'approved' AND NEW.state = 'cancelled' AND NEW.created_by = 'app')
EXECUTE FUNCTION cx_recheck()
"""
_RIPE_NOW = """
INSERT INTO ripening (workspace_id, case_id)
SELECT DISTINCT k.workspace_id, k.id FROM asks a JOIN cases k ON k.id = a.case_id
WHERE a.state = 'answered' AND k.status <> 'closed'
"""

# A reminder of what has to be done is told from others by numbers: its duty's, which is never given twice and
# stays when the duty is gone, the stage's, and how often it had been put off.
_BY_NUMBERS = """
UPDATE reminders SET snoozes = split_part(request_key, ':', 4)::bigint, request_key = NULL,
                     duty_id = split_part(request_key, ':', 2)::bigint
WHERE created_by = 'app' AND request_key LIKE 'duty:%'
"""


def _reminders() -> None:
    op.drop_constraint(op.f('fk_reminders_duty_id'), 'reminders', type_='foreignkey')
    # Hundreds are written at once, and their cases are checked.
    for table in ('reminders', 'audit'):
        op.drop_constraint(op.f(f'fk_{table}_workspace_id'), table, type_='foreignkey')
    op.drop_constraint(op.f('uq_reminders_workspace_id_request_key'), 'reminders', type_='unique')
    op.drop_index('ix_reminders_duty', table_name='reminders')
    op.alter_column('reminders', 'request_key', nullable=True)
    op.execute(_BY_NUMBERS)
    op.create_index('uq_reminders_request', 'reminders', ['workspace_id', 'request_key'], unique=True, postgresql_where=sa.text('request_key IS NOT NULL'))
    op.create_index('uq_reminders_duty', 'reminders', ['duty_id', 'stage', 'snoozes'], unique=True, postgresql_where=sa.text('duty_id IS NOT NULL'))
    op.create_index('ix_reminders_member', 'reminders', ['workspace_id', 'member'], unique=False, postgresql_where=sa.text("member IS NOT NULL AND state <> 'gone'"))


def upgrade() -> None:
    op.create_table('ripening',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_ripening_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_ripening_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ripening'))
    )
    op.create_index(op.f('ix_ripening_case_id'), 'ripening', ['case_id'], unique=False)
    op.create_index(op.f('ix_ripening_workspace_id'), 'ripening', ['workspace_id'], unique=False)
    op.add_column('duties', sa.Column('nudge_at', _TIME, nullable=True))
    op.drop_index('ix_duties_next', table_name='duties')
    op.create_index('ix_duties_next', 'duties', ['workspace_id', 'next_at', 'id'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index('ix_duties_nudge', 'duties', ['workspace_id', 'nudge_at'], unique=False, postgresql_where=sa.text('nudge_at IS NOT NULL'))
    _reminders()
    op.execute(_RIPEN)
    op.execute(_KEPT_BACK)
    op.execute(_RIPE_NOW)
