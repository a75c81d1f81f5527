-- SHA-256 (hex) over what a person approves: text, channel, recipient and attachments, each with its length.
-- Approving stores it; sending computes it again from the stored rows, and any difference voids the approval.
CREATE FUNCTION cx_approval_digest(VARIADIC parts text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(
        string_agg(octet_length(part) || ':' || part, chr(31) ORDER BY place), 'UTF8')), 'hex')
    FROM unnest(parts) WITH ORDINALITY AS p (part, place)
$$;

CREATE FUNCTION cx_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only';
END
$$;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION cx_audit_is_append_only();

-- The words of a text for searching. The parser would take tags, addresses and paths for one word or
-- none, and in a database of locale C also what dashes and quotation marks join that are not ASCII: all
-- that is blanked out.
CREATE FUNCTION cx_words(said text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.simple'::regconfig,
        regexp_replace(translate(said, '<>@/._&-', '        '), '[\u00A0-\u00BF\u2000-\u206F]', ' ', 'g'))
$$;

-- A message whose text changes is found by its new words. New messages are indexed later, in batches.
CREATE FUNCTION cx_index_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE search_words SET words = cx_words(NEW.text) WHERE message_id = NEW.id;
    RETURN NEW;
END
$$;

CREATE TRIGGER messages_index_again AFTER UPDATE OF text ON messages
    FOR EACH ROW WHEN (OLD.text IS DISTINCT FROM NEW.text) EXECUTE FUNCTION cx_index_again();

-- The terms of a text by which knowledge is ranked, with their places. English is stemmed. Other words lose
-- their accents, which people leave out when they type, and what comes after the sixth letter, which is
-- where Polish, Czech and Hungarian inflect.
CREATE FUNCTION cx_terms(language text, said text) RETURNS TABLE (term text, found integer)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE language WHEN 'en' THEN word.lexeme ELSE left(word.lexeme, 6) END,
           sum(cardinality(word.positions))::integer
    FROM unnest(CASE language
        WHEN 'en' THEN to_tsvector('pg_catalog.english'::regconfig,
            regexp_replace(translate(said, '<>@/._&-', '        '), '[\u00A0-\u00BF\u2000-\u206F]', ' ', 'g'))
        ELSE cx_words(translate(
            regexp_replace(normalize(said, NFKD), '[\u0300-\u036f]', '', 'g'), 'łŁđĐøØ', 'lLdDoO'))
        END) AS word
    GROUP BY 1
$$;
