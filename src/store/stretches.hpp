#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/database.hpp"
#include "store/key_filter.hpp"

namespace lostmail::store {

/// What a refusal is asked for, as the filters of its stretch hold it.
struct RowKeys {
  std::uint64_t id = 0;
  std::optional<std::uint64_t> cause_record;
  std::optional<std::uint64_t> queue_id;                    ///< text_key()
  std::optional<std::int64_t> sender, sender_domain;        ///< numbers of address and word
  std::optional<std::int64_t> recipient, recipient_domain;  ///< likewise
  std::optional<std::int64_t> client, remote;               ///< peer.id
};

/// The filters that each stretch has; each is a table `<name>_filter`, so that a question reads one
/// from front to back.
enum class Filter : std::uint8_t { id, sender, recipient, peer };
inline constexpr std::array<const char*, 4> kFilterTables = {"id_filter", "sender_filter",
                                                             "recipient_filter", "peer_filter"};

/// Refusals that were written one after the other, some hundred of them: the time that
/// they span, and filters of what they hold. A look at the stretches tells which rows to look at.
/// Logs are read by time, and most of what is asked for lies in few stretches; an index for each
/// column would weigh as much as the rows, and each of its entries goes to a place of its own.
class Stretches {
 public:
  explicit Stretches(Database& database) : database_(database) {}

  /// Reads what the store has. Once in each transaction, before anything else.
  void load();
  void forget();

  /// The next row, UTC seconds.
  void add(std::int64_t n, std::int64_t time, const RowKeys& keys);
  /// Row n was given keys that it had not.
  void add_keys(std::int64_t n, const RowKeys& keys);
  /// Writes the stretch that is not full yet, too.
  void close();

  /// The row of that id, and whether one has that cause record, among those of a time: looked for
  /// in the store itself. from ≤ time ≤ until.
  [[nodiscard]] std::optional<std::int64_t> find(std::uint64_t id, std::int64_t from,
                                                 std::int64_t until);
  [[nodiscard]] bool has_cause(std::uint64_t cause_record, std::int64_t from, std::int64_t until);

  struct Range {
    std::int64_t first_n = 0, last_n = 0;
  };
  /// The rows that can be of that time: from ≤ time ≤ until.
  [[nodiscard]] std::vector<Range> of_time(std::int64_t from, std::int64_t until) const;

 private:
  static constexpr std::int64_t kRows = 256;
  struct Stretch {
    std::int64_t first_n = 0, last_n = 0;
    std::int64_t first = 0, last = 0;  ///< UTC seconds
    [[nodiscard]] bool meets(std::int64_t from, std::int64_t until) const {
      return first <= until && last >= from;
    }
  };
  using Keys = std::array<std::vector<std::uint64_t>, kFilterTables.size()>;

  static void put(const RowKeys& of, Keys& into);
  void open_last();
  [[nodiscard]] std::optional<std::int64_t> find_by(const char* sql, std::uint64_t key,
                                                    std::int64_t from, std::int64_t until);

  Database& database_;
  std::vector<Stretch> closed_;  ///< by first_n
  std::optional<Stretch> open_;  ///< the last one
  Keys keys_;                    ///< of the open one
  Statement put_stretch_;
  std::array<Statement, kFilterTables.size()> put_filter_;
};

}  // namespace lostmail::store
