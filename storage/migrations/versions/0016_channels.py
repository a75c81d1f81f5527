"""Outside channels: what came in over them, and how far replies have come

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)

# Whatever says something to a customer over somebody else's system, in the commit that says it.
_DELIVER = """
CREATE FUNCTION cx_deliver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliveries (workspace_id, message_id, conversation_id, channel, site, next_at, changed_at)
    SELECT NEW.workspace_id, NEW.id, v.id, v.channel, v.site, clock_timestamp(), clock_timestamp()
    FROM conversations v WHERE v.id = NEW.conversation_id AND v.channel IN ('mail', 'api');
    RETURN NULL;
END $$;
CREATE TRIGGER deliver AFTER INSERT ON messages FOR EACH ROW WHEN (NEW.direction = 'out')
EXECUTE FUNCTION cx_deliver();
"""


def upgrade() -> None:
    op.create_table('entrances',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('site', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('icon', sa.String(), nullable=True),
    sa.Column('public', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_entrances_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entrances')),
    sa.UniqueConstraint('workspace_id', 'channel', 'site', name=op.f('uq_entrances_workspace_id_channel_site'))
    )
    op.create_table('arrivals',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('site', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('warnings', sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('proven', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_at', _TIME, nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_arrivals_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_arrivals_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_arrivals')),
    sa.UniqueConstraint('message_id', name=op.f('uq_arrivals_message_id')),
    sa.UniqueConstraint('workspace_id', 'channel', 'site', 'key', name=op.f('uq_arrivals_workspace_id_channel_site_key'))
    )
    op.create_table('deliveries',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('site', sa.String(), nullable=False),
    sa.Column('state', sa.String(), server_default='queued', nullable=False),
    sa.Column('attempts', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('attempts_before', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('provider_id', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('waiting_since', _TIME, server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('next_at', _TIME, nullable=False),
    sa.Column('leased_until', _TIME, nullable=True),
    sa.Column('changed_at', _TIME, nullable=False),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('was_lost', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.CheckConstraint("state IN ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown')", name=op.f('ck_deliveries_state')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_deliveries_conversation_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_deliveries_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_deliveries_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries')),
    sa.UniqueConstraint('message_id', name=op.f('uq_deliveries_message_id')),
    sa.UniqueConstraint('token', name=op.f('uq_deliveries_token'))
    )
    op.create_index('ix_deliveries_queued', 'deliveries', ['next_at'], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_index('ix_deliveries_sending', 'deliveries', ['leased_until'], unique=False, postgresql_where=sa.text("state = 'sending'"))
    op.create_index('ix_deliveries_open', 'deliveries', ['conversation_id', 'id'], unique=False, postgresql_where=sa.text("state IN ('queued', 'sending')"))
    op.create_index('ix_deliveries_lost', 'deliveries', ['workspace_id'], unique=False, postgresql_where=sa.text("state IN ('failed', 'unknown')"))
    op.create_index('ix_deliveries_changed', 'deliveries', ['changed_at'], unique=False, postgresql_using='brin')
    op.add_column('conversations', sa.Column('thread_key', sa.String(), nullable=True))
    op.add_column('conversations', sa.Column('subject', sa.String(), nullable=True))
    op.add_column('identities', sa.Column('told_by', sa.String(), nullable=True))
    op.add_column('identities', sa.Column('told_of', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_identities_told_of'), 'identities', 'customers', ['told_of'], ['id'])
    op.drop_constraint('uq_identities_workspace_id_kind_value', 'identities', type_='unique')
    op.create_unique_constraint(op.f('uq_identities_workspace_id_kind_value_told_of'), 'identities', ['workspace_id', 'kind', 'value', 'told_of'], postgresql_nulls_not_distinct=True)
    op.create_index('uq_conversations_thread', 'conversations', ['workspace_id', 'channel', 'site', 'identity_id', 'thread_key'], unique=True, postgresql_where=sa.text('thread_key IS NOT NULL'))
    op.create_index('ix_customers_phone', 'customers', [sa.text(r"regexp_replace(phone, '\D', '', 'g')")], unique=False, postgresql_where=sa.text('phone IS NOT NULL'))
    op.alter_column('customer_suggestions', 'order_id', nullable=True)
    op.add_column('customer_suggestions', sa.Column('address', sa.String(), nullable=True))
    op.execute(_DELIVER)
