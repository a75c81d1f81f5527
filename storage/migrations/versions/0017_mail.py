"""Mailboxes and their mails

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table('mailboxes',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('place', sa.String(), nullable=True),
    sa.Column('uid_validity', sa.BigInteger(), nullable=True),
    sa.Column('last_uid', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('old_until', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('old_search', sa.String(), server_default='', nullable=False),
    sa.Column('tried_uid', sa.BigInteger(), nullable=True),
    sa.Column('tries', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('mails_read', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('looked_at', _TIME, nullable=True),
    sa.Column('trouble', sa.String(), nullable=True),
    sa.Column('trouble_since', _TIME, nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_mailboxes_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailboxes')),
    sa.UniqueConstraint('workspace_id', 'key', name=op.f('uq_mailboxes_workspace_id_key'))
    )
    op.create_table('mails',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('mailbox', sa.String(), nullable=False),
    sa.Column('direction', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('why', sa.String(), nullable=True),
    sa.Column('place', sa.String(), nullable=True),
    sa.Column('uid_validity', sa.BigInteger(), nullable=True),
    sa.Column('uid', sa.BigInteger(), nullable=True),
    sa.Column('raw', sa.Uuid(), nullable=True),
    sa.Column('size', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('header_id', sa.String(), nullable=True),
    sa.Column('sender', sa.String(), nullable=True),
    sa.Column('identity', sa.String(), nullable=True),
    sa.Column('automatic', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=True),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('subject', sa.String(), server_default='', nullable=False),
    sa.Column('unseen', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('released', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('tries', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('retry_at', _TIME, nullable=True),
    sa.Column('came_at', _TIME, nullable=False),
    sa.Column('done_at', _TIME, nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("direction IN ('in', 'out')", name=op.f('ck_mails_direction')),
    sa.CheckConstraint("state IN ('waiting', 'done', 'ignored', 'quarantined', 'dropped', 'sent')", name=op.f('ck_mails_state')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_mails_conversation_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_mails_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_mails_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mails')),
    sa.UniqueConstraint('workspace_id', 'mailbox', 'place', 'uid_validity', 'uid', name=op.f('uq_mails_workspace_id_mailbox_place_uid_validity_uid'))
    )
    op.create_index('uq_mails_identity', 'mails', ['workspace_id', 'identity'], unique=True, postgresql_where=sa.text('identity IS NOT NULL'))
    op.create_index('uq_mails_sent', 'mails', ['workspace_id', 'header_id'], unique=True, postgresql_where=sa.text("direction = 'out'"))
    op.create_index(op.f('ix_mails_workspace_id_header_id'), 'mails', ['workspace_id', 'header_id'], unique=False)
    op.create_index(op.f('ix_mails_conversation_id'), 'mails', ['conversation_id'], unique=False)
    op.create_index(op.f('ix_mails_raw'), 'mails', ['raw'], unique=False)
    op.create_index('ix_mails_waiting', 'mails', ['workspace_id', 'mailbox', 'id'], unique=False, postgresql_where=sa.text("state IN ('waiting', 'quarantined') OR unseen"))
    op.create_index('ix_mails_automatic', 'mails', ['workspace_id', 'sender', 'came_at'], unique=False, postgresql_where=sa.text('automatic'))
