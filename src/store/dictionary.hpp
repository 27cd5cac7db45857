#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/host.hpp"
#include "store/database.hpp"
#include "store/numbering.hpp"

namespace lostmail::store {

/// Texts that stand once in a table and are a number elsewhere.
class Dictionary {
 public:
  Dictionary(Database& database, std::uint64_t salt);
  [[nodiscard]] std::int64_t id_of(std::string_view text) { return id_of(text, key_of(text)); }
  /// Both in one, for who has something to do while memory is fetched: key_of() asks for what
  /// id_of() will look at.
  [[nodiscard]] std::uint64_t key_of(std::string_view text) const;
  [[nodiscard]] std::int64_t id_of(std::string_view text, std::uint64_t key);
  /// The number of a text that is there.
  [[nodiscard]] std::optional<std::int64_t> find(std::string_view text);
  /// Numbering::begin_complete(), with all rows.
  void learn_all();
  Numbering numbers;

 private:
  [[nodiscard]] std::optional<std::int64_t> find(std::string_view text, std::uint64_t hash);
  Database& database_;
  std::uint64_t salt_;
  Statement is_;
};

/// Likewise for addresses, with their domain. The column `hash` is of the address without case, and
/// the key of the index.
class AddressBook {
 public:
  AddressBook(Database& database, Dictionary& words, std::uint64_t salt);
  struct Numbers {
    std::int64_t address = 0;
    std::optional<std::int64_t> domain;  ///< the word; absent where it has none
  };
  struct Key {
    std::string_view local, domain;  ///< what is before the last '@' and behind it, or all of it
    std::uint64_t address_key = 0, domain_key = 0;
  };
  /// As Dictionary's. The views are of `address`.
  [[nodiscard]] Key key_of(std::string_view address) const;
  [[nodiscard]] Numbers numbers_of(std::string_view address, const Key& key);
  [[nodiscard]] Numbers numbers_of(std::string_view address) {
    return numbers_of(address, key_of(address));
  }
  [[nodiscard]] std::int64_t id_of(std::string_view address) { return numbers_of(address).address; }
  /// All that differ in case alone.
  [[nodiscard]] std::vector<std::int64_t> find(std::string_view address);
  [[nodiscard]] std::int64_t hash_of(std::string_view address) const;
  void learn_all();
  Numbering numbers;

 private:
  Database& database_;
  Dictionary& words_;
  std::uint64_t salt_;
  Statement is_;
};

/// SQL for the text of an address, of the table alias `address`.
[[nodiscard]] std::string address_text(const std::string& alias);
/// SQL for the IP address of a peer, of the table alias `peer`.
[[nodiscard]] std::string peer_ip_text(const std::string& alias);

/// Likewise for clients and servers: address, name and HELO name together. The key of the index
/// begins with a hash of the address; sixteen further bits tell the names of one address apart, of
/// which a stranger may use a hundred thousand: each that shares a key costs a look at its row.
class PeerBook {
 public:
  PeerBook(Database& database, std::uint64_t salt);
  /// As Dictionary's.
  [[nodiscard]] std::uint64_t key_of(const ClientHost& client) const;
  [[nodiscard]] std::int64_t id_of(const ClientHost& client, std::uint64_t key);
  [[nodiscard]] std::int64_t id_of(const RemoteHost& remote);
  /// All of that address.
  [[nodiscard]] std::vector<std::int64_t> find(std::string_view canonical_ip);
  void learn_all();
  Numbering numbers;

 private:
  using Part = std::optional<std::string_view>;
  [[nodiscard]] std::uint64_t key_of(Part ip, Part name, Part helo) const;
  [[nodiscard]] std::int64_t id_of(Part ip, Part name, Part helo, std::uint64_t key);
  /// The first key of an address.
  [[nodiscard]] std::int64_t first_key(Part ip) const;
  Database& database_;
  std::uint64_t salt_;
  Statement is_, has_ip_;
};

/// An IPv4 address as `peer.ip` holds it; nullopt for others, which are held as text.
[[nodiscard]] std::optional<std::int64_t> ipv4_number(std::string_view canonical_ip);

}  // namespace lostmail::store
