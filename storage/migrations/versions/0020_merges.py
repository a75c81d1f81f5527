"""What went along with a merge of cases or customers, so that it comes back when that is taken back

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)

_MERGED_BEFORE = """
INSERT INTO case_merges (workspace_id, case_id, into_id, conversations, merged_by, merged_at)
SELECT workspace_id, id, merged_into, ARRAY[conversation_id], 'app', coalesce(closed_at, opened_at)
FROM cases WHERE merged_into IS NOT NULL
"""
_SUMMED_BEFORE = """
UPDATE cases k SET regrouped_at = now()
WHERE EXISTS (SELECT FROM summaries s WHERE s.case_id = k.id)
  AND (EXISTS (SELECT FROM cases c WHERE c.merged_into = k.id)
       OR EXISTS (SELECT FROM audit a WHERE a.case_id = k.id
                  AND a.action IN ('case.split', 'case.split_from', 'case.absorbed')))
"""


def upgrade() -> None:
    op.add_column('identities', sa.Column('first_of', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_identities_first_of'), 'identities', 'customers', ['first_of'], ['id'])
    op.add_column('cases', sa.Column('regrouped_at', _TIME, nullable=True))
    op.create_table('case_merges',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('into_id', sa.BigInteger(), nullable=False),
    sa.Column('conversations', postgresql.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('answered_in', sa.BigInteger(), nullable=True),
    sa.Column('asks', postgresql.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('reminders', postgresql.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('merged_by', sa.String(), nullable=False),
    sa.Column('merged_at', _TIME, nullable=False),
    sa.Column('undone_by', sa.String(), nullable=True),
    sa.Column('undone_at', _TIME, nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['answered_in'], ['conversations.id'], name=op.f('fk_case_merges_answered_in')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_merges_case_id')),
    sa.ForeignKeyConstraint(['into_id'], ['cases.id'], name=op.f('fk_case_merges_into_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_case_merges_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_merges'))
    )
    op.create_index('uq_case_merges_holding', 'case_merges', ['case_id'], unique=True, postgresql_where=sa.text('undone_at IS NULL'))
    op.create_index(op.f('ix_case_merges_into_id'), 'case_merges', ['into_id'], unique=False)
    op.execute(_MERGED_BEFORE)
    op.execute(_SUMMED_BEFORE)


def downgrade() -> None:
    op.drop_table('case_merges')
    op.drop_column('cases', 'regrouped_at')
    op.drop_column('identities', 'first_of')
