#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/database.hpp"

namespace lostmail::store {

/// Texts that stand once in a table and are a number elsewhere. Remembers what it gave out, up to a
/// limit.
class Dictionary {
 public:
  explicit Dictionary(Database& database);
  [[nodiscard]] std::int64_t id_of(std::string_view text);
  void forget() { known_.clear(); }

 private:
  static constexpr std::size_t kMaxKnown = 200'000;
  Database& database_;
  Statement find_, insert_;
  std::unordered_map<std::string, std::int64_t> known_;
};

/// Likewise for addresses, with their domain.
class AddressBook {
 public:
  AddressBook(Database& database, Dictionary& words);
  [[nodiscard]] std::int64_t id_of(std::string_view address);
  void forget() { known_.clear(); }

 private:
  static constexpr std::size_t kMaxKnown = 200'000;
  Database& database_;
  Dictionary& words_;
  Statement find_, insert_;
  std::unordered_map<std::string, std::int64_t> known_;
};

}  // namespace lostmail::store
