#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "store/block_book.hpp"
#include "store/database.hpp"

namespace lostmail::store {

/// A number by a key, which several may share.
struct KeyedNumber {
  std::int64_t key = 0, number = 0;
};

/// An entry is what its key is more than the one before, and the number, each seven bits to a byte,
/// the low ones first; the eighth says that more come.
struct NumberFormat {
  using Entry = KeyedNumber;
  static constexpr const char* kKey = "first_key";
  static constexpr std::array kColumns{"numbers"};
  static constexpr std::size_t kFull = 1330;  ///< six fill a page of 8192 bytes

  static std::int64_t key_of(const Entry& entry) { return entry.key; }
  static bool before(const Entry& a, const Entry& b) {
    return std::tie(a.key, a.number) < std::tie(b.key, b.number);
  }
  static Entry joined(const Entry& a, const Entry&) { return a; }
  static std::size_t size_of(const Entry& entry, const Entry* one_before);
  static std::array<std::string, 1> encode(const std::vector<Entry>& entries);
  static void decode(const std::array<std::string, 1>& bytes, std::vector<Entry>& entries);
};

/// The rows of a table by a hash of what they hold, in a third of the room of an index of SQLite's,
/// which would have to be made anew after each large load as well.
class NumberIndex {
 public:
  /// `table`: its own, with the columns of NumberFormat.
  NumberIndex(Database& database, const std::string& table) : book_(database, table) {}

  /// `key` from 0. find() knows it after flush().
  void add(std::int64_t key, std::int64_t number);
  void flush();
  /// The numbers of all keys between the two.
  [[nodiscard]] const std::vector<std::int64_t>& find(std::int64_t first, std::int64_t last);
  [[nodiscard]] const std::vector<std::int64_t>& find(std::int64_t key);
  template <typename Goes>
  void erase_if(Goes goes) {
    book_.erase_if([&](const KeyedNumber& entry) { return goes(entry.number); });
  }
  /// After a rollback.
  void forget();

 private:
  static constexpr std::size_t kMostPending = 200'000;  ///< 3 MB
  using Pending = std::vector<KeyedNumber>;

  BlockBook<NumberFormat> book_;
  Pending pending_;
  std::vector<std::int64_t> found_;
};

}  // namespace lostmail::store
