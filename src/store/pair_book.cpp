#include "store/pair_book.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace lostmail::store {
namespace {

constexpr auto kPairBytes = PairFormat::kPairBytes, kTimeBytes = PairFormat::kTimeBytes,
               kEntryBytes = PairFormat::kEntryBytes;
constexpr int kZero = 28;  ///< digits of a time begin there: none is a NUL

using Digits = std::array<char, kPairBytes>;

void put_digits(char* out, std::int64_t pair) {
  for (std::size_t i = kPairBytes; i-- > 0; pair >>= 7) out[i] = static_cast<char>(pair & 0x7f);
}

Digits digits_of(std::int64_t pair) {
  Digits digits{};
  put_digits(digits.data(), pair);
  return digits;
}

/// Returns the place behind it.
char* put_entry(char* out, std::int64_t pair, std::int64_t time) {
  put_digits(out, pair);
  out += kPairBytes;
  auto left = static_cast<std::uint64_t>(std::clamp<std::int64_t>(time, 0, 9'999'999'999));
  for (std::size_t i = kTimeBytes; i-- > 0; left /= 100)
    out[i] = static_cast<char>(left % 100 + kZero);
  return out + kTimeBytes;
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

std::array<std::string, 2> PairFormat::encode(const std::vector<Entry>& entries) {
  std::array<std::string, 2> bytes;
  auto& [pairs, later] = bytes;
  pairs.resize(entries.size() * kEntryBytes);
  later.resize(pairs.size());
  char* first = pairs.data();
  char* last = later.data();
  for (const auto& of : entries) {
    first = put_entry(first, of.pair, of.first);
    if (of.last != of.first) last = put_entry(last, of.pair, of.last);
  }
  later.resize(static_cast<std::size_t>(last - later.data()));
  return bytes;
}

void PairFormat::decode(const std::array<std::string, 2>& bytes, std::vector<Entry>& entries) {
  const auto& [pairs, later] = bytes;
  std::size_t next = 0;
  for (std::size_t at = 0; at + kEntryBytes <= pairs.size(); at += kEntryBytes) {
    const std::int64_t pair = pair_at(pairs, at), first = time_at(pairs, at);
    entries.push_back({pair, first, first});
    if (next + kEntryBytes <= later.size() && pair_at(later, next) == pair) {
      entries.back().last = time_at(later, next);
      next += kEntryBytes;
    }
  }
}

std::int64_t PairBook::pair_of(std::int64_t sender_hash, std::int64_t recipient_hash) {
  // Hashes without case: who corresponded is the question, not which mailbox a server tells apart.
  return (sender_hash & 0xffffffff) << 31 | (recipient_hash & 0x7fffffff);
}

std::optional<Corresponded> PairBook::find(std::int64_t pair) {
  const auto& [pairs, later] = block_of(pair).bytes;
  const auto first = find_time(pairs, pair);
  if (!first) return std::nullopt;
  return Corresponded{pair, *first, find_time(later, pair).value_or(*first)};
}

std::int64_t PairBook::size() {
  return database().integer("SELECT coalesce(sum(length(pairs)), 0) FROM correspondence") /
         static_cast<std::int64_t>(kEntryBytes);
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
