#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/block_book.hpp"
#include "store/database.hpp"

namespace lostmail::store {

/// When a sender's mail to a recipient was delivered first and last: UTC seconds.
struct Corresponded {
  std::int64_t pair = 0;
  std::int64_t first = 0, last = 0;
};

/// Who corresponded: up to two million pairs.
///
/// An entry is 14 bytes below 0x80, so that the view `cases` reads it with SQLite's own functions:
/// the pair as eight digits of seven bits, the time as five digits of base 100, plus 28 each.
/// `pairs` has the first time of each, `later` the last time of those that have another.
struct PairFormat {
  using Entry = Corresponded;
  static constexpr const char* kKey = "first_pair";
  static constexpr std::array kColumns{"pairs", "later"};
  static constexpr std::size_t kPairBytes = 9, kTimeBytes = 5,
                               kEntryBytes = kPairBytes + kTimeBytes;
  /// Six blocks of so many fill a page of 8192 bytes, where few have a later time.
  static constexpr std::size_t kFull = 93 * kEntryBytes;

  static std::int64_t key_of(const Entry& entry) { return entry.pair; }
  static bool before(const Entry& a, const Entry& b) { return a.pair < b.pair; }
  static Entry joined(const Entry& a, const Entry& b) {
    return {a.pair, std::min(a.first, b.first), std::max(a.last, b.last)};
  }
  static std::size_t size_of(const Entry&, const Entry*) { return kEntryBytes; }
  static std::array<std::string, 2> encode(const std::vector<Entry>& entries);
  static void decode(const std::array<std::string, 2>& bytes, std::vector<Entry>& entries);
};

class PairBook : public BlockBook<PairFormat> {
 public:
  explicit PairBook(Database& database) : BlockBook(database, "correspondence") {}

  /// 63 bits of the hashes of two addresses (address.hash). pair_sql() and the view
  /// `cases` say the same. All but one of
  /// them count: who writes to one busy mailbox is told apart by the sender's alone.
  [[nodiscard]] static std::int64_t pair_of(std::int64_t sender_hash, std::int64_t recipient_hash);

  [[nodiscard]] std::optional<Corresponded> find(std::int64_t pair);
  [[nodiscard]] std::int64_t size();
};

/// SQL for PairBook::pair_of() of two addresses, by the aliases of their table.
[[nodiscard]] std::string pair_sql(const std::string& sender, const std::string& recipient);
/// SQL for when mail from one to the other was delivered last, null for never: by a function of our
/// connections.
[[nodiscard]] std::string last_mail_sql(const std::string& sender, const std::string& recipient);
/// Makes that function known to a connection; `pairs` lives as long as that.
void declare_last_mail(Database& database, PairBook& pairs);

}  // namespace lostmail::store
