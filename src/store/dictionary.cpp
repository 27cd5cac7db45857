#include "store/dictionary.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lostmail/core/address.hpp"
#include "lostmail/core/sixteen.hpp"

namespace lostmail::store {
namespace {

std::uint64_t full_hash(std::string_view text, std::uint64_t salt) {
  return XXH3_64bits_withSeed(text.data(), text.size(), salt);
}

/// Signed, so that SQLite keeps it in four bytes.
std::int64_t short_hash(std::uint64_t hash) {
  return static_cast<std::int32_t>(hash & 0xffffffffU);
}

/// The same bits, as a key of an index: from 0.
std::int64_t index_key(std::uint64_t hash) { return static_cast<std::int64_t>(hash & 0xffffffffU); }
std::int64_t index_key(std::int64_t short_hash) { return short_hash & 0xffffffff; }

constexpr std::int64_t kNameBits = 0xffff;  ///< of the key of a peer

Statement& bind_ip(Statement& statement, const std::optional<std::string_view>& ip) {
  const auto number = ip ? ipv4_number(*ip) : std::nullopt;
  return number ? statement.bind(*number) : statement.bind_in_place(ip);
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
    : numbers(database, "word", {"id", "text"}),
      database_(database),
      salt_(salt),
      is_(database, "SELECT 1 FROM word WHERE id = ? AND text = ?") {}

std::uint64_t Dictionary::key_of(std::string_view text) const {
  const std::uint64_t hash = full_hash(text, salt_);
  numbers.prefetch(hash);
  return hash;
}

std::optional<std::int64_t> Dictionary::find(std::string_view text) {
  return find(text, full_hash(text, salt_));
}

std::optional<std::int64_t> Dictionary::find(std::string_view text, std::uint64_t hash) {
  return numbers.find(hash, index_key(hash), [&](std::int64_t number) {
    return is_.bind(number).bind_in_place(text).holds();
  });
}

std::int64_t Dictionary::id_of(std::string_view text, std::uint64_t hash) {
  if (const auto id = find(text, hash)) return *id;
  const std::int64_t id = numbers.give(hash, index_key(hash));
  numbers.rows.add(text);
  return id;
}

void Dictionary::learn_all() {
  numbers.learn_all("text", [&](const Statement& row) { return full_hash(row.text(1), salt_); });
}

AddressBook::AddressBook(Database& database, Dictionary& words, std::uint64_t salt)
    : numbers(database, "address", {"id", "hash", "domain", "local"}),
      database_(database),
      words_(words),
      salt_(salt),
      is_(database, "SELECT 1 FROM address WHERE id = ? AND domain IS ? AND local = ?") {}

std::int64_t AddressBook::hash_of(std::string_view address) const {
  return short_hash(has_upper(address) ? full_hash(to_lower(address), salt_)
                                       : full_hash(address, salt_));
}

AddressBook::Key AddressBook::key_of(std::string_view address) const {
  Key key{address, {}, full_hash(address, salt_), 0};
  numbers.prefetch(key.address_key);
  const auto at = rfind_near(address, '@');
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
  if (const auto id = numbers.known(key.address_key)) return {*id, domain};
  const std::int64_t hash = has_upper(address) ? hash_of(address) : short_hash(key.address_key);
  const auto is_row = [&](std::int64_t number) {
    return is_.bind(number).bind(domain).bind_in_place(key.local).holds();
  };
  if (const auto id = numbers.find(key.address_key, index_key(hash), is_row)) return {*id, domain};
  const std::int64_t id = numbers.give(key.address_key, index_key(hash));
  numbers.rows.add(hash).add(domain).add(key.local);
  return {id, domain};
}

std::vector<std::int64_t> AddressBook::find(std::string_view address) {
  std::vector<std::int64_t> same;
  Statement is(database_, "SELECT 1 FROM address WHERE id = ? AND " + address_text("address") +
                              " = ? COLLATE NOCASE");
  for (const auto number : numbers.index.find(index_key(hash_of(address))))
    if (is.bind(number).bind_in_place(address).holds()) same.push_back(number);
  return same;
}

void AddressBook::learn_all() {
  numbers.learn_all(address_text("address"),
                    [&](const Statement& row) { return full_hash(row.text(1), salt_); });
}

PeerBook::PeerBook(Database& database, std::uint64_t salt)
    : numbers(database, "peer", {"id", "ip", "name", "helo"}),
      database_(database),
      salt_(salt),
      is_(database, "SELECT 1 FROM peer WHERE id = ? AND ip IS ? AND name IS ? AND helo IS ?"),
      has_ip_(database, "SELECT 1 FROM peer WHERE id = ? AND ip = ?") {}

std::uint64_t PeerBook::key_of(const ClientHost& client) const {
  const std::uint64_t key = key_of(client.ip, part_of(client.name), part_of(client.helo));
  numbers.prefetch(key);
  return key;
}

std::int64_t PeerBook::id_of(const ClientHost& client, std::uint64_t key) {
  return id_of(client.ip, part_of(client.name), part_of(client.helo), key);
}

std::int64_t PeerBook::id_of(const RemoteHost& remote) {
  const Part ip = part_of(remote.ip), name = part_of(remote.name);
  return id_of(ip, name, Part(), key_of(ip, name, Part()));
}

std::vector<std::int64_t> PeerBook::find(std::string_view canonical_ip) {
  std::vector<std::int64_t> same;
  const std::int64_t first = first_key(canonical_ip);
  for (const auto number : numbers.index.find(first, first | kNameBits)) {
    has_ip_.bind(number);
    bind_ip(has_ip_, canonical_ip);
    if (has_ip_.holds()) same.push_back(number);
  }
  return same;
}

void PeerBook::learn_all() {
  const std::string columns =
      peer_ip_text("peer") + ", name, CASE typeof(helo) WHEN 'integer' THEN name ELSE helo END";
  numbers.learn_all(columns, [&](const Statement& row) {
    std::array<std::string, 3> texts;
    std::array<Part, 3> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const int column = static_cast<int>(i) + 1;
      if (!row.is_null(column)) parts[i] = texts[i] = row.text(column);
    }
    return key_of(parts[0], parts[1], parts[2]);
  });
}

std::uint64_t PeerBook::key_of(Part ip, Part name, Part helo) const {
  std::uint64_t hash = salt_;
  for (const auto& part : {ip, name, helo})
    hash = part ? full_hash(*part, hash + part->size()) : hash * 3 + 1;
  return hash;
}

std::int64_t PeerBook::first_key(Part ip) const {
  return index_key(full_hash(ip.value_or(""), salt_)) * (kNameBits + 1);
}

std::int64_t PeerBook::id_of(Part ip, Part name, Part helo, std::uint64_t hash) {
  if (const auto id = numbers.known(hash)) return *id;
  const bool same_name = helo && helo == name;
  const std::int64_t key = first_key(ip) | static_cast<std::int64_t>(hash & kNameBits);
  const auto is_row = [&](std::int64_t number) {
    bind_ip(is_.bind(number), ip).bind_in_place(name);
    return (same_name ? is_.bind(std::int64_t{1}) : is_.bind_in_place(helo)).holds();
  };
  if (const auto id = numbers.find(hash, key, is_row)) return *id;
  const std::int64_t id = numbers.give(hash, key);
  auto& row = numbers.rows;
  const auto number = ip ? ipv4_number(*ip) : std::nullopt;
  number ? row.add(*number) : row.add(ip);
  row.add(name);
  same_name ? row.add(std::int64_t{1}) : row.add(helo);
  return id;
}

}  // namespace lostmail::store
