#pragma once

namespace lostmail::store {

/// The tables are private; the views refusals, cases, sources and daily are what people's own SQL
/// may rest on. A refusal is a row of small numbers: what many have in common stands once in
/// `kind`, texts once in `word`, `address` and `peer`. Address 1 is the null reverse-path. Refusals
/// have no index: `stretch` and its filters tell which rows to look at (stretches.hpp). With it
/// goes the view `refusal` (refusal_block.hpp), on which those rest.
inline constexpr const char* kSchema = R"sql(
CREATE TABLE setting(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE variant_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE cause_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE family_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE direction_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE stage_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE mta_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- each text once
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL);
-- hash: 32 bits of the address without case, salted; local: all of it where it has no domain
CREATE TABLE address(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, domain INTEGER REFERENCES word(id), local TEXT NOT NULL);
-- who spoke SMTP with us; ip: of IPv4 the 32 bits as a signed integer, else a text; helo 1: the same as the name
CREATE TABLE peer(id INTEGER PRIMARY KEY, ip, name TEXT, helo);
-- the numbers of these three by salted hashes (number_index.hpp): of a text, an address without case, and an IP address
-- with eight bits of the names
CREATE TABLE word_index(first_key INTEGER PRIMARY KEY, numbers BLOB NOT NULL);
CREATE TABLE address_index(first_key INTEGER PRIMARY KEY, numbers BLOB NOT NULL);
CREATE TABLE peer_index(first_key INTEGER PRIMARY KEY, numbers BLOB NOT NULL);
-- what many refusals have in common
CREATE TABLE kind(
  id INTEGER PRIMARY KEY, mta INTEGER NOT NULL, direction INTEGER NOT NULL, stage INTEGER, permanent INTEGER NOT NULL,
  reply_code INTEGER, enhanced_code INTEGER, variant INTEGER NOT NULL, family INTEGER, cause INTEGER NOT NULL,
  pattern INTEGER, callout INTEGER, flags INTEGER NOT NULL, offset_minutes INTEGER NOT NULL, host INTEGER,
  log INTEGER NOT NULL);
CREATE INDEX kind_log ON kind(log, variant);

-- path: where it was seen last; '-' is all that came on standard input
CREATE TABLE log(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL, head_length INTEGER NOT NULL, head_hash INTEGER NOT NULL,
  tail_length INTEGER NOT NULL, tail_hash INTEGER NOT NULL, read_to INTEGER NOT NULL, lines INTEGER NOT NULL,
  rewind_to INTEGER NOT NULL, rewind_line INTEGER NOT NULL,
  packed INTEGER NOT NULL, first INTEGER, last INTEGER, exim INTEGER NOT NULL, sendmail INTEGER NOT NULL,
  continuation INTEGER NOT NULL, other_program INTEGER NOT NULL, not_understood INTEGER NOT NULL,
  problem TEXT NOT NULL, damaged INTEGER NOT NULL, year_inferred INTEGER NOT NULL,
  device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL,
  missing_until INTEGER, bytes_lost INTEGER NOT NULL);
CREATE INDEX log_head ON log(head_hash);
-- files that hold what a log holds, beside its own: they are not opened again
CREATE TABLE log_copy(
  device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL, log INTEGER NOT NULL,
  PRIMARY KEY(device, inode)) WITHOUT ROWID;

-- refusals by their number n, some hundred in a row (refusal_block.hpp); the view refusal has one in each
CREATE TABLE refusal_block(
  first_n INTEGER PRIMARY KEY, rows INTEGER NOT NULL, least_time INTEGER NOT NULL, least_line INTEGER NOT NULL,
  least_offset INTEGER NOT NULL, id BLOB NOT NULL, time BLOB NOT NULL, line BLOB NOT NULL, offset BLOB NOT NULL,
  kind BLOB NOT NULL, sender BLOB NOT NULL, recipient BLOB NOT NULL, client BLOB NOT NULL, text BLOB NOT NULL,
  micros BLOB NOT NULL, cause_text BLOB NOT NULL, remote BLOB NOT NULL, verified BLOB NOT NULL,
  cause_record BLOB NOT NULL, transaction_id BLOB NOT NULL, queue_id BLOB NOT NULL);
-- places of rows in a block, and the byte that stands before what few rows have
CREATE TABLE block_place(i INTEGER PRIMARY KEY, mark BLOB NOT NULL);

-- rows that were written one after the other, and the time they span: UTC seconds
CREATE TABLE stretch(first_n INTEGER PRIMARY KEY, last_n INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE INDEX stretch_last ON stretch(last);
-- Bloom filters of each (key_filter.hpp). id: ids, cause records, queue ids; sender and recipient: addresses and their
-- domains; peer: clients and remote servers
CREATE TABLE id_filter(first_n INTEGER PRIMARY KEY, bits BLOB NOT NULL);
CREATE TABLE sender_filter(first_n INTEGER PRIMARY KEY, bits BLOB NOT NULL);
CREATE TABLE recipient_filter(first_n INTEGER PRIMARY KEY, bits BLOB NOT NULL);
CREATE TABLE peer_filter(first_n INTEGER PRIMARY KEY, bits BLOB NOT NULL);

-- who corresponded, in blocks of pairs with the time of the first delivery, and of the last where it is another
-- (pair_book.hpp)
CREATE TABLE correspondence(first_pair INTEGER PRIMARY KEY, pairs BLOB NOT NULL, later BLOB NOT NULL);
-- messages of which lines may be still to come, by a hash of their queue id, which is all that those name: without an
-- end yet, or with one in another log, between which and this one there may be more
CREATE TABLE open_message(
  message INTEGER PRIMARY KEY, sender TEXT NOT NULL, recipients_left INTEGER NOT NULL, log INTEGER NOT NULL,
  seen INTEGER NOT NULL);
-- what waits for the sender of such a message, because the log that names it was not read yet: a refusal's id, or a
-- delivery to the hash of a recipient
CREATE TABLE waiting(
  message INTEGER NOT NULL, refusal INTEGER NOT NULL, recipient INTEGER NOT NULL, time INTEGER NOT NULL,
  PRIMARY KEY(message, refusal, recipient, time)) WITHOUT ROWID;
-- the stretches of time for which the logs that tell of deliveries were read: UTC seconds
CREATE TABLE covered(first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
-- what was pruned, counted by day
CREATE TABLE frozen_daily(
  day TEXT NOT NULL, mta INTEGER NOT NULL, direction INTEGER NOT NULL, variant INTEGER NOT NULL, family INTEGER,
  cause INTEGER NOT NULL, permanent INTEGER NOT NULL, refusals INTEGER NOT NULL);
-- ids of refusals at the end of a log that may go on with lines of theirs
CREATE TABLE provisional(refusal INTEGER PRIMARY KEY);
-- when a sender of that domain (a word) was refused first; domains without refusals go with them. UTC seconds
CREATE TABLE sender_domain(domain INTEGER PRIMARY KEY, first INTEGER NOT NULL);
CREATE TABLE local_domain(domain TEXT PRIMARY KEY, deliveries INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE not_understood(
  shape TEXT PRIMARY KEY, lines INTEGER NOT NULL, example TEXT NOT NULL, log INTEGER NOT NULL, line INTEGER NOT NULL)
  WITHOUT ROWID;
-- the decision in force about a whitelist entry, and all that were made, in order
CREATE TABLE decision(
  id TEXT PRIMARY KEY, list TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, reason TEXT NOT NULL,
  note TEXT NOT NULL, state TEXT NOT NULL, decided_by TEXT NOT NULL, attempts INTEGER NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, decided INTEGER NOT NULL, expires INTEGER NOT NULL, exported INTEGER NOT NULL,
  proof TEXT NOT NULL, proof_text TEXT NOT NULL, proved INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE decision_made(
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, decided_by TEXT NOT NULL,
  decided INTEGER NOT NULL);
-- where lists were written
CREATE TABLE list_file(path TEXT PRIMARY KEY, format TEXT NOT NULL, name TEXT NOT NULL, written INTEGER NOT NULL)
  WITHOUT ROWID;

-- text: where it quotes another field, it holds character 1 and a letter instead (text_template.hpp)
CREATE VIEW refusals AS SELECT id, "transaction", time, host, mta, direction, stage, permanent, reply_code, enhanced_code,
  variant, family, cause, pattern, sender, sender_domain, verified, recipient, client_ip, client_name, helo, remote_ip,
  remote_name, queue_id,
  CASE WHEN as_is OR instr(stored_text, char(1)) = 0 THEN stored_text ELSE
    replace(replace(replace(replace(replace(replace(replace(replace(replace(stored_text,
      char(1)||'s', coalesce(sender, '')), char(1)||'r', coalesce(recipient, '')), char(1)||'v', coalesce(verified, '')),
      char(1)||'d', coalesce(sender_domain, '')), char(1)||'i', coalesce(client_ip, '')),
      char(1)||'n', coalesce(client_name, '')), char(1)||'h', coalesce(helo, '')),
      char(1)||'j', coalesce(remote_ip, '')), char(1)||'m', coalesce(remote_name, '')) END AS text,
  doubtful, file, line, "offset"
FROM (SELECT
  r.id AS id, coalesce(r.transaction_id, r.id) AS "transaction",
  strftime('%Y-%m-%dT%H:%M:%SZ', r.time, 'unixepoch') AS time, h.text AS host, m.name AS mta,
  d.name AS direction, s.name AS stage, k.permanent AS permanent, k.reply_code AS reply_code, ec.text AS enhanced_code,
  v.name AS variant, f.name AS family, c.name AS cause, p.text AS pattern,
  CASE WHEN sa.domain IS NULL THEN sa.local ELSE sa.local || '@' || (SELECT text FROM word WHERE id = sa.domain) END AS sender,
  sd.text AS sender_domain,
  CASE WHEN va.domain IS NULL THEN va.local ELSE va.local || '@' || (SELECT text FROM word WHERE id = va.domain) END AS verified,
  CASE WHEN ra.domain IS NULL THEN ra.local ELSE ra.local || '@' || (SELECT text FROM word WHERE id = ra.domain) END AS recipient,
  CASE typeof(cl.ip) WHEN 'integer' THEN ((cl.ip >> 24) & 255) || '.' || ((cl.ip >> 16) & 255) || '.' || ((cl.ip >> 8) & 255) || '.' || (cl.ip & 255) ELSE cl.ip END AS client_ip,
  cl.name AS client_name, CASE cl.helo WHEN 1 THEN cl.name ELSE cl.helo END AS helo,
  CASE typeof(re.ip) WHEN 'integer' THEN ((re.ip >> 24) & 255) || '.' || ((re.ip >> 16) & 255) || '.' || ((re.ip >> 8) & 255) || '.' || (re.ip & 255) ELSE re.ip END AS remote_ip,
  re.name AS remote_name, r.queue_id AS queue_id, k.flags & 128 AS as_is, t.text AS stored_text,
  k.flags & 1 AS doubtful, lg.path AS file, r.line AS line, r.offset AS "offset"
FROM refusal r CROSS JOIN kind k ON k.id = r.kind
  JOIN mta_word m ON m.id = k.mta JOIN direction_word d ON d.id = k.direction JOIN variant_word v ON v.id = k.variant
  JOIN cause_word c ON c.id = k.cause LEFT JOIN stage_word s ON s.id = k.stage LEFT JOIN family_word f ON f.id = k.family
  LEFT JOIN word h ON h.id = k.host LEFT JOIN word ec ON ec.id = k.enhanced_code LEFT JOIN word p ON p.id = k.pattern
  LEFT JOIN address sa ON sa.id = r.sender LEFT JOIN word sd ON sd.id = sa.domain
  LEFT JOIN address va ON va.id = r.verified LEFT JOIN address ra ON ra.id = r.recipient
  LEFT JOIN peer cl ON cl.id = r.client LEFT JOIN peer re ON re.id = r.remote
  LEFT JOIN word t ON t.id = r.text LEFT JOIN log lg ON lg.id = k.log);

-- lifetime: how long a sender tries a temporary refusal (5 days unless configured). Most cases have one variant and one
-- cause: a number; the others have a list of them, `,3,7,`
CREATE VIEW cases AS
WITH span AS (SELECT
  coalesce((SELECT value FROM setting WHERE name = 'queue_lifetime'), 432000) AS lifetime,
  CAST(strftime('%s', 'now') AS INTEGER) AS now),
attempt AS (SELECT k.direction AS direction, r.sender AS sender, r.recipient AS recipient, count(*) AS attempts,
  sum(k.permanent) AS permanent, min(r.time) AS first, max(r.time) AS last,
  CASE WHEN min(k.variant) = max(k.variant) THEN min(k.variant) ELSE ',' || group_concat(DISTINCT k.variant) || ',' END AS variants,
  CASE WHEN min(k.cause) = max(k.cause) THEN min(k.cause) ELSE ',' || group_concat(DISTINCT k.cause) || ',' END AS causes
  FROM refusal r CROSS JOIN kind k ON k.id = r.kind
  WHERE r.recipient IS NOT NULL AND r.sender IS NOT NULL AND r.sender <> 1 GROUP BY 1, 2, 3),
-- sender and recipient as pair_book.hpp has them
pair AS (SELECT a.*, ((s.hash & 4294967295) << 31) | (r.hash & 2147483647) AS pair,
  CASE WHEN s.domain IS NULL THEN s.local ELSE s.local || '@' || (SELECT text FROM word WHERE id = s.domain) END AS sender_text,
  CASE WHEN r.domain IS NULL THEN r.local ELSE r.local || '@' || (SELECT text FROM word WHERE id = r.domain) END AS recipient_text
  FROM attempt a JOIN address s ON s.id = a.sender JOIN address r ON r.id = a.recipient),
-- how their entry begins
entry AS (SELECT p.*, CAST(char(pair >> 56 & 127, pair >> 49 & 127, pair >> 42 & 127, pair >> 35 & 127, pair >> 28 & 127,
    pair >> 21 & 127, pair >> 14 & 127, pair >> 7 & 127, pair & 127) AS BLOB) AS name FROM pair p),
-- the last delivery, of which five digits of base 100 stand there
outcome AS (SELECT e.*, (SELECT CASE WHEN instr(pairs, name) THEN (SELECT
      (unicode(t) - 28) * 100000000 + (unicode(substr(t, 2)) - 28) * 1000000 + (unicode(substr(t, 3)) - 28) * 10000 +
      (unicode(substr(t, 4)) - 28) * 100 + unicode(substr(t, 5)) - 28
      FROM (SELECT CAST(CASE WHEN instr(later, name) THEN substr(later, instr(later, name) + 9, 5)
        ELSE substr(pairs, instr(pairs, name) + 9, 5) END AS TEXT) AS t)) END
    FROM correspondence WHERE first_pair <= pair ORDER BY first_pair DESC LIMIT 1) AS delivered FROM entry e)
SELECT d.name AS direction, a.sender_text AS sender, a.recipient_text AS recipient, a.attempts AS attempts, a.permanent AS permanent,
  strftime('%Y-%m-%dT%H:%M:%SZ', a.first, 'unixepoch') AS first, strftime('%Y-%m-%dT%H:%M:%SZ', a.last, 'unixepoch') AS last,
  coalesce((SELECT name FROM variant_word WHERE id = a.variants), (SELECT group_concat(name, ',') FROM
    (SELECT name FROM variant_word WHERE instr(a.variants, ',' || id || ',') ORDER BY name))) AS variants,
  coalesce((SELECT name FROM cause_word WHERE id = a.causes), (SELECT group_concat(name, ',') FROM
    (SELECT name FROM cause_word WHERE instr(a.causes, ',' || id || ',') ORDER BY name))) AS causes,
  strftime('%Y-%m-%dT%H:%M:%SZ', a.delivered, 'unixepoch') AS delivered,
  CASE WHEN a.delivered > a.last THEN 'delivered_later' WHEN a.permanent > 0 THEN 'lost'
    WHEN EXISTS (SELECT 1 FROM covered v WHERE v.first <= a.last AND v.last >= a.last + span.lifetime) THEN 'lost' WHEN span.now < a.last + span.lifetime THEN 'retrying'
    ELSE 'unknown' END AS verdict
FROM outcome a JOIN direction_word d ON d.id = a.direction JOIN span;

CREATE VIEW sources AS SELECT path, strftime('%Y-%m-%dT%H:%M:%SZ', first, 'unixepoch') AS first,
  strftime('%Y-%m-%dT%H:%M:%SZ', last, 'unixepoch') AS last, lines, read_to AS bytes, exim, sendmail, continuation,
  other_program, not_understood, year_inferred, nullif(problem, '') AS problem,
  strftime('%Y-%m-%dT%H:%M:%SZ', missing_until, 'unixepoch') AS missing_until, bytes_lost FROM log;

CREATE VIEW daily AS SELECT n.day AS day, m.name AS mta, d.name AS direction,
  v.name AS variant, f.name AS family, c.name AS cause, n.permanent AS permanent, n.refusals AS refusals
FROM (SELECT date(r.time, 'unixepoch') AS day, k.mta AS mta, k.direction AS direction, k.variant AS variant,
    k.family AS family, k.cause AS cause, k.permanent AS permanent, count(*) AS refusals
    FROM refusal r CROSS JOIN kind k ON k.id = r.kind GROUP BY 1, 2, 3, 4, 5, 6, 7
  UNION ALL SELECT day, mta, direction, variant, family, cause, permanent, refusals FROM frozen_daily) n
  JOIN mta_word m ON m.id = n.mta JOIN direction_word d ON d.id = n.direction
  JOIN variant_word v ON v.id = n.variant JOIN cause_word c ON c.id = n.cause LEFT JOIN family_word f ON f.id = n.family;
)sql";

}  // namespace lostmail::store
