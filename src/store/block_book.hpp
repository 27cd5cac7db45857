#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/database.hpp"

namespace lostmail::store {

/// Small entries in the order of a key, some hundred in a row of a table: a row for each weighs
/// twice as much, and takes longer to write than all else of it.
///
/// `Format` says what an entry is, and how a block has it:
///   Entry; key_of(entry), from 0; before(entry, entry), which agrees with the keys;
///   joined(entry, entry) of two of which neither is before the other;
///   kKey, kColumns: the columns for the first key of a block (the first one's is 0) and its bytes;
///   encode(entries) and decode(bytes, entries), which appends;
///   size_of(entry, one before or null), kFull: its bytes, and from how many on a block is full.
/// Entries of one key stand in one block.
template <typename Format>
class BlockBook {
 public:
  using Entry = typename Format::Entry;
  using Entries = std::vector<Entry>;
  using Bytes = std::array<std::string, Format::kColumns.size()>;
  struct Block {
    std::int64_t begin = 0, last = 0;  ///< of the keys that belong here
    Bytes bytes;
  };

  BlockBook(Database& database, std::string table)
      : database_(database), table_(std::move(table)) {}

  /// Where that key belongs; it is kept at hand. Valid until the next call of anything here.
  [[nodiscard]] const Block& block_of(std::int64_t key) {
    if (!at_hand_ || key < at_hand_->begin || key > at_hand_->last) at_hand_ = read(key);
    return *at_hand_;
  }

  /// The bytes of the block where that key belongs. Nothing is kept at hand: for keys from
  /// anywhere.
  [[nodiscard]] Bytes bytes_of(std::int64_t key) { return find(key).bytes; }

  /// `entries` in order, none twice. What is there already is joined with them.
  void add(const Entries& entries) {
    at_hand_.reset();
    const std::int64_t blocks = database_.integer("SELECT count(*) FROM " + table_);
    static_cast<std::int64_t>(entries.size()) > blocks ? add_to_all(entries) : add_to_some(entries);
  }

  template <typename Take>
  void each(Take take) {
    each_of(table_, [&](Entries& entries) {
      for (const auto& entry : entries) take(entry);
      entries.clear();
    });
  }

  template <typename Goes>
  void erase_if(Goes goes) {
    at_hand_.reset();
    Entries entries;
    for (const auto begin : begins()) {
      entries.clear();
      Format::decode(read(begin).bytes, entries);
      if (std::erase_if(entries, goes) == 0) continue;
      if (entries.empty() && begin != 0) {
        Statement(database_, "DELETE FROM " + table_ + " WHERE " + Format::kKey + " = ?")
            .bind(begin)
            .run();
      } else {
        write(begin, entries);
      }
    }
  }

  /// What another connection may have changed, or a rollback.
  void forget() { at_hand_.reset(); }

 protected:
  [[nodiscard]] Database& database() { return database_; }

 private:
  /// Makes blocks of entries that come in order.
  class Writer {
   public:
    /// The first block begins at `begin`; each ends once it has `full` bytes.
    Writer(BlockBook& book, std::int64_t begin, std::size_t full)
        : book_(book), begin_(begin), full_(full) {}
    void add(const Entry& entry) {
      if (bytes_ >= full_ && Format::key_of(entry) != Format::key_of(held_.back())) {
        finish();
        begin_ = Format::key_of(entry);
        held_.clear();
        bytes_ = 0;
      }
      bytes_ += Format::size_of(entry, held_.empty() ? nullptr : &held_.back());
      held_.push_back(entry);
    }
    void finish() { book_.write_block(begin_, held_); }

   private:
    BlockBook& book_;
    std::int64_t begin_;
    std::size_t full_, bytes_ = 0;
    Entries held_;
  };

  /// Entries that come in, put between those that are there.
  class Join {
   public:
    explicit Join(const Entries& entries) : next_(entries.begin()), end_(entries.end()) {}
    /// None is left; else the key of the next.
    [[nodiscard]] bool done() const { return next_ == end_; }
    [[nodiscard]] std::int64_t key() const { return Format::key_of(*next_); }
    /// All of `there`, and of those that come in what is before the last of them.
    template <typename Take>
    void with(const Entries& there, Take take) {
      for (const auto& old : there) {
        while (next_ != end_ && Format::before(*next_, old)) take(*next_++);
        const bool both = next_ != end_ && !Format::before(old, *next_);
        take(both ? Format::joined(old, *next_++) : old);
      }
    }
    /// What comes in up to that key.
    template <typename Take>
    void until(std::int64_t last, Take take) {
      while (next_ != end_ && Format::key_of(*next_) <= last) take(*next_++);
    }

   private:
    typename Entries::const_iterator next_, end_;
  };

  /// Block for block.
  void add_to_some(const Entries& entries) {
    Entries there, both;
    const auto take = [&](const Entry& entry) { both.push_back(entry); };
    for (Join join(entries); !join.done();) {
      const Block block = read(join.key());
      there.clear();
      both.clear();
      Format::decode(block.bytes, there);
      join.with(there, take);
      join.until(block.last, take);
      write(block.begin, both);
    }
  }

  /// All blocks anew, and full. What was there waits in a temporary table, which stays: while any
  /// statement reads, none can be dropped.
  void add_to_all(const Entries& entries) {
    const std::string there = "temp.there_" + table_;
    const auto run = [&](const std::string& sql) { database_.execute(sql.c_str()); };
    run("CREATE TABLE IF NOT EXISTS " + there + " AS SELECT * FROM " + table_ + " WHERE 0");
    run("INSERT INTO " + there + " SELECT * FROM " + table_ + " ORDER BY " + Format::kKey);
    run("DELETE FROM " + table_);
    Writer writer(*this, 0, Format::kFull);
    const auto take = [&](const Entry& entry) { writer.add(entry); };
    Join join(entries);
    each_of(there, [&](Entries& old) {
      join.with(old, take);
      old.clear();
    });
    join.until(std::numeric_limits<std::int64_t>::max(), take);
    writer.finish();
    run("DELETE FROM " + there);
  }

  static std::string columns(const char* before) {
    std::string list;
    for (const char* column : Format::kColumns) list += std::string(before) + column;
    return list;
  }
  static void read_bytes(const Statement& row, int column, Bytes& bytes) {
    for (auto& of : bytes) of = row.text(column++);
  }

  /// Without its end; an empty one where there is none.
  Block find(std::int64_t key) {
    const std::string is = Format::kKey;
    if (!find_.prepared()) {
      find_ = Statement(database_, "SELECT " + is + columns(", ") + " FROM " + table_ + " WHERE " +
                                       is + " <= ? ORDER BY " + is + " DESC LIMIT 1");
    }
    Block block;
    if (find_.bind(key).step()) {
      block.begin = find_.integer(0);
      read_bytes(find_, 1, block.bytes);
    }
    find_.reset();
    return block;
  }

  Block read(std::int64_t key) {
    const std::string is = Format::kKey;
    if (!next_.prepared()) {
      next_ = Statement(database_, "SELECT " + is + " FROM " + table_ + " WHERE " + is +
                                       " > ? ORDER BY " + is + " LIMIT 1");
    }
    Block block = find(key);
    block.last =
        next_.bind(key).step() ? next_.integer(0) - 1 : std::numeric_limits<std::int64_t>::max();
    next_.reset();
    return block;
  }

  template <typename Take>
  void each_of(const std::string& table, Take take) {
    Statement all(database_, "SELECT " + (Format::kKey + columns(", ")) + " FROM " + table +
                                 (table == table_ ? std::string(" ORDER BY ") + Format::kKey : ""));
    Bytes bytes;
    for (Entries entries; all.step(); take(entries)) {
      read_bytes(all, 1, bytes);
      Format::decode(bytes, entries);
    }
  }

  void write_block(std::int64_t begin, const Entries& entries) {
    if (!put_.prepared()) {
      std::string values = "?";
      for (std::size_t i = 0; i < Format::kColumns.size(); ++i) values += ", ?";
      put_ = Statement(database_, "INSERT OR REPLACE INTO " + table_ + "(" + Format::kKey +
                                      columns(", ") + ") VALUES (" + values + ")");
    }
    const Bytes bytes = Format::encode(entries);
    put_.bind(begin);
    for (const auto& of : bytes) put_.bind_blob(of);
    put_.run();
  }

  /// In as many blocks as it takes, of one size.
  void write(std::int64_t begin, const Entries& entries) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < entries.size(); ++i)
      bytes += Format::size_of(entries[i], i == 0 ? nullptr : &entries[i - 1]);
    const std::size_t blocks =
        std::max<std::size_t>((bytes + Format::kFull - 1) / Format::kFull, 1);
    Writer writer(*this, begin, std::max<std::size_t>((bytes + blocks - 1) / blocks, 1));
    for (const auto& entry : entries) writer.add(entry);
    writer.finish();
  }

  std::vector<std::int64_t> begins() {
    std::vector<std::int64_t> begins;
    Statement all(database_, std::string("SELECT ") + Format::kKey + " FROM " + table_ +
                                 " ORDER BY " + Format::kKey);
    while (all.step()) begins.push_back(all.integer(0));
    return begins;
  }

  Database& database_;
  std::string table_;
  Statement find_, next_, put_;
  std::optional<Block> at_hand_;  ///< that block_of() saw last
};

}  // namespace lostmail::store
