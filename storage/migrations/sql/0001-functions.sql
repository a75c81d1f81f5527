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
