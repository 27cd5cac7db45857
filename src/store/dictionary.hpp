#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lostmail/core/host.hpp"
#include "store/database.hpp"
#include "store/known.hpp"
#include "store/row_batch.hpp"

namespace lostmail::store {

/// Texts that stand once in a table and are a number elsewhere.
class Dictionary {
 public:
  Dictionary(Database& database, std::uint64_t salt);
  [[nodiscard]] std::int64_t id_of(std::string_view text);
  /// Fetches what id_of() will look at, while the caller goes on.
  void prefetch(std::string_view text) const;
  /// What the column `hash` holds for a text.
  [[nodiscard]] std::int64_t hash_of(std::string_view text) const;
  /// Makes `known` complete.
  void learn_all();
  Known known;
  RowBatch rows;  ///< new ones, while `known` is complete

 private:
  Database& database_;
  std::uint64_t salt_;
  Statement find_, insert_;
};

/// Likewise for addresses, with their domain. The column `hash` is of the address without case.
class AddressBook {
 public:
  AddressBook(Database& database, Dictionary& words, std::uint64_t salt);
  struct Numbers {
    std::int64_t address = 0;
    std::optional<std::int64_t> domain;  ///< the word; absent where it has none
  };
  [[nodiscard]] Numbers numbers_of(std::string_view address);
  /// As Dictionary's.
  void prefetch(std::string_view address) const;
  [[nodiscard]] std::int64_t id_of(std::string_view address) { return numbers_of(address).address; }
  [[nodiscard]] std::int64_t hash_of(std::string_view address) const;
  void learn_all();
  Known known;
  RowBatch rows;

 private:
  Database& database_;
  Dictionary& words_;
  std::uint64_t salt_;
  Statement find_, insert_;
};

/// SQL for the text of an address, of the table alias `address`.
[[nodiscard]] std::string address_text(const std::string& alias);
/// SQL for the IP address of a peer, of the table alias `peer`.
[[nodiscard]] std::string peer_ip_text(const std::string& alias);

/// Likewise for clients and servers: address, name and HELO name together.
class PeerBook {
 public:
  PeerBook(Database& database, std::uint64_t salt);
  [[nodiscard]] std::int64_t id_of(const ClientHost& client);
  [[nodiscard]] std::int64_t id_of(const RemoteHost& remote);
  void prefetch(const ClientHost& client) const;
  void learn_all();
  Known known;
  RowBatch rows;

 private:
  using Part = std::optional<std::string_view>;
  [[nodiscard]] std::uint64_t key_of(Part ip, Part name, Part helo) const;
  [[nodiscard]] std::int64_t id_of(Part ip, Part name, Part helo);
  Database& database_;
  std::uint64_t salt_;
  Statement find_, insert_;
};

/// An IPv4 address as `peer.ip` holds it; nullopt for others, which are held as text.
[[nodiscard]] std::optional<std::int64_t> ipv4_number(std::string_view canonical_ip);

}  // namespace lostmail::store
