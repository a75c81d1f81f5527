"""The first schema

Revision ID: 0001
Revises: 
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

_SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    op.create_table('this_database',
    sa.Column('one', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('uuid', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.CheckConstraint('one', name=op.f('ck_this_database_one')),
    sa.PrimaryKeyConstraint('one', name=op.f('pk_this_database'))
    )
    op.create_table('workspaces',
    sa.Column('team_id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('url', sa.String(), server_default='', nullable=False),
    sa.Column('bot_user_id', sa.String(), nullable=False),
    sa.Column('bot_id', sa.String(), nullable=False),
    sa.Column('last_case_number', sa.BigInteger(), server_default='1000', nullable=False),
    sa.Column('channels', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('last_problem_number', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workspaces')),
    sa.UniqueConstraint('team_id', name=op.f('uq_workspaces_team_id'))
    )
    op.create_table('installations',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('scopes', sa.String(), nullable=False),
    sa.Column('installed_by', sa.String(), nullable=False),
    sa.Column('installed_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('revoked_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_installations_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_installations')),
    sa.UniqueConstraint('workspace_id', name=op.f('uq_installations_workspace_id'))
    )
    op.create_table('install_states',
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('spent_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('state', name=op.f('pk_install_states'))
    )
    op.create_table('customers',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('external_id', sa.String(), nullable=True),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=True),
    sa.Column('phone', sa.String(), nullable=True),
    sa.Column('language', sa.String(), nullable=True),
    sa.Column('profile', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('merged_into', sa.BigInteger(), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['merged_into'], ['customers.id'], name=op.f('fk_customers_merged_into')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_customers_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customers')),
    sa.UniqueConstraint('workspace_id', 'external_id', name=op.f('uq_customers_workspace_id_external_id'))
    )
    op.create_index('ix_customers_merged_into', 'customers', ['merged_into'], unique=False, postgresql_where=sa.text('merged_into IS NOT NULL'))
    op.create_table('answers',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('ts', sa.String(), nullable=False),
    sa.Column('thread_ts', sa.String(), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=True),
    sa.Column('claimed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('tried', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('stopped_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('done_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_answers_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answers')),
    sa.UniqueConstraint('workspace_id', 'channel', 'ts', name=op.f('uq_answers_workspace_id_channel_ts'))
    )
    op.create_index('ix_answers_open', 'answers', ['workspace_id', 'channel', 'thread_ts'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('homes',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('user_id', sa.String(), nullable=False),
    sa.Column('opened_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('checked_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('seen_change', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('filter', sa.String(), server_default='', nullable=False),
    sa.Column('digest', sa.String(), server_default='', nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_homes_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_homes')),
    sa.UniqueConstraint('workspace_id', 'user_id', name=op.f('uq_homes_workspace_id_user_id'))
    )
    op.create_table('channel_holds',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('slack_channel', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('looks', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('look_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_channel_holds_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_holds')),
    sa.UniqueConstraint('slack_channel', 'workspace_id', name=op.f('uq_channel_holds_slack_channel_workspace_id'))
    )
    op.create_index('ix_customers_email', 'customers', [sa.text("lower(email)")], unique=False)
    op.create_table('listening',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('heard_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('event_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('unheard_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('silent_since', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('read_from', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('read_after', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('reader', sa.String(), nullable=True),
    sa.Column('reader_until', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_listening_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listening')),
    sa.UniqueConstraint('workspace_id', name=op.f('uq_listening_workspace_id'))
    )
    op.create_table('admin_notices',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('slack_channel', sa.String(), server_default='', nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('since', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('claimed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('told_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_admin_notices_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_admin_notices'))
    )
    op.create_index('ix_admin_notices_untold', 'admin_notices', ['id'], unique=False, postgresql_where=sa.text('told_at IS NULL'))
    op.create_table('inbox',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=True),
    sa.Column('ts', sa.String(), nullable=True),
    sa.Column('event', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('received_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('attempts', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('retry_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('done_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('dead_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_inbox_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox')),
    sa.UniqueConstraint('workspace_id', 'event_id', name=op.f('uq_inbox_workspace_id_event_id'))
    )
    op.create_index('ix_inbox_reactions', 'inbox', [sa.text("((event -> 'item'::text) ->> 'ts'::text)")], unique=False, postgresql_where=sa.text("kind IN ('reaction_added', 'reaction_removed')"))
    op.create_index('ix_inbox_waiting', 'inbox', ['workspace_id', 'id'], unique=False, postgresql_where=sa.text('done_at IS NULL AND dead_at IS NULL'))
    op.create_index('uq_inbox_message', 'inbox', ['workspace_id', 'channel', 'ts', 'kind'], unique=True, postgresql_where=sa.text('ts IS NOT NULL'))
    op.create_table('orders',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('external_id', sa.String(), nullable=False),
    sa.Column('customer_external_id', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('updated_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_orders_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('workspace_id', 'external_id', name=op.f('uq_orders_workspace_id_external_id'))
    )
    op.create_index(op.f('ix_orders_workspace_id_customer_external_id'), 'orders', ['workspace_id', 'customer_external_id'], unique=False)
    op.create_table('identities',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('verified', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_identities_customer_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_identities_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identities')),
    sa.UniqueConstraint('workspace_id', 'kind', 'value', name=op.f('uq_identities_workspace_id_kind_value'))
    )
    op.create_index(op.f('ix_identities_customer_id'), 'identities', ['customer_id'], unique=False)
    op.create_table('conversations',
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('site', sa.String(), nullable=False),
    sa.Column('slack_channel', sa.String(), nullable=False),
    sa.Column('identity_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('last_seq', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('last_in_seq', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('revision', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('early_changes', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('language', sa.String(), nullable=True),
    sa.Column('delivered_seq', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('read_seq', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_conversations_identity_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_conversations_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversations')),
    sa.UniqueConstraint('uuid', name=op.f('uq_conversations_uuid'))
    )
    op.create_index(op.f('ix_conversations_case_id'), 'conversations', ['case_id'], unique=False)
    op.create_index(op.f('ix_conversations_identity_id_site_id'), 'conversations', ['identity_id', 'site', 'id'], unique=False)
    op.create_table('cases',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('token', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('process_type', sa.String(), server_default='general', nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('priority', sa.String(), server_default='normal', nullable=False),
    sa.Column('tags', postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('owner', sa.String(), nullable=True),
    sa.Column('slack_channel', sa.String(), nullable=False),
    sa.Column('thread_ts', sa.String(), nullable=True),
    sa.Column('card_ts', sa.String(), nullable=True),
    sa.Column('follows_case_id', sa.BigInteger(), nullable=True),
    sa.Column('opened_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('last_customer_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('last_reply_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('burst_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('merged_into', sa.BigInteger(), nullable=True),
    sa.Column('closed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('close_reason', sa.String(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_cases_conversation_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_cases_customer_id')),
    sa.ForeignKeyConstraint(['follows_case_id'], ['cases.id'], name=op.f('fk_cases_follows_case_id')),
    sa.ForeignKeyConstraint(['merged_into'], ['cases.id'], name=op.f('fk_cases_merged_into')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_cases_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases')),
    sa.UniqueConstraint('token', name=op.f('uq_cases_token')),
    sa.UniqueConstraint('workspace_id', 'number', name=op.f('uq_cases_workspace_id_number'))
    )
    op.create_index('ix_cases_merged_into', 'cases', ['merged_into'], unique=False, postgresql_where=sa.text('merged_into IS NOT NULL'))
    op.create_index(op.f('ix_cases_customer_id'), 'cases', ['customer_id'], unique=False)
    op.create_index('ix_cases_open', 'cases', ['workspace_id', 'status'], unique=False, postgresql_where=sa.text("status <> 'closed'"))
    op.create_index('uq_cases_thread', 'cases', ['workspace_id', 'slack_channel', 'thread_ts'], unique=True, postgresql_where=sa.text('thread_ts IS NOT NULL'))
    op.create_table('audit',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_audit_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_audit_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    op.create_index(op.f('ix_audit_case_id_id'), 'audit', ['case_id', 'id'], unique=False)
    op.create_table('messages',
    sa.Column('uuid', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=True),
    sa.Column('direction', sa.String(), nullable=False),
    sa.Column('author_name', sa.String(), nullable=False),
    sa.Column('author_slack', sa.String(), nullable=True),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('files', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('client_message_id', sa.String(), nullable=True),
    sa.Column('slack_channel', sa.String(), nullable=True),
    sa.Column('slack_ts', sa.String(), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('edits', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('edited_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('slack_edited_ts', sa.String(), nullable=True),
    sa.Column('deleted_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('revision', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('delivered_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('read_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("(direction = 'internal') = (seq IS NULL)", name=op.f('ck_messages_seq')),
    sa.CheckConstraint("direction IN ('in', 'out', 'internal')", name=op.f('ck_messages_direction')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_messages_case_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_messages_conversation_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_messages_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    sa.UniqueConstraint('conversation_id', 'client_message_id', name=op.f('uq_messages_conversation_id_client_message_id')),
    sa.UniqueConstraint('conversation_id', 'seq', name=op.f('uq_messages_conversation_id_seq')),
    sa.UniqueConstraint('uuid', name=op.f('uq_messages_uuid'))
    )
    op.create_index(op.f('ix_messages_case_id_id'), 'messages', ['case_id', 'id'], unique=False)
    op.create_index('uq_messages_slack', 'messages', ['workspace_id', 'slack_channel', 'slack_ts'], unique=True, postgresql_where=sa.text('slack_ts IS NOT NULL'))
    op.create_table('message_versions',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('replaced_by', sa.String(), nullable=False),
    sa.Column('replaced_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_message_versions_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_message_versions_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_versions')),
    sa.UniqueConstraint('message_id', 'number', name=op.f('uq_message_versions_message_id_number'))
    )
    op.create_table('early_changes',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('client_message_id', sa.String(), nullable=False),
    sa.Column('edit', sa.BigInteger(), nullable=False),
    sa.Column('text', sa.String(), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_early_changes_conversation_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_early_changes_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_early_changes')),
    sa.UniqueConstraint('conversation_id', 'client_message_id', name=op.f('uq_early_changes_conversation_id_client_message_id'))
    )
    op.create_table('posts',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('slack_channel', sa.String(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('is_root', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('stamped_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('retry_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('ts', sa.String(), nullable=True),
    sa.Column('last_error', sa.String(), nullable=True),
    sa.CheckConstraint("state IN ('stamped', 'waiting', 'posted')", name=op.f('ck_posts_state')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_posts_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_posts_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posts'))
    )
    op.create_index('ix_posts_open', 'posts', ['workspace_id', 'slack_channel'], unique=False, postgresql_where=sa.text("state IN ('stamped', 'waiting')"))
    op.create_index(op.f('ix_posts_case_id'), 'posts', ['case_id'], unique=False)
    op.create_index('ix_posts_slack', 'posts', ['workspace_id', 'slack_channel', 'ts'], unique=False)
    op.create_index('ix_posts_stamped', 'posts', ['workspace_id', 'slack_channel', 'stamped_at'], unique=False)
    op.create_index('uq_posts_lane', 'posts', ['case_id'], unique=True, postgresql_where=sa.text("state IN ('stamped', 'waiting')"))
    op.create_table('case_links',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('first_case', sa.BigInteger(), nullable=False),
    sa.Column('second_case', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint('first_case < second_case', name=op.f('ck_case_links_sorted')),
    sa.ForeignKeyConstraint(['first_case'], ['cases.id'], name=op.f('fk_case_links_first_case')),
    sa.ForeignKeyConstraint(['second_case'], ['cases.id'], name=op.f('fk_case_links_second_case')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_case_links_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_links')),
    sa.UniqueConstraint('first_case', 'second_case', name=op.f('uq_case_links_first_case_second_case'))
    )
    op.create_index(op.f('ix_case_links_second_case'), 'case_links', ['second_case'], unique=False)
    op.create_table('problems',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('request_key', sa.String(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('solved_by', sa.String(), nullable=True),
    sa.Column('solved_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_problems_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_problems')),
    sa.UniqueConstraint('token', name=op.f('uq_problems_token')),
    sa.UniqueConstraint('workspace_id', 'number', name=op.f('uq_problems_workspace_id_number')),
    sa.UniqueConstraint('workspace_id', 'request_key', name=op.f('uq_problems_workspace_id_request_key'))
    )
    op.create_table('problem_cases',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('problem_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('added_by', sa.String(), nullable=False),
    sa.Column('added_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_problem_cases_workspace_id')),
    sa.ForeignKeyConstraint(['problem_id'], ['problems.id'], name=op.f('fk_problem_cases_problem_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_problem_cases_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_problem_cases')),
    sa.UniqueConstraint('problem_id', 'case_id', name=op.f('uq_problem_cases_problem_id_case_id'))
    )
    op.create_index('uq_problem_cases_active', 'problem_cases', ['case_id'], unique=True, postgresql_where=sa.text('active'))
    op.create_table('mailings',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('problem_id', sa.BigInteger(), nullable=False),
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('state', sa.String(), server_default='preview', nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_by_name', sa.String(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('approved_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("state IN ('preview', 'approved')", name=op.f('ck_mailings_state')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_mailings_workspace_id')),
    sa.ForeignKeyConstraint(['problem_id'], ['problems.id'], name=op.f('fk_mailings_problem_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailings')),
    sa.UniqueConstraint('token', name=op.f('uq_mailings_token'))
    )
    op.create_index(op.f('ix_mailings_problem_id'), 'mailings', ['problem_id'], unique=False)
    op.create_table('customer_merges',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('into_id', sa.BigInteger(), nullable=False),
    sa.Column('identities', postgresql.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('cases', postgresql.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('customers', postgresql.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('merged_by', sa.String(), nullable=False),
    sa.Column('merged_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('undone_by', sa.String(), nullable=True),
    sa.Column('undone_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_customer_merges_customer_id')),
    sa.ForeignKeyConstraint(['into_id'], ['customers.id'], name=op.f('fk_customer_merges_into_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_customer_merges_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_merges'))
    )
    op.create_index('uq_customer_merges_holding', 'customer_merges', ['customer_id'], unique=True, postgresql_where=sa.text('undone_at IS NULL'))
    op.create_index(op.f('ix_customer_merges_into_id'), 'customer_merges', ['into_id'], unique=False)
    op.create_table('customer_suggestions',
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('known_id', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('same', sa.Boolean(), nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('decided_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_customer_suggestions_case_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['customers.id'], name=op.f('fk_customer_suggestions_customer_id')),
    sa.ForeignKeyConstraint(['known_id'], ['customers.id'], name=op.f('fk_customer_suggestions_known_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_customer_suggestions_order_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_customer_suggestions_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_suggestions')),
    sa.UniqueConstraint('customer_id', 'known_id', name=op.f('uq_customer_suggestions_customer_id_known_id')),
    sa.UniqueConstraint('token', name=op.f('uq_customer_suggestions_token'))
    )
    op.create_index('uq_customer_suggestions_open', 'customer_suggestions', ['case_id'], unique=True, postgresql_where=sa.text('decided_at IS NULL'))
    op.create_index(op.f('ix_customer_suggestions_known_id'), 'customer_suggestions', ['known_id'], unique=False)
    op.create_table('absences',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('member', sa.String(), nullable=False),
    sa.Column('until', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('cover', sa.String(), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_absences_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absences')),
    sa.UniqueConstraint('workspace_id', 'member', name=op.f('uq_absences_workspace_id_member'))
    )
    op.create_table('case_looks',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('member', sa.String(), nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_case_looks_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_case_looks_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_looks')),
    sa.UniqueConstraint('case_id', 'member', name=op.f('uq_case_looks_case_id_member'))
    )
    op.create_table('slack_calls',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('slack_channel', sa.String(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('claimed_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('retry_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('attempts', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('done_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_slack_calls_case_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_slack_calls_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_slack_calls_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_slack_calls'))
    )
    op.create_index('ix_slack_calls_open', 'slack_calls', ['workspace_id', 'id'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_index('uq_slack_calls_receipt', 'slack_calls', ['message_id'], unique=True, postgresql_where=sa.text("kind = 'receipt' AND claimed_at IS NULL AND done_at IS NULL"))
    op.create_index('uq_slack_calls_revise', 'slack_calls', ['message_id'], unique=True, postgresql_where=sa.text("kind = 'revise' AND claimed_at IS NULL AND done_at IS NULL"))
    op.create_index('uq_slack_calls_card', 'slack_calls', ['case_id'], unique=True, postgresql_where=sa.text("kind = 'card' AND claimed_at IS NULL AND done_at IS NULL"))
    op.create_table('drafts',
    sa.Column('uuid', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('request_key', sa.String(), nullable=False),
    sa.Column('seen_seq', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('source_channel', sa.String(), nullable=True),
    sa.Column('source_ts', sa.String(), nullable=True),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_by_name', sa.String(), nullable=False),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('send_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('left_out', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('corrects_id', sa.BigInteger(), nullable=True),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("state IN ('preview', 'approved', 'sent', 'cancelled')", name=op.f('ck_drafts_state')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_drafts_case_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_drafts_conversation_id')),
    sa.ForeignKeyConstraint(['corrects_id'], ['drafts.id'], name=op.f('fk_drafts_corrects_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_drafts_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_drafts_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_drafts')),
    sa.UniqueConstraint('uuid', name=op.f('uq_drafts_uuid')),
    sa.UniqueConstraint('workspace_id', 'request_key', name=op.f('uq_drafts_workspace_id_request_key'))
    )
    op.create_index(op.f('ix_drafts_corrects_id'), 'drafts', ['corrects_id'], unique=False)
    op.create_index('ix_drafts_message_id', 'drafts', ['message_id'], unique=False, postgresql_where=sa.text("message_id IS NOT NULL"))
    op.create_index('ix_drafts_waiting', 'drafts', ['conversation_id'], unique=False, postgresql_where=sa.text("state IN ('preview', 'approved')"))
    op.create_index('ix_drafts_source', 'drafts', ['workspace_id', 'source_channel', 'source_ts'], unique=False)
    op.create_index('ix_drafts_preview', 'drafts', ['created_by'], unique=False, postgresql_where=sa.text("state = 'preview'"))
    op.create_index('ix_drafts_due', 'drafts', ['workspace_id', 'send_at'], unique=False, postgresql_where=sa.text("state = 'approved'"))
    op.create_index('uq_drafts_closing', 'drafts', ['case_id'], unique=True, postgresql_where=sa.text("kind = 'closing' AND state = 'approved'"))
    op.create_table('mailing_cases',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('mailing_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('seen_seq', sa.BigInteger(), nullable=False),
    sa.Column('draft_id', sa.BigInteger(), nullable=True),
    sa.Column('left_out', sa.String(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_mailing_cases_workspace_id')),
    sa.ForeignKeyConstraint(['mailing_id'], ['mailings.id'], name=op.f('fk_mailing_cases_mailing_id')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_mailing_cases_case_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_mailing_cases_conversation_id')),
    sa.ForeignKeyConstraint(['draft_id'], ['drafts.id'], name=op.f('fk_mailing_cases_draft_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailing_cases')),
    sa.UniqueConstraint('mailing_id', 'case_id', name=op.f('uq_mailing_cases_mailing_id_case_id'))
    )
    op.create_table('attachments',
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.BigInteger(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('mime', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('draft_id', sa.BigInteger(), nullable=True),
    sa.Column('slack_file', sa.String(), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_attachments_conversation_id')),
    sa.ForeignKeyConstraint(['draft_id'], ['drafts.id'], name=op.f('fk_attachments_draft_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_attachments_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_attachments_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments')),
    sa.UniqueConstraint('uuid', name=op.f('uq_attachments_uuid'))
    )
    op.create_index(op.f('ix_attachments_message_id'), 'attachments', ['message_id'], unique=False)
    op.create_index(op.f('ix_attachments_draft_id'), 'attachments', ['draft_id'], unique=False)
    op.create_table('outbox',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('slack_channel', sa.String(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('author', sa.String(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('part', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('size', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('post_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_outbox_case_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_outbox_message_id')),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], name=op.f('fk_outbox_post_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_outbox_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index(op.f('ix_outbox_message_id'), 'outbox', ['message_id'], unique=False)
    op.create_index(op.f('ix_outbox_post_id'), 'outbox', ['post_id'], unique=False)
    op.create_index('ix_outbox_waiting', 'outbox', ['workspace_id', 'slack_channel', 'case_id', 'id'], unique=False, postgresql_where=sa.text('post_id IS NULL'))
    op.create_table('approvals',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('draft_id', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('approved_by', sa.String(), nullable=False),
    sa.Column('approved_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['draft_id'], ['drafts.id'], name=op.f('fk_approvals_draft_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_approvals_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approvals')),
    sa.UniqueConstraint('draft_id', name=op.f('uq_approvals_draft_id'))
    )
    op.create_table('articles',
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('external_id', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('url', sa.String(), nullable=True),
    sa.Column('public', sa.Boolean(), nullable=False),
    sa.Column('updated_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_articles_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_articles')),
    sa.UniqueConstraint('token', name=op.f('uq_articles_token')),
    sa.UniqueConstraint('workspace_id', 'source', 'external_id', name=op.f('uq_articles_workspace_id_source_external_id'))
    )
    op.create_table('passages',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('article_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('length', sa.BigInteger(), nullable=False),
    sa.Column('title_length', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_passages_article_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_passages_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passages')),
    sa.UniqueConstraint('article_id', 'number', name=op.f('uq_passages_article_id_number'))
    )
    op.create_index(op.f('ix_passages_workspace_id_language'), 'passages', ['workspace_id', 'language'], unique=False)
    op.create_table('passage_terms',
    sa.Column('workspace_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('term', sa.String(), nullable=False),
    sa.Column('passage_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('found', sa.SmallInteger(), nullable=False),
    sa.Column('found_in_title', sa.SmallInteger(), nullable=False),
    sa.ForeignKeyConstraint(['passage_id'], ['passages.id'], name=op.f('fk_passage_terms_passage_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_passage_terms_workspace_id')),
    sa.PrimaryKeyConstraint('workspace_id', 'language', 'term', 'passage_id', name=op.f('pk_passage_terms'))
    )
    op.create_index(op.f('ix_passage_terms_passage_id'), 'passage_terms', ['passage_id'], unique=False)
    op.create_table('article_marks',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('article_id', sa.BigInteger(), nullable=True),
    sa.Column('said_by', sa.String(), nullable=False),
    sa.Column('said_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_article_marks_article_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_article_marks_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_article_marks_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_marks'))
    )
    op.create_index('uq_article_marks_said', 'article_marks', ['case_id', 'article_id'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('search_words',
    sa.Column('message_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('words', postgresql.TSVECTOR(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_search_words_message_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_search_words_workspace_id')),
    sa.PrimaryKeyConstraint('message_id', name=op.f('pk_search_words'))
    )
    op.create_index(op.f('ix_search_words_words'), 'search_words', ['words'], unique=False, postgresql_using='gin')
    op.create_table('thread_reads',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('read_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_thread_reads_case_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_thread_reads_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_thread_reads')),
    sa.UniqueConstraint('case_id', name=op.f('uq_thread_reads_case_id'))
    )
    op.create_foreign_key("fk_conversations_case_id", "conversations", "cases", ["case_id"], ["id"])
    for name in ("0001-functions.sql", "procrastinate-3.10.0.sql"):
        # The driver itself: it leaves the % signs in these files alone.
        op.get_bind().connection.driver_connection.execute((_SQL / name).read_text())
    # Its function is made by the file above.
    op.create_index('ix_customers_words', 'customers', [sa.text('cx_words(name)')], unique=False, postgresql_using='gin')
