"""What supervisors change of the company's files

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

_APPEND_ONLY = """
CREATE FUNCTION cx_settings_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'settings are append-only';
END $$
"""
_GUARD = """
CREATE TRIGGER settings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON settings
FOR EACH STATEMENT EXECUTE FUNCTION cx_settings_are_append_only()
"""


def upgrade() -> None:
    op.create_table('settings',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('file', sa.String(), nullable=False),
    sa.Column('path', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('back', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('changed_by', sa.String(), nullable=False),
    sa.Column('changed_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_settings_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settings')),
    sa.UniqueConstraint('workspace_id', 'file', 'path', 'version', name=op.f('uq_settings_workspace_id_file_path_version'))
    )
    op.execute(_APPEND_ONLY)
    op.execute(_GUARD)
