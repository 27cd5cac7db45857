#include "store/stretches.hpp"

#include <algorithm>

namespace lostmail::store {
namespace {

constexpr std::size_t index_of(Filter filter) { return static_cast<std::size_t>(filter); }

/// For each filter a statement; their addresses are the keys of the prepared ones.
using Sql = std::array<std::string, kFilterTables.size()>;
Sql for_each_filter(const std::string& before, const std::string& after) {
  Sql sql;
  for (std::size_t i = 0; i < sql.size(); ++i) sql[i] = before + kFilterTables[i] + after;
  return sql;
}
const char* put_sql(std::size_t filter) {
  static const Sql sql =
      for_each_filter("INSERT OR REPLACE INTO ", "(first_n, bits) VALUES (?, ?)");
  return sql[filter].c_str();
}
const char* get_sql(std::size_t filter) {
  static const Sql sql = for_each_filter("SELECT bits FROM ", " WHERE first_n = ?");
  return sql[filter].c_str();
}

std::uint64_t key_of(std::int64_t number) { return static_cast<std::uint64_t>(number); }

}  // namespace

void Stretches::put(const RowKeys& of, Keys& into) {
  const auto put_number = [&](Filter filter, const std::optional<std::int64_t>& number) {
    if (number) into[index_of(filter)].push_back(key_of(*number));
  };
  const auto put_domain = [&](Filter filter, const std::optional<std::int64_t>& word) {
    if (word) into[index_of(filter)].push_back(domain_key(*word));
  };
  auto& ids = into[index_of(Filter::id)];
  if (of.id != 0) ids.push_back(of.id);
  if (of.cause_record) ids.push_back(*of.cause_record);
  if (of.queue_id) ids.push_back(*of.queue_id);
  put_number(Filter::sender, of.sender);
  put_domain(Filter::sender, of.sender_domain);
  put_number(Filter::recipient, of.recipient);
  put_domain(Filter::recipient, of.recipient_domain);
  put_number(Filter::peer, of.client);
  put_number(Filter::peer, of.remote);
}

void Stretches::load() {
  forget();
  Statement all(database_, "SELECT first_n, last_n, first, last FROM stretch ORDER BY first_n");
  while (all.step())
    closed_.push_back({all.integer(0), all.integer(1), all.integer(2), all.integer(3)});
}

void Stretches::forget() {
  closed_.clear();
  open_.reset();
  for (auto& keys : keys_) keys.clear();
}

void Stretches::add(std::int64_t n, std::int64_t time, const RowKeys& keys) {
  if (!open_) open_last();
  if (!open_) open_ = Stretch{n, n, time, time};
  open_->last_n = n;
  open_->first = std::min(open_->first, time);
  open_->last = std::max(open_->last, time);
  put(keys, keys_);
  if (n - open_->first_n + 1 >= kRows) close();
}

/// Runs that add little go on with the stretch that the last one left, so that a store that is fed
/// every five minutes does not have a hundred thousand of them.
void Stretches::open_last() {
  if (closed_.empty() || closed_.back().last_n - closed_.back().first_n + 1 >= kRows) return;
  open_ = closed_.back();
  closed_.pop_back();
  Statement& rows = database_.cached(
      "SELECT r.id, r.cause_record, r.queue_id, r.sender, s.domain, r.recipient, t.domain,"
      " r.client, r.remote FROM stored_refusal r LEFT JOIN address s ON s.id = r.sender"
      " LEFT JOIN address t ON t.id = r.recipient WHERE r.n BETWEEN ? AND ?");
  rows.bind(open_->first_n).bind(open_->last_n);
  while (rows.step()) {
    RowKeys keys;
    keys.id = key_of(rows.integer(0));
    if (!rows.is_null(1)) keys.cause_record = key_of(rows.integer(1));
    if (!rows.is_null(2)) keys.queue_id = text_key(rows.text(2));
    keys.sender = rows.maybe_integer(3);
    keys.sender_domain = rows.maybe_integer(4);
    keys.recipient = rows.maybe_integer(5);
    keys.recipient_domain = rows.maybe_integer(6);
    keys.client = rows.maybe_integer(7);
    keys.remote = rows.maybe_integer(8);
    put(keys, keys_);
  }
  rows.reset();
}

/// By statements of its own: cached() would have all rows that are held back written first.
void Stretches::close() {
  if (!open_) return;
  if (!put_stretch_.prepared()) {
    put_stretch_ = Statement(
        database_,
        "INSERT OR REPLACE INTO stretch(first_n, last_n, first, last) VALUES (?, ?, ?, ?)");
    for (std::size_t i = 0; i < put_filter_.size(); ++i)
      put_filter_[i] = Statement(database_, put_sql(i));
  }
  put_stretch_.bind(open_->first_n).bind(open_->last_n).bind(open_->first).bind(open_->last).run();
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::string bits = KeyFilter::of(keys_[i]);
    put_filter_[i].bind(open_->first_n).bind_blob(bits).run();
    keys_[i].clear();
  }
  closed_.push_back(*open_);
  open_.reset();
}

void Stretches::add_keys(std::int64_t n, const RowKeys& keys) {
  if (open_ && n >= open_->first_n) return put(keys, keys_);
  const auto after = std::upper_bound(closed_.begin(), closed_.end(), n,
                                      [](auto row, const auto& of) { return row < of.first_n; });
  if (after == closed_.begin()) return;
  const std::int64_t first_n = std::prev(after)->first_n;
  Keys further;
  put(keys, further);
  for (std::size_t i = 0; i < further.size(); ++i) {
    if (further[i].empty()) continue;
    Statement& get = database_.cached(get_sql(i));
    std::string bits = get.bind(first_n).step() ? get.text(0) : std::string();
    get.reset();
    for (const auto key : further[i]) KeyFilter::add(bits, key);
    database_.cached(put_sql(i)).bind(first_n).bind_blob(bits).run();
  }
}

std::vector<Stretches::Range> Stretches::of_time(std::int64_t from, std::int64_t until) const {
  std::vector<Range> ranges;
  for (const auto& of : closed_)
    if (of.meets(from, until)) ranges.push_back({of.first_n, of.last_n});
  if (open_ && open_->meets(from, until)) ranges.push_back({open_->first_n, open_->last_n});
  return ranges;
}

std::optional<std::int64_t> Stretches::find_by(const char* sql, std::uint64_t key,
                                               std::int64_t from, std::int64_t until) {
  for (const auto& range : of_time(from, until)) {
    if (!open_ || range.first_n != open_->first_n) {
      Statement& filter = database_.cached(get_sql(index_of(Filter::id)));
      const bool may =
          filter.bind(range.first_n).step() && KeyFilter::may_hold(filter.text(0), key);
      filter.reset();
      if (!may) continue;
    }
    Statement& row = database_.cached(sql);
    row.bind(range.first_n).bind(range.last_n).bind(static_cast<std::int64_t>(key));
    if (row.step()) return row.integer(0);
  }
  return std::nullopt;
}

std::optional<std::int64_t> Stretches::find(std::uint64_t id, std::int64_t from,
                                            std::int64_t until) {
  return find_by("SELECT n FROM stored_refusal WHERE n BETWEEN ? AND ? AND id = ?", id, from,
                 until);
}

bool Stretches::has_cause(std::uint64_t cause_record, std::int64_t from, std::int64_t until) {
  return find_by("SELECT n FROM stored_refusal WHERE n BETWEEN ? AND ? AND cause_record = ?",
                 cause_record, from, until)
      .has_value();
}

}  // namespace lostmail::store
