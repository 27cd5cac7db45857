#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lostmail/store/store.hpp"
#include "store/database.hpp"
#include "store/dictionary.hpp"
#include "store/first_refusals.hpp"
#include "store/kind.hpp"
#include "store/may_hold.hpp"
#include "store/recent_rows.hpp"
#include "store/row_batch.hpp"

namespace lostmail::store {

/// SQLite's page cache. A bulk load only appends, and holds in memory what its indexes would be
/// asked; other rows go to places all over the indexes.
inline constexpr const char* kCacheOfRuns = "PRAGMA cache_size = -24000";
inline constexpr const char* kCacheOfBulkLoad = "PRAGMA cache_size = -8000";

inline constexpr std::int64_t kNullSender = 1;  ///< address.id of the null reverse-path

/// Rows written one after the other, and the time they span. Logs are read by time, so a month is
/// found by a look at the stretches: an index by time would weigh as much as four columns.
struct RowStretch {
  static constexpr std::int64_t kRows = 1024;
  std::int64_t rows = 0, first_n = 0, last_n = 0, first = 0, last = 0;
  void add(std::int64_t n, std::int64_t time) {
    first_n = rows == 0 ? n : first_n;
    first = rows == 0 ? time : std::min(first, time);
    last = rows == 0 ? time : std::max(last, time);
    last_n = n;
    ++rows;
  }
};

/// A load that adds much to a store that has less: rows go in without their indexes, which are made
/// in one sweep at its end. What an index would be asked meanwhile is held here, and in the three
/// Known.
struct BulkLoad {
  bool active = false;
  RecentRows rows;
  std::vector<RowStretch> earlier;  ///< rows from before it, of which `rows` needs those near by
  std::int64_t read_until = 0;      ///< UTC seconds: those before it are in `rows`
  MayHold refused_pairs{23};        ///< of senders and recipients, once it is asked
  bool knows_pairs = false;
  std::int64_t correspondence_left = 0;  ///< where it was made smaller last
};

struct Store::Impl {
  Impl(std::unique_ptr<Database> opened, std::uint64_t salt);

  void enter_wal();
  void leave_wal();
  [[nodiscard]] bool is_unused();
  void begin_bulk_load();
  void end_bulk_load();
  /// Decides after how many further rows of this run a bulk load begins.
  void put_off_bulk_load();
  void note_in_bulk(const Refusal& refusal, std::int64_t n);
  /// Has a bulk load remember the rows around that time (UTC seconds). Ends it where it cannot.
  void reach(std::int64_t time);
  void read_earlier(std::int64_t from, std::int64_t until);
  void know_pairs();
  void close_stretch();
  void forget();

  /// Both as AddressBook::hash_of() gives them.
  [[nodiscard]] static std::int64_t pair_of(std::int64_t sender_hash, std::int64_t recipient_hash);
  [[nodiscard]] std::optional<std::int64_t> row_of(std::uint64_t id);
  [[nodiscard]] bool serves_as_cause(std::uint64_t id);
  /// `new_cause`: the cause is set where the row has one, too.
  void fill_in(std::int64_t row, const ClassifiedRefusal& classified, bool new_cause = false);
  void take_cause(std::int64_t row, Kind kind, const Kind& from, const Refusal& refusal);
  void take_better_log(std::int64_t row, const Kind& better, const Refusal& refusal);
  void take_source(std::int64_t row, const Kind& better, const Refusal& of);
  void share_source(const Refusal& refusal);
  [[nodiscard]] bool gives_way(std::int64_t row, Refusal& refusal);
  void insert(const ClassifiedRefusal& classified);
  void remove(std::int64_t row, std::uint64_t id);
  void flush_deliveries();
  void shrink_correspondence();
  void shrink_in_bulk(std::int64_t surplus);
  void correspond(std::int64_t pair, std::int64_t time);
  void wait(std::uint64_t message, std::uint64_t refusal, std::int64_t recipient,
            std::int64_t time);
  void flush_closed();

  [[nodiscard]] std::optional<std::int64_t> address(const std::optional<Mailbox>& mailbox) {
    return mailbox ? std::optional(addresses.id_of(mailbox->text())) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::int64_t> sender_of(const Refusal& refusal) {
    if (!refusal.sender) return std::nullopt;
    note_sender(refusal.sender->text(), refusal.when.utc_seconds());
    return addresses.id_of(refusal.sender->text());
  }
  /// That a sender was refused then (UTC seconds).
  void note_sender(std::string_view sender, std::int64_t time) {
    const auto at = sender.rfind('@');
    if (at == std::string_view::npos || at + 1 == sender.size()) return;
    first_refusals.note(words.id_of(sender.substr(at + 1)), time);
    if (first_refusals.is_full()) first_refusals.flush(*database);
  }

  [[nodiscard]] std::optional<std::int64_t> client_of(const Refusal& refusal) {
    return refusal.client ? std::optional(peers.id_of(*refusal.client)) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::int64_t> remote_of(const Refusal& refusal) {
    return refusal.remote ? std::optional(peers.id_of(*refusal.remote)) : std::nullopt;
  }

  struct Delivered {
    std::int64_t pair = 0;
    std::int64_t time = 0;  ///< UTC seconds
  };

  std::unique_ptr<Database> database;
  Dictionary words;
  AddressBook addresses;
  PeerBook peers;
  KindBook kinds;
  FirstRefusals first_refusals;
  RowBatch new_refusals, new_pairs, old_pairs;
  BulkLoad bulk;
  RowStretch stretch;
  std::int64_t rows_until_bulk = 0;   ///< of this run
  std::int64_t last_n = 0;            ///< of refusal; one that was taken out is not given again
  std::vector<Delivered> deliveries;  ///< of this transaction, not yet written
  std::unordered_map<std::string, std::uint64_t> local_domains;
  std::vector<std::pair<std::uint64_t, std::int64_t>>
      closed;  ///< messages and logs of this transaction, not yet written
};

}  // namespace lostmail::store
