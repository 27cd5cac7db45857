#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/figures.hpp"
#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"
#include "store/where.hpp"

/// How the figures of a report read refusals: in one pass, as numbers of the store alone.
namespace lostmail::store {

/// What a report tells kinds apart by; many rows of the table `kind` are one of these.
struct Sort {
  Direction direction = Direction::inbound;
  bool permanent = true;
  std::optional<Family> family;
  Variant variant = Variant::other;
  Cause cause = Cause::as_stated;

  [[nodiscard]] bool of_interest() const { return family && concerns_sender(*family); }
  template <typename Counted>
  void set(Counted& counted) const {
    counted.direction = direction;
    counted.permanent = permanent;
    counted.family = family;
    counted.variant = variant;
    counted.cause = cause;
  }
  friend bool operator==(const Sort&, const Sort&) = default;
};

/// All sorts that the store holds, numbered from 0. Some hundred kinds: they are read at once, so
/// that a pass over refusals needs no join.
class SortTable {
 public:
  explicit SortTable(Database& database);
  /// Of a row of `kind`.
  [[nodiscard]] std::uint32_t number(std::int64_t kind) const {
    return of_kind_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] const Sort& operator[](std::uint32_t number) const { return sorts_[number]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(sorts_.size()); }
  [[nodiscard]] std::optional<std::uint32_t> find(const Sort& sort) const;

 private:
  std::vector<Sort> sorts_;
  std::vector<std::uint32_t> of_kind_;
};

/// Of each kind, by its number: true where `condition`, SQL on `kd`, holds.
[[nodiscard]] std::vector<bool> kinds_where(Database& database, const std::string& condition);

/// While it lives all is read as it stands at its begin, and the file is locked once instead of for
/// each statement.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database) { database_.execute("BEGIN"); }
  ~Snapshot() { database_.execute("COMMIT"); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& database_;
};

/// A refusal as a pass gives it.
struct RefusalRow {
  std::int64_t time = 0;                               ///< UTC seconds
  std::int64_t micros = 0;                             ///< since 1970, UTC
  std::uint32_t sort = 0;                              ///< its number in the SortTable
  std::int64_t sender = 0, recipient = 0, remote = 0;  ///< 0: unknown
};

/// Calls `take` with each refusal of the selection, in any order; most come by time.
template <typename Take>
void scan(Store::Impl& impl, const SortTable& sorts, const Selection& selection, Take take) {
  const Where where(impl, selection);
  Statement query(*impl.database,
                  "SELECT r.time, r.micros, r.kind, r.sender, r.recipient, r.remote" +
                      where.from(where.asks_kind()) + where.text());
  where.bind(query);
  while (query.step()) {
    RefusalRow row;
    row.time = query.integer(0);
    row.micros = row.time * 1'000'000 + query.integer(1);
    row.sort = sorts.number(query.integer(2));
    row.sender = query.integer(3);
    row.recipient = query.integer(4);
    row.remote = query.integer(5);
    take(row);
  }
}

/// Reads rows of a table by ascending keys. Where the next one is near it steps there, which costs
/// a tenth of looking it up.
class AscendingReader {
 public:
  /// `sql` gives the rows from a key on, in its order; column 0 is the key.
  AscendingReader(Database& database, std::string_view sql) : rows_(database, sql) {}
  /// True: there is a row of that key, and value() and text() are of it. Keys never descend.
  [[nodiscard]] bool seek(std::int64_t key);
  [[nodiscard]] std::int64_t value(int column) const { return rows_.integer(column); }
  [[nodiscard]] std::string text(int column) const { return rows_.text(column); }

 private:
  static constexpr int kNear = 16;  ///< rows
  void next();
  Statement rows_;
  std::int64_t at_ = 0;
  bool started_ = false, ended_ = false;
};

/// Puts numbers in order, none twice.
inline void order(std::vector<std::int64_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

/// Calls `take` with each of those addresses, which are in order, and its hash (address.hash; 0
/// where there is no such row). Asked for one by one, each would be a page of the file.
template <typename Take>
void each_hash(Database& database, const std::vector<std::int64_t>& addresses, Take take) {
  AscendingReader hashes(database, "SELECT id, hash FROM address WHERE id >= ? ORDER BY id");
  for (const auto address : addresses) take(address, hashes.seek(address) ? hashes.value(1) : 0);
}

}  // namespace lostmail::store
