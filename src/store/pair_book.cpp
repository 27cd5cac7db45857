#include "store/pair_book.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace lostmail::store {
namespace {

constexpr std::size_t kPairBytes = 9, kTimeBytes = 5, kEntryBytes = kPairBytes + kTimeBytes;
/// Of a block: six of so many fill a page of 8192 bytes, where few have a later time.
constexpr std::size_t kMost = 93;
constexpr int kZero = 28;  ///< digits of a time begin there: none is a NUL

using Digits = std::array<char, kPairBytes>;

Digits digits_of(std::int64_t pair) {
  Digits digits{};
  for (std::size_t i = 0; i < digits.size(); ++i)
    digits[i] = static_cast<char>(pair >> (7 * (kPairBytes - 1 - i)) & 0x7f);
  return digits;
}

void put_entry(std::string& out, std::int64_t pair, std::int64_t time) {
  const Digits digits = digits_of(pair);
  out.append(digits.data(), digits.size());
  std::array<char, kTimeBytes> clock{};
  time = std::clamp<std::int64_t>(time, 0, 9'999'999'999);
  for (std::size_t i = clock.size(); i-- > 0; time /= 100)
    clock[i] = static_cast<char>(time % 100 + kZero);
  out.append(clock.data(), clock.size());
}

std::int64_t pair_at(std::string_view entries, std::size_t at) {
  std::int64_t pair = 0;
  for (const char digit : entries.substr(at, kPairBytes)) pair = pair << 7 | digit;
  return pair;
}

std::int64_t time_at(std::string_view entries, std::size_t at) {
  std::int64_t time = 0;
  for (const char digit : entries.substr(at + kPairBytes, kTimeBytes))
    time = time * 100 + (digit - kZero);
  return time;
}

/// The time of that pair among entries in order.
std::optional<std::int64_t> find_time(std::string_view entries, std::int64_t pair) {
  const Digits wanted = digits_of(pair);
  const std::string_view key(wanted.data(), wanted.size());
  std::size_t low = 0, high = entries.size() / kEntryBytes;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int order = entries.substr(middle * kEntryBytes, kPairBytes).compare(key);
    if (order == 0) return time_at(entries, middle * kEntryBytes);
    order < 0 ? low = middle + 1 : high = middle;
  }
  return std::nullopt;
}

}  // namespace

PairBook::PairBook(Database& database) : database_(database) {}

std::int64_t PairBook::pair_of(std::int64_t sender_hash, std::int64_t recipient_hash) {
  // Hashes without case: who corresponded is the question, not which mailbox a server tells apart.
  return (sender_hash & 0xffffffff) << 31 | (recipient_hash & 0x7fffffff);
}

void PairBook::decode(const Block& block, Mail& mail) {
  mail.clear();
  std::size_t later = 0;
  for (std::size_t at = 0; at + kEntryBytes <= block.pairs.size(); at += kEntryBytes) {
    const std::int64_t pair = pair_at(block.pairs, at), first = time_at(block.pairs, at);
    mail.push_back({pair, first, first});
    if (later + kEntryBytes <= block.later.size() && pair_at(block.later, later) == pair) {
      mail.back().last = time_at(block.later, later);
      later += kEntryBytes;
    }
  }
}

/// An empty one where there is none.
PairBook::Block PairBook::block_of(std::int64_t pair) {
  Block block;
  Statement& find = database_.cached(
      "SELECT first_pair, pairs, later FROM correspondence WHERE first_pair <= ? ORDER BY"
      " first_pair DESC LIMIT 1");
  if (find.bind(pair).step()) {
    block.begin = find.integer(0);
    block.pairs = find.text(1);
    block.later = find.text(2);
  }
  find.reset();
  Statement& next = database_.cached(
      "SELECT first_pair FROM correspondence WHERE first_pair > ? ORDER BY first_pair LIMIT 1");
  block.last =
      next.bind(pair).step() ? next.integer(0) - 1 : std::numeric_limits<std::int64_t>::max();
  next.reset();
  return block;
}

void PairBook::write_block(std::int64_t begin, const Corresponded* mail, std::size_t count) {
  std::string pairs, later;
  pairs.reserve(count * kEntryBytes);
  for (const auto* of = mail; of != mail + count; ++of) {
    put_entry(pairs, of->pair, of->first);
    if (of->last != of->first) put_entry(later, of->pair, of->last);
  }
  database_
      .cached("INSERT OR REPLACE INTO correspondence(first_pair, pairs, later) VALUES (?, ?, ?)")
      .bind(begin)
      .bind_blob(pairs)
      .bind_blob(later)
      .run();
}

/// In as many blocks as it takes, the first of which begins at `begin`.
void PairBook::write(std::int64_t begin, const Mail& mail) {
  const std::size_t blocks = std::max<std::size_t>((mail.size() + kMost - 1) / kMost, 1);
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::size_t from = mail.size() * i / blocks, until = mail.size() * (i + 1) / blocks;
    write_block(i == 0 ? begin : mail[from].pair, mail.data() + from, until - from);
  }
}

void PairBook::add(const std::vector<Corresponded>& mail) {
  at_hand_.reset();
  if (!mail.empty()) ++additions_;
  Mail there, both;
  for (auto next = mail.begin(); next != mail.end();) {
    const Block block = block_of(next->pair);
    decode(block, there);
    both.clear();
    auto old = there.cbegin();
    for (; next != mail.end() && next->pair <= block.last; ++next) {
      while (old != there.cend() && old->pair < next->pair) both.push_back(*old++);
      both.push_back(*next);
      if (old == there.cend() || old->pair != next->pair) continue;
      both.back().first = std::min(old->first, next->first);
      both.back().last = std::max(old->last, next->last);
      ++old;
    }
    both.insert(both.end(), old, there.cend());
    write(block.begin, both);
  }
}

std::optional<Corresponded> PairBook::find(std::int64_t pair) {
  if (!at_hand_ || pair < at_hand_->begin || pair > at_hand_->last) at_hand_ = block_of(pair);
  const auto first = find_time(at_hand_->pairs, pair);
  if (!first) return std::nullopt;
  return Corresponded{pair, *first, find_time(at_hand_->later, pair).value_or(*first)};
}

std::int64_t PairBook::size() {
  return database_.integer("SELECT coalesce(sum(length(pairs)), 0) FROM correspondence") /
         static_cast<std::int64_t>(kEntryBytes);
}

void PairBook::each(const std::function<void(const Corresponded&)>& take) {
  Statement all(database_, "SELECT pairs, later FROM correspondence ORDER BY first_pair");
  Mail mail;
  while (all.step()) {
    decode({0, 0, all.text(0), all.text(1)}, mail);
    for (const auto& of : mail) take(of);
  }
}

void PairBook::erase_if(const std::function<bool(const Corresponded&)>& goes) {
  at_hand_.reset();
  Mail mail;
  for (const auto begin : begins()) {
    decode(block_of(begin), mail);
    if (std::erase_if(mail, goes) == 0) continue;
    if (mail.empty() && begin != 0) {
      database_.cached("DELETE FROM correspondence WHERE first_pair = ?").bind(begin).run();
    } else {
      write(begin, mail);
    }
  }
  ++additions_;  // blocks are less full
}

void PairBook::pack() {
  if (additions_ > 1) {
    at_hand_.reset();
    database_.execute(
        "CREATE TEMP TABLE unpacked AS SELECT pairs, later FROM correspondence ORDER BY first_pair;"
        "DELETE FROM correspondence");
    Mail mail, more;
    std::int64_t begin = 0;
    Statement all(database_, "SELECT pairs, later FROM temp.unpacked ORDER BY rowid");
    while (all.step()) {
      decode({0, 0, all.text(0), all.text(1)}, more);
      mail.insert(mail.end(), more.begin(), more.end());
      for (; mail.size() > kMost; mail.erase(mail.begin(), mail.begin() + kMost)) {
        write_block(begin, mail.data(), kMost);
        begin = mail[kMost].pair;
      }
    }
    if (!mail.empty()) write_block(begin, mail.data(), mail.size());
    all = Statement();
    database_.execute("DROP TABLE temp.unpacked");
  }
  additions_ = 0;
}

void PairBook::forget() {
  at_hand_.reset();
  additions_ = 0;
}

std::vector<std::int64_t> PairBook::begins() {
  std::vector<std::int64_t> begins;
  Statement all(database_, "SELECT first_pair FROM correspondence ORDER BY first_pair");
  while (all.step()) begins.push_back(all.integer(0));
  return begins;
}

std::string pair_sql(const std::string& sender, const std::string& recipient) {
  return "((" + sender + ".hash & 4294967295) << 31 | (" + recipient + ".hash & 2147483647))";
}

std::string last_mail_sql(const std::string& sender, const std::string& recipient) {
  return "last_mail(" + pair_sql(sender, recipient) + ")";
}

void declare_last_mail(Database& database, PairBook& pairs) {
  const auto last_mail = [](sqlite3_context* context, int, sqlite3_value** values) {
    if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
    auto& book = *static_cast<PairBook*>(sqlite3_user_data(context));
    if (const auto mail = book.find(sqlite3_value_int64(values[0])))
      sqlite3_result_int64(context, mail->last);
  };
  database.note(sqlite3_create_function_v2(database.handle(), "last_mail", 1, SQLITE_UTF8, &pairs,
                                           last_mail, nullptr, nullptr, nullptr));
}

}  // namespace lostmail::store
