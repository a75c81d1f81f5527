"""What is found out about cases when they arrive

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

# Whom earlier cases needed is known by whom people asked.
_LEARN = """
INSERT INTO triage (workspace_id, case_id, corrected_to, corrected_by, corrected_at, department)
SELECT DISTINCT ON (a.case_id) a.workspace_id, a.case_id, a.department, coalesce(f.rerouted_by, a.asked_by),
       a.asked_at, f.department
FROM asks a LEFT JOIN asks f ON f.id = a.from_ask_id
WHERE a.state IN ('open', 'answered') AND a.asked_at IS NOT NULL ORDER BY a.case_id, a.id
"""


def upgrade() -> None:
    op.create_table('triage',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('through', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('tries', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('claimed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('department', sa.String(), nullable=True),
    sa.Column('department_name', sa.String(), nullable=True),
    sa.Column('confidence', sa.Float(), server_default='0', nullable=False),
    sa.Column('sure', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('asks', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('process', sa.String(), nullable=True),
    sa.Column('priority', sa.String(), nullable=True),
    sa.Column('language', sa.String(), nullable=True),
    sa.Column('by', sa.String(), nullable=True),
    sa.Column('prompt', sa.String(), server_default='', nullable=False),
    sa.Column('model', sa.String(), server_default='', nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('corrected_to', sa.String(), nullable=True),
    sa.Column('corrected_by', sa.String(), nullable=True),
    sa.Column('corrected_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.CheckConstraint("by IN ('words', 'model')", name=op.f('ck_triage_by')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_triage_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_triage_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_triage')),
    sa.UniqueConstraint('case_id', name=op.f('uq_triage_case_id'))
    )
    op.create_index('ix_triage_chosen', 'triage', ['workspace_id', 'corrected_at'], unique=False, postgresql_where=sa.text('corrected_to IS NOT NULL'))
    op.create_index('ix_cases_arrived', 'cases', ['opened_at'], unique=False, postgresql_where=sa.text("status <> 'closed'"))
    op.execute(_LEARN)
