"""Dates that customers are told

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)

# Whatever closes a case, its promises end with it. The first date told is kept or broken where the customer
# learns of the end; closed without telling, or gone on in another case, it is neither.
_END_PROMISES = """
CREATE FUNCTION cx_end_promises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE promises p
    SET ended_at = NEW.closed_at,
        kept = CASE WHEN NEW.close_reason IS NULL AND NEW.merged_into IS NULL
                         AND p.id = (SELECT min(f.id) FROM promises f
                                     WHERE f.case_id = NEW.id AND f.ended_at IS NULL)
                    THEN NEW.closed_at <= p.date_at END
    WHERE p.case_id = NEW.id AND p.ended_at IS NULL;
    RETURN NULL;
END $$
"""
_WHEN_CLOSED = """
CREATE TRIGGER end_promises AFTER UPDATE OF status ON cases FOR EACH ROW
WHEN (NEW.status = 'closed' AND OLD.status <> 'closed') EXECUTE FUNCTION cx_end_promises()
"""


def upgrade() -> None:
    op.create_table('promises',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('date_at', _TIME, nullable=False),
    sa.Column('told_at', _TIME, nullable=False),
    sa.Column('told_by', sa.String(), nullable=False),
    sa.Column('ended_at', _TIME, nullable=True),
    sa.Column('kept', sa.Boolean(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_promises_case_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_promises_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_promises_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_promises')),
    sa.UniqueConstraint('message_id', name=op.f('uq_promises_message_id'))
    )
    op.create_index(op.f('ix_promises_case_id'), 'promises', ['case_id'], unique=False)
    op.add_column('drafts', sa.Column('tells_at', _TIME, nullable=True))
    op.execute(_END_PROMISES)
    op.execute(_WHEN_CLOSED)
