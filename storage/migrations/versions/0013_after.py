"""What customers say of a case that was closed

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)

# Whatever closes a case so that the customer knows, they may be asked later; once for each case.
_ASK_LATER = """
CREATE FUNCTION cx_ask_later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO surveys (workspace_id, case_id, state, closed_at, look_at)
    SELECT NEW.workspace_id, NEW.id, 'waiting', NEW.closed_at, NEW.closed_at
    FROM conversations v WHERE v.id = NEW.conversation_id AND v.channel <> 'internal'
    ON CONFLICT (case_id) DO UPDATE
    SET state = 'waiting', why = NULL, closed_at = excluded.closed_at, look_at = excluded.look_at
    WHERE surveys.state <> 'asked';
    RETURN NULL;
END $$
"""
_WHEN_CLOSED = """
CREATE TRIGGER ask_later AFTER UPDATE OF status ON cases FOR EACH ROW
WHEN (NEW.status = 'closed' AND OLD.status <> 'closed' AND NEW.closed_at IS NOT NULL AND NEW.close_reason IS NULL
      AND NEW.merged_into IS NULL)
EXECUTE FUNCTION cx_ask_later()
"""


def upgrade() -> None:
    op.create_table('surveys',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('token', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('why', sa.String(), nullable=True),
    sa.Column('closed_at', _TIME, nullable=False),
    sa.Column('look_at', _TIME, nullable=False),
    sa.Column('kind', sa.String(), nullable=True),
    sa.Column('asked_at', _TIME, nullable=True),
    sa.Column('conversation_id', sa.BigInteger(), nullable=True),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'asked', 'dropped')", name=op.f('ck_surveys_state')),
    sa.CheckConstraint("(state = 'asked') = (message_id IS NOT NULL)", name=op.f('ck_surveys_asked')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_surveys_case_id')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name=op.f('fk_surveys_conversation_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_surveys_message_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_surveys_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_surveys')),
    sa.UniqueConstraint('case_id', name=op.f('uq_surveys_case_id')),
    sa.UniqueConstraint('message_id', name=op.f('uq_surveys_message_id')),
    sa.UniqueConstraint('token', name=op.f('uq_surveys_token'))
    )
    op.create_index('ix_surveys_waiting', 'surveys', ['workspace_id', 'look_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_surveys_conversation', 'surveys', ['conversation_id'], unique=False, postgresql_where=sa.text('conversation_id IS NOT NULL'))
    op.create_table('ratings',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('survey_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('score', sa.SmallInteger(), nullable=False),
    sa.Column('comment', sa.String(), nullable=False),
    sa.Column('first_contact', sa.Boolean(), nullable=True),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('rated_at', _TIME, nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.CheckConstraint("kind = 'csat' AND score BETWEEN 1 AND 5 OR kind = 'nps' AND score BETWEEN 0 AND 10", name=op.f('ck_ratings_score')),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_ratings_case_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_ratings_message_id')),
    sa.ForeignKeyConstraint(['survey_id'], ['surveys.id'], name=op.f('fk_ratings_survey_id')),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_ratings_workspace_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ratings')),
    sa.UniqueConstraint('message_id', name=op.f('uq_ratings_message_id')),
    sa.UniqueConstraint('survey_id', name=op.f('uq_ratings_survey_id'))
    )
    op.create_index(op.f('ix_ratings_case_id'), 'ratings', ['case_id'], unique=False)
    op.create_index('ix_cases_silent', 'cases', ['workspace_id', 'closed_at'], unique=False, postgresql_where=sa.text('close_reason IS NOT NULL'))
    op.execute(_ASK_LATER)
    op.execute(_WHEN_CLOSED)
