"""Receipts with the page of a case, and articles that answered a customer's question

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column('conversations', sa.Column('automatic_ok', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.create_table('receipts',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('withdrawn', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('why', sa.String(), nullable=True),
    sa.Column('decided_at', _TIME, nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint('(message_id IS NULL) = (why IS NOT NULL)', name=op.f('ck_receipts_why')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_receipts_case_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_receipts_conversation_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_receipts_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_receipts_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipts')),
    sa.UniqueConstraint('case_id', name=op.f('uq_receipts_case_id')),
    sa.UniqueConstraint('message_id', name=op.f('uq_receipts_message_id')),
    sa.UniqueConstraint('token', name=op.f('uq_receipts_token'))
    )
    op.create_index(op.f('ix_receipts_conversation_id'), 'receipts', ['conversation_id'], unique=False)
    op.create_table('article_answers',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('article_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('said_at', _TIME, nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_article_answers_article_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_article_answers_conversation_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_article_answers_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_answers')),
    sa.UniqueConstraint('article_id', 'conversation_id', name=op.f('uq_article_answers_article_id_conversation_id'))
    )
    op.create_index('ix_articles_public', 'articles', ['workspace_id'], unique=False, postgresql_where=sa.text('public'))
