#include "store/dictionary.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lostmail/core/address.hpp"

namespace lostmail::store {
namespace {

std::uint64_t full_hash(std::string_view text, std::uint64_t salt) {
  return XXH3_64bits_withSeed(text.data(), text.size(), salt);
}

/// Signed, so that SQLite keeps it in four bytes.
std::int64_t short_hash(std::uint64_t hash) {
  return static_cast<std::int32_t>(hash & 0xffffffffU);
}

std::optional<std::string_view> part_of(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> ipv4_number(std::string_view canonical_ip) {
  std::uint32_t number = 0;
  const char* at = canonical_ip.data();
  const char* const end = at + canonical_ip.size();
  for (int part = 0; part < 4; ++part) {
    std::uint8_t byte = 0;
    const auto [next, code] = std::from_chars(at, end, byte);
    if (code != std::errc() || (next - at > 1 && *at == '0')) return std::nullopt;
    number = number << 8U | byte;
    at = next;
    if (part == 3) break;
    if (at == end || *at != '.') return std::nullopt;
    ++at;
  }
  if (at != end) return std::nullopt;
  return static_cast<std::int32_t>(number);
}

std::string address_text(const std::string& alias) {
  return "CASE WHEN " + alias + ".domain IS NULL THEN " + alias + ".local ELSE " + alias +
         ".local || '@' || (SELECT text FROM word WHERE id = " + alias + ".domain) END";
}

std::string peer_ip_text(const std::string& alias) {
  const std::string ip = alias + ".ip";
  const auto byte = [&](int shift) {
    return "((" + ip + " >> " + std::to_string(shift) + ") & 255)";
  };
  return "CASE typeof(" + ip + ") WHEN 'integer' THEN " + byte(24) + " || '.' || " + byte(16) +
         " || '.' || " + byte(8) + " || '.' || " + byte(0) + " ELSE " + ip + " END";
}

Dictionary::Dictionary(Database& database, std::uint64_t salt)
    : known(database, "word"),
      rows(database, 3, "INSERT INTO word(id, hash, text) SELECT c0, c1, c2 FROM row_batch(?)"),
      database_(database),
      salt_(salt),
      find_(database, "SELECT id FROM word WHERE hash = ? AND text = ?"),
      insert_(database, "INSERT INTO word(hash, text) VALUES (?, ?)") {}

std::int64_t Dictionary::hash_of(std::string_view text) const {
  return short_hash(full_hash(text, salt_));
}

std::uint64_t Dictionary::key_of(std::string_view text) const {
  const std::uint64_t hash = full_hash(text, salt_);
  known.prefetch(hash);
  return hash;
}

std::int64_t Dictionary::id_of(std::string_view text, std::uint64_t hash) {
  if (const auto id = known.find(hash)) return *id;
  std::int64_t id = 0;
  if (known.complete()) {
    id = known.next_id();
    rows.add(id).add(short_hash(hash)).add(text);
  } else {
    rows.flush();
    if (find_.bind(short_hash(hash)).bind_in_place(text).step()) id = find_.integer(0);
    find_.reset();
  }
  if (id == 0) {
    insert_.bind(short_hash(hash)).bind_in_place(text).run();
    id = sqlite3_last_insert_rowid(database_.handle());
  }
  known.put(hash, id);
  return id;
}

void Dictionary::learn_all() {
  known.begin_complete(database_.integer("SELECT max(id) FROM word"));
  for (Statement all(database_, "SELECT id, text FROM word"); all.step();)
    known.put(full_hash(all.text(1), salt_), all.integer(0));
}

AddressBook::AddressBook(Database& database, Dictionary& words, std::uint64_t salt)
    : known(database, "address"),
      rows(database, 4,
           "INSERT INTO address(id, hash, domain, local) SELECT c0, c1, c2, c3 FROM row_batch(?)"),
      database_(database),
      words_(words),
      salt_(salt),
      find_(database, "SELECT id FROM address WHERE hash = ? AND domain IS ? AND local = ?"),
      insert_(database, "INSERT INTO address(hash, domain, local) VALUES (?, ?, ?)") {}

std::int64_t AddressBook::hash_of(std::string_view address) const {
  const bool any_upper =
      std::any_of(address.begin(), address.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return short_hash(any_upper ? full_hash(to_lower(address), salt_) : full_hash(address, salt_));
}

AddressBook::Key AddressBook::key_of(std::string_view address) const {
  Key key{address, {}, full_hash(address, salt_), 0};
  known.prefetch(key.address_key);
  const auto at = address.rfind('@');
  if (at != std::string_view::npos && at + 1 < address.size()) {
    key.local = address.substr(0, at);
    key.domain = address.substr(at + 1);
    key.domain_key = words_.key_of(key.domain);
  }
  return key;
}

AddressBook::Numbers AddressBook::numbers_of(std::string_view address, const Key& key) {
  std::optional<std::int64_t> domain;
  if (!key.domain.empty()) domain = words_.id_of(key.domain, key.domain_key);
  if (const auto id = known.find(key.address_key)) return {*id, domain};
  const std::int64_t hash = hash_of(address);
  std::int64_t id = 0;
  if (known.complete()) {
    id = known.next_id();
    rows.add(id).add(hash).add(domain).add(key.local);
  } else {
    rows.flush();
    if (find_.bind(hash).bind(domain).bind_in_place(key.local).step()) id = find_.integer(0);
    find_.reset();
  }
  if (id == 0) {
    insert_.bind(hash).bind(domain).bind_in_place(key.local).run();
    id = sqlite3_last_insert_rowid(database_.handle());
  }
  known.put(key.address_key, id);
  return {id, domain};
}

void AddressBook::learn_all() {
  known.begin_complete(database_.integer("SELECT max(id) FROM address"));
  for (Statement all(database_, "SELECT id, " + address_text("address") + " FROM address");
       all.step();)
    known.put(full_hash(all.text(1), salt_), all.integer(0));
}

PeerBook::PeerBook(Database& database, std::uint64_t salt)
    : known(database, "peer"),
      rows(database, 4,
           "INSERT INTO peer(id, ip, name, helo) SELECT c0, c1, c2, c3 FROM row_batch(?)"),
      database_(database),
      salt_(salt),
      find_(database, "SELECT id FROM peer WHERE ip IS ? AND name IS ? AND helo IS ?"),
      insert_(database, "INSERT INTO peer(ip, name, helo) VALUES (?, ?, ?)") {}

std::uint64_t PeerBook::key_of(const ClientHost& client) const {
  const std::uint64_t key = key_of(client.ip, part_of(client.name), part_of(client.helo));
  known.prefetch(key);
  return key;
}

std::int64_t PeerBook::id_of(const ClientHost& client, std::uint64_t key) {
  return id_of(client.ip, part_of(client.name), part_of(client.helo), key);
}

std::int64_t PeerBook::id_of(const RemoteHost& remote) {
  const Part ip = part_of(remote.ip), name = part_of(remote.name);
  return id_of(ip, name, Part(), key_of(ip, name, Part()));
}

void PeerBook::learn_all() {
  known.begin_complete(database_.integer("SELECT max(id) FROM peer"));
  for (Statement all(database_, "SELECT id, " + peer_ip_text("peer") +
                                    ", name, CASE typeof(helo) WHEN 'integer' THEN name ELSE helo"
                                    " END FROM peer");
       all.step();) {
    std::array<std::string, 3> texts;
    std::array<Part, 3> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const int column = static_cast<int>(i) + 1;
      if (!all.is_null(column)) parts[i] = texts[i] = all.text(column);
    }
    known.put(key_of(parts[0], parts[1], parts[2]), all.integer(0));
  }
}

std::uint64_t PeerBook::key_of(Part ip, Part name, Part helo) const {
  std::uint64_t hash = salt_;
  for (const auto& part : {ip, name, helo})
    hash = part ? full_hash(*part, hash + part->size()) : hash * 3 + 1;
  return hash;
}

std::int64_t PeerBook::id_of(Part ip, Part name, Part helo, std::uint64_t hash) {
  if (const auto id = known.find(hash)) return *id;
  const bool same_name = helo && helo == name;
  const auto number = ip ? ipv4_number(*ip) : std::nullopt;
  if (known.complete()) {
    const std::int64_t id = known.next_id();
    rows.add(id);
    number ? rows.add(*number) : rows.add(ip);
    rows.add(name);
    same_name ? rows.add(std::int64_t{1}) : rows.add(helo);
    known.put(hash, id);
    return id;
  }
  const auto bind = [&](Statement& statement) -> Statement& {
    number ? statement.bind(*number) : statement.bind_in_place(ip);
    statement.bind_in_place(name);
    return same_name ? statement.bind(std::int64_t{1}) : statement.bind_in_place(helo);
  };
  rows.flush();
  std::int64_t id = 0;
  if (bind(find_).step()) id = find_.integer(0);
  find_.reset();
  if (id == 0) {
    bind(insert_).run();
    id = sqlite3_last_insert_rowid(database_.handle());
  }
  known.put(hash, id);
  return id;
}

}  // namespace lostmail::store
