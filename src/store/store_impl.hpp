#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lostmail/store/store.hpp"
#include "store/database.hpp"
#include "store/dictionary.hpp"
#include "store/early_writes.hpp"
#include "store/first_refusals.hpp"
#include "store/kind.hpp"
#include "store/may_hold.hpp"
#include "store/pair_book.hpp"
#include "store/recent_rows.hpp"
#include "store/refusal_table.hpp"
#include "store/row_batch.hpp"
#include "store/stretches.hpp"

namespace lostmail::store {

/// SQLite's page cache. A bulk load only appends, and holds in memory what its indexes would be
/// asked; other rows go to places all over the indexes.
inline constexpr const char* kCacheOfRuns = "PRAGMA cache_size = -24000";
inline constexpr const char* kCacheOfBulkLoad = "PRAGMA cache_size = -3000";

inline constexpr std::int64_t kNullSender = 1;  ///< address.id of the null reverse-path

/// A load that adds much to a store that has less holds in memory what the indexes of the
/// dictionaries would be asked (Numbering::begin_complete()).
struct BulkLoad {
  bool active = false;
  std::int64_t rows_until = 0;  ///< of this run, before the next one begins
  EarlyWrites early_writes;
};

/// Refusals of earlier runs that lie near those of this one in time, and those of this one: they
/// may come again, and a cause serves several.
struct NearRows {
  RecentRows rows;
  std::int64_t earlier_n = 0;                 ///< the last row from before this run
  std::int64_t read_until = 0;                ///< UTC seconds: earlier rows before it are in `rows`
  std::vector<std::int64_t> earlier_offsets;  ///< of their zones, minutes east of UTC
};

/// Who was refused mail by whom, once it is asked: they are kept among those who correspond.
struct RefusedPairs {
  bool known = false;
  MayHold pairs{23};
  std::int64_t correspondence_left = 0;  ///< where it was made smaller last
};

struct Store::Impl {
  /// The numbers of what a refusal names; words that are new are put into the dictionaries.
  struct Named {
    std::optional<std::int64_t> sender, recipient, verified, client, remote;
    RowKeys keys;
  };
  /// Their keys. What they lead to lies anywhere in the dictionaries: one wait for all of it.
  struct NameKeys {
    AddressBook::Key sender, recipient;
    std::uint64_t client = 0;
  };
  /// A refusal's texts as the store keeps them.
  struct StoredTexts {
    std::string_view text, cause_text;
    bool as_is = false;  ///< not shortened
  };
  /// Those of a refusal that expect() told of.
  struct Expected {
    const Refusal* refusal = nullptr;
    std::uint64_t id = 0;
    NameKeys keys;
  };

  Impl(std::unique_ptr<Database> opened, std::uint64_t salt);

  /// Of the table of that name; absent where it was never set.
  [[nodiscard]] std::optional<std::int64_t> setting(std::string_view name);
  void enter_wal();
  void leave_wal();
  [[nodiscard]] bool is_unused();
  void begin_bulk_load();
  void settle();
  /// Decides after how many further rows of this run a bulk load begins.
  void put_off_bulk_load();
  /// A row that was written.
  void note_row(const Refusal& refusal, std::int64_t n, const RowKeys& keys);
  /// A row was given what it lacked.
  void row_has_now(std::int64_t n, const RowKeys& keys);
  /// Has the rows around that time (UTC seconds) in memory, unless time jumped back.
  void reach(std::int64_t time);
  void remember_earlier();
  void read_earlier(std::int64_t from, std::int64_t until);
  void know_pairs();
  void forget();
  void forget_numbers();

  /// The row of a refusal of that time, to which reach() was told to go, or of so many seconds
  /// before.
  [[nodiscard]] std::optional<std::int64_t> row_of(std::uint64_t id, const LogTime& when,
                                                   std::int64_t before = 0);
  /// Likewise of the cause line of a refusal of that time, where it counts as one of its own.
  [[nodiscard]] std::optional<std::int64_t> row_of_cause(std::uint64_t id, const LogTime& when);
  [[nodiscard]] bool serves_as_cause(std::uint64_t id, const LogTime& when);
  [[nodiscard]] std::vector<std::int64_t> other_readings(const LogTime& when) const;
  /// `new_cause`: the cause is set where the row has one, too.
  void fill_in(std::int64_t row, const ClassifiedRefusal& classified, bool new_cause = false);
  void take_cause(std::int64_t row, Kind kind, const Kind& from, const Refusal& refusal);
  void take_better_log(std::int64_t row, const Kind& better, const Refusal& refusal);
  void take_source(std::int64_t row, const Kind& better, const Refusal& of);
  void share_source(const Refusal& refusal);
  [[nodiscard]] bool gives_way(std::int64_t row, Refusal& refusal);
  void insert(const ClassifiedRefusal& classified, const NameKeys& keys);
  void remove(std::int64_t row, std::uint64_t id);
  void flush_deliveries();
  void shrink_correspondence();
  void correspond(std::int64_t pair, std::int64_t time);
  void wait(std::uint64_t message, std::uint64_t refusal, std::int64_t recipient,
            std::int64_t time);
  void flush_closed();

  [[nodiscard]] NameKeys name_keys(const Refusal& refusal) const;
  /// The same, of one that may have been expected.
  [[nodiscard]] NameKeys take_keys(const Refusal& refusal);
  [[nodiscard]] Named named(const Refusal& refusal, const NameKeys& keys);
  [[nodiscard]] Named named(const Refusal& refusal) { return named(refusal, name_keys(refusal)); }
  /// Good until the next call.
  [[nodiscard]] StoredTexts texts_of(const Refusal& refusal);
  /// A sender of that domain (a word) was refused then (UTC seconds).
  void note_refused(std::int64_t domain, std::int64_t time);

  std::unique_ptr<Database> database;
  Dictionary words;
  AddressBook addresses;
  PeerBook peers;
  KindBook kinds;
  FirstRefusals first_refusals;
  RefusalTable refusals;
  PairBook pairs;
  BulkLoad bulk;
  NearRows near;
  /// The last two: the next one is told of before one is added.
  std::array<Expected, 2> expected;
  std::string shortened_text, shortened_cause;  ///< room for texts_of()
  RefusedPairs refused;
  Stretches stretches;
  std::int64_t last_n = 0;               ///< of refusal; one that was taken out is not given again
  std::vector<Corresponded> deliveries;  ///< of this transaction, not yet written
  std::unordered_map<std::string, std::uint64_t> local_domains;
  std::vector<std::pair<std::uint64_t, std::int64_t>>
      closed;  ///< messages and logs of this transaction, not yet written
};

}  // namespace lostmail::store
