#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.hpp"

namespace lostmail::store {

/// When a sender's mail to a recipient was delivered first and last: UTC seconds.
struct Corresponded {
  std::int64_t pair = 0;
  std::int64_t first = 0, last = 0;
};

/// Who corresponded: up to two million pairs, in blocks of some hundred in the order of the pairs.
/// A row for each weighed twice as much, and took as long to write as all else of a delivery.
///
/// An entry is 14 bytes below 0x80, so that the view `cases` reads it with SQLite's own functions:
/// the pair as eight digits of seven bits, the time as five digits of base 100, plus 28 each.
/// `pairs` has the first time of each, `later` the last time of those that have another.
/// `first_pair` is where a block begins; the first one's is 0.
class PairBook {
 public:
  explicit PairBook(Database& database);

  /// 63 bits of the hashes of two addresses (address.hash). pair_sql() and the view
  /// `cases` say the same. All but one of
  /// them count: who writes to one busy mailbox is told apart by the sender's alone.
  [[nodiscard]] static std::int64_t pair_of(std::int64_t sender_hash, std::int64_t recipient_hash);

  /// `mail` by pair, each pair once.
  void add(const std::vector<Corresponded>& mail);
  [[nodiscard]] std::optional<Corresponded> find(std::int64_t pair);
  [[nodiscard]] std::int64_t size();
  void each(const std::function<void(const Corresponded&)>& take);
  void erase_if(const std::function<bool(const Corresponded&)>& goes);
  /// Fills the blocks again that add() left half empty, where it wrote more than once.
  void pack();
  /// After a rollback.
  void forget();

 private:
  struct Block {
    std::int64_t begin = 0, last = 0;  ///< of the pairs that belong here
    std::string pairs, later;
  };
  using Mail = std::vector<Corresponded>;

  static void decode(const Block& block, Mail& mail);
  [[nodiscard]] Block block_of(std::int64_t pair);
  void write(std::int64_t begin, const Mail& mail);
  void write_block(std::int64_t begin, const Corresponded* mail, std::size_t count);
  [[nodiscard]] std::vector<std::int64_t> begins();

  Database& database_;
  std::optional<Block> at_hand_;  ///< that find() saw last
  int additions_ = 0;             ///< since pack()
};

/// SQL for PairBook::pair_of() of two addresses, by the aliases of their table.
[[nodiscard]] std::string pair_sql(const std::string& sender, const std::string& recipient);
/// SQL for when mail from one to the other was delivered last, null for never: by a function of our
/// connections.
[[nodiscard]] std::string last_mail_sql(const std::string& sender, const std::string& recipient);
/// Makes that function known to a connection; `pairs` lives as long as that.
void declare_last_mail(Database& database, PairBook& pairs);

}  // namespace lostmail::store
