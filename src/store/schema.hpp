#pragma once

namespace lostmail::store {

/// The tables are private; the views refusals, cases, sources and daily are what people's own SQL
/// may rest on. Words (variants, causes …) are numbers here with their names in tables beside,
/// texts stand once in `word` and `address`.
inline constexpr const char* kSchema = R"sql(
CREATE TABLE setting(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE variant_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE cause_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE family_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE direction_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE stage_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE mta_word(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE address(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, domain INTEGER REFERENCES word(id));
-- people ask for an address in a spelling of their own, and for all of a domain
CREATE INDEX address_any_case ON address(text COLLATE NOCASE);
CREATE INDEX address_domain ON address(domain);

-- one sender and one recipient: what the verdict is about; deliveries of the pair, in UTC seconds
CREATE TABLE pair_case(
  id INTEGER PRIMARY KEY, direction INTEGER NOT NULL, sender INTEGER NOT NULL, recipient INTEGER NOT NULL,
  pair INTEGER NOT NULL, first_delivery INTEGER, last_delivery INTEGER,
  UNIQUE(direction, sender, recipient));
CREATE INDEX pair_case_pair ON pair_case(pair);

CREATE TABLE log(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL, head_length INTEGER NOT NULL, head_hash INTEGER NOT NULL,
  tail_length INTEGER NOT NULL, tail_hash INTEGER NOT NULL, read_to INTEGER NOT NULL, lines INTEGER NOT NULL,
  rewind_to INTEGER NOT NULL, rewind_line INTEGER NOT NULL,
  packed INTEGER NOT NULL, first INTEGER, last INTEGER, exim INTEGER NOT NULL, sendmail INTEGER NOT NULL,
  continuation INTEGER NOT NULL, other_program INTEGER NOT NULL, not_understood INTEGER NOT NULL,
  problem TEXT NOT NULL, year_inferred INTEGER NOT NULL,
  device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL);
CREATE INDEX log_head ON log(head_hash);

CREATE TABLE refusal(
  n INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, transaction_id INTEGER, cause_record INTEGER,
  time INTEGER NOT NULL, offset_minutes INTEGER NOT NULL, flags INTEGER NOT NULL,
  host INTEGER, mta INTEGER NOT NULL, direction INTEGER NOT NULL, stage INTEGER, permanent INTEGER NOT NULL,
  reply_code INTEGER, enhanced_code INTEGER, variant INTEGER NOT NULL, family INTEGER, cause INTEGER NOT NULL,
  pattern INTEGER, pair_case INTEGER, sender INTEGER, verified INTEGER, recipient INTEGER,
  client_ip INTEGER, client_name INTEGER, helo INTEGER, remote_ip INTEGER, remote_name INTEGER, queue_id TEXT,
  text INTEGER NOT NULL, cause_text INTEGER, callout INTEGER, file INTEGER, line INTEGER NOT NULL, offset INTEGER NOT NULL);
CREATE INDEX refusal_time ON refusal(time);
CREATE INDEX refusal_sender ON refusal(sender);
CREATE INDEX refusal_recipient ON refusal(recipient);
CREATE INDEX refusal_case ON refusal(pair_case);
CREATE INDEX refusal_senderless ON refusal(queue_id) WHERE sender IS NULL AND queue_id IS NOT NULL;
CREATE INDEX refusal_cause_record ON refusal(cause_record) WHERE cause_record IS NOT NULL;

-- who corresponded: salted hashes of (sender, recipient), with the time of the first and last delivery
CREATE TABLE correspondence(pair INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE TABLE local_domain(domain TEXT PRIMARY KEY, deliveries INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE not_understood(
  shape TEXT PRIMARY KEY, lines INTEGER NOT NULL, example TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL)
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

CREATE VIEW refusals AS SELECT
  printf('%016x', r.id) AS id, printf('%016x', coalesce(r.transaction_id, r.id)) AS "transaction",
  strftime('%Y-%m-%dT%H:%M:%SZ', r.time / 1000000, 'unixepoch') AS time, h.text AS host, m.name AS mta,
  d.name AS direction, s.name AS stage, r.permanent AS permanent, r.reply_code AS reply_code, ec.text AS enhanced_code,
  v.name AS variant, f.name AS family, c.name AS cause, p.text AS pattern, sa.text AS sender, sd.text AS sender_domain,
  va.text AS verified, ra.text AS recipient, ci.text AS client_ip, cn.text AS client_name, he.text AS helo,
  ri.text AS remote_ip, rn.text AS remote_name, r.queue_id AS queue_id, t.text AS text, r.flags & 1 AS doubtful,
  fi.text AS file, r.line AS line, r.offset AS "offset"
FROM refusal r
  JOIN mta_word m ON m.id = r.mta JOIN direction_word d ON d.id = r.direction JOIN variant_word v ON v.id = r.variant
  JOIN cause_word c ON c.id = r.cause LEFT JOIN stage_word s ON s.id = r.stage LEFT JOIN family_word f ON f.id = r.family
  LEFT JOIN word h ON h.id = r.host LEFT JOIN word ec ON ec.id = r.enhanced_code LEFT JOIN word p ON p.id = r.pattern
  LEFT JOIN address sa ON sa.id = r.sender LEFT JOIN word sd ON sd.id = sa.domain
  LEFT JOIN address va ON va.id = r.verified LEFT JOIN address ra ON ra.id = r.recipient
  LEFT JOIN word ci ON ci.id = r.client_ip LEFT JOIN word cn ON cn.id = r.client_name LEFT JOIN word he ON he.id = r.helo
  LEFT JOIN word ri ON ri.id = r.remote_ip LEFT JOIN word rn ON rn.id = r.remote_name
  LEFT JOIN word t ON t.id = r.text LEFT JOIN word fi ON fi.id = r.file;

-- covered: how far the logs reach; lifetime: how long a sender tries a temporary refusal (5 days unless configured)
CREATE VIEW cases AS
WITH span AS (SELECT
  (SELECT max(last) FROM log) AS covered,
  coalesce((SELECT value FROM setting WHERE name = 'queue_lifetime'), 432000) AS lifetime,
  CAST(strftime('%s', 'now') AS INTEGER) AS now),
attempt AS (SELECT pair_case, count(*) AS attempts, sum(permanent) AS permanent, min(time) / 1000000 AS first,
  max(time) / 1000000 AS last FROM refusal WHERE pair_case IS NOT NULL GROUP BY pair_case)
SELECT d.name AS direction, sa.text AS sender, ra.text AS recipient, a.attempts AS attempts, a.permanent AS permanent,
  strftime('%Y-%m-%dT%H:%M:%SZ', a.first, 'unixepoch') AS first, strftime('%Y-%m-%dT%H:%M:%SZ', a.last, 'unixepoch') AS last,
  (SELECT group_concat(name, ',') FROM (SELECT DISTINCT v.name FROM refusal x JOIN variant_word v ON v.id = x.variant
    WHERE x.pair_case = k.id ORDER BY v.name)) AS variants,
  (SELECT group_concat(name, ',') FROM (SELECT DISTINCT w.name FROM refusal x JOIN cause_word w ON w.id = x.cause
    WHERE x.pair_case = k.id ORDER BY w.name)) AS causes,
  strftime('%Y-%m-%dT%H:%M:%SZ', k.last_delivery, 'unixepoch') AS delivered,
  CASE WHEN k.last_delivery > a.last THEN 'delivered_later' WHEN a.permanent > 0 THEN 'lost'
    WHEN span.covered >= a.last + span.lifetime THEN 'lost' WHEN span.now < a.last + span.lifetime THEN 'retrying'
    ELSE 'unknown' END AS verdict
FROM attempt a JOIN pair_case k ON k.id = a.pair_case JOIN direction_word d ON d.id = k.direction
  JOIN address sa ON sa.id = k.sender JOIN address ra ON ra.id = k.recipient JOIN span;

CREATE VIEW sources AS SELECT path, strftime('%Y-%m-%dT%H:%M:%SZ', first, 'unixepoch') AS first,
  strftime('%Y-%m-%dT%H:%M:%SZ', last, 'unixepoch') AS last, lines, read_to AS bytes, exim, sendmail, continuation,
  other_program, not_understood, year_inferred, nullif(problem, '') AS problem FROM log;

CREATE VIEW daily AS SELECT date(r.time / 1000000, 'unixepoch') AS day, m.name AS mta, d.name AS direction,
  v.name AS variant, f.name AS family, c.name AS cause, r.permanent AS permanent, count(*) AS refusals
FROM refusal r JOIN mta_word m ON m.id = r.mta JOIN direction_word d ON d.id = r.direction
  JOIN variant_word v ON v.id = r.variant JOIN cause_word c ON c.id = r.cause LEFT JOIN family_word f ON f.id = r.family
GROUP BY 1, 2, 3, 4, 5, 6, 7;
)sql";

}  // namespace lostmail::store
