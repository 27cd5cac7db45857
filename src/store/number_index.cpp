#include "store/number_index.hpp"

#include <algorithm>
#include <string_view>

#include <boost/sort/spreadsort/integer_sort.hpp>

namespace lostmail::store {
namespace {

void put_number(std::string& out, std::int64_t value) {
  auto left = static_cast<std::uint64_t>(value);
  for (; left > 0x7f; left >>= 7U) out += static_cast<char>(left | 0x80U);
  out += static_cast<char>(left);
}

std::size_t bytes_of(std::int64_t value) {
  std::size_t bytes = 1;
  for (auto left = static_cast<std::uint64_t>(value); left > 0x7f; left >>= 7U) ++bytes;
  return bytes;
}

std::int64_t take_number(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; at < bytes.size() && shift < 63; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes[at++]);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) break;
  }
  return static_cast<std::int64_t>(value);
}

/// Calls `take` with each entry until it returns false.
template <typename Take>
void each_entry(std::string_view bytes, Take take) {
  KeyedNumber entry;
  for (std::size_t at = 0; at < bytes.size();) {
    entry.key += take_number(bytes, at);
    entry.number = take_number(bytes, at);
    if (!take(entry)) return;
  }
}

}  // namespace

std::size_t NumberFormat::size_of(const Entry& entry, const Entry* one_before) {
  return bytes_of(entry.key - (one_before != nullptr ? one_before->key : 0)) +
         bytes_of(entry.number);
}

std::array<std::string, 1> NumberFormat::encode(const std::vector<Entry>& entries) {
  std::array<std::string, 1> bytes;
  std::int64_t key = 0;
  for (const auto& entry : entries) {
    put_number(bytes[0], entry.key - key);
    put_number(bytes[0], entry.number);
    key = entry.key;
  }
  return bytes;
}

void NumberFormat::decode(const std::array<std::string, 1>& bytes, std::vector<Entry>& entries) {
  each_entry(bytes[0], [&](const KeyedNumber& entry) {
    entries.push_back(entry);
    return true;
  });
}

void NumberIndex::add(std::int64_t key, std::int64_t number) {
  if (pending_.empty()) pending_.reserve(kMostPending);
  pending_.push_back({key, number});
  if (pending_.size() >= kMostPending) flush();
}

void NumberIndex::flush() {
  boost::sort::spreadsort::integer_sort(
      pending_.begin(), pending_.end(),
      [](const KeyedNumber& of, unsigned shift) { return of.key >> shift; }, NumberFormat::before);
  // Many of one key it leaves as they are.
  if (!std::is_sorted(pending_.begin(), pending_.end(), NumberFormat::before))
    std::sort(pending_.begin(), pending_.end(), NumberFormat::before);
  book_.add(pending_);
  // Its room, too (`= {}` would keep it): there are several of these, and few are filled at a time.
  pending_ = Pending();
}

const std::vector<std::int64_t>& NumberIndex::find(std::int64_t first, std::int64_t last) {
  found_.clear();
  for (std::int64_t key = first; key <= last;) {
    const auto& block = book_.block_of(key);
    each_entry(block.bytes[0], [&](const KeyedNumber& entry) {
      if (entry.key >= first && entry.key <= last) found_.push_back(entry.number);
      return entry.key <= last;
    });
    if (block.last >= last) break;
    key = block.last + 1;
  }
  return found_;
}

const std::vector<std::int64_t>& NumberIndex::find(std::int64_t key) {
  found_.clear();
  each_entry(book_.bytes_of(key)[0], [&](const KeyedNumber& entry) {
    if (entry.key == key) found_.push_back(entry.number);
    return entry.key <= key;
  });
  return found_;
}

void NumberIndex::forget() {
  pending_.clear();
  book_.forget();
}

}  // namespace lostmail::store
