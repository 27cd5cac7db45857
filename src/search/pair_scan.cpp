#include "search/pair_scan.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

#include "lostmail/core/address.hpp"

namespace lostmail::search {
namespace {

constexpr std::size_t kLanes = 64;  ///< compared at once, in vectors
constexpr std::size_t kSample = 32 * 1024;
constexpr std::size_t kTried = 8;  ///< rare bytes of which a pair is made

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool any_set(const std::array<std::uint8_t, kLanes>& lanes) {
  std::array<std::uint64_t, kLanes / sizeof(std::uint64_t)> words{};
  std::memcpy(words.data(), lanes.data(), kLanes);
  return std::accumulate(words.begin(), words.end(), std::uint64_t{0}, std::bit_or<>()) != 0;
}

}  // namespace

PairScan::PairScan(const Literal& literal, std::string_view sample)
    : text_(literal.any_case ? to_lower(literal.text) : literal.text), any_case_(literal.any_case) {
  std::array<std::size_t, 256> seen{};
  for (const char c : sample.substr(0, kSample)) ++seen[static_cast<std::uint8_t>(c)];
  const auto rarity = [&](std::size_t at) {
    const Byte one = byte_at(at);
    const std::size_t upper = one.fold != 0 ? seen[one.byte & ~one.fold & 0xffU] : 0;
    return seen[one.byte] + upper;
  };
  std::vector<std::size_t> places(text_.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::stable_sort(places.begin(), places.end(),
                   [&](auto left, auto right) { return rarity(left) < rarity(right); });
  if (places.size() > kTried) places.resize(kTried);
  choose_pair(places, sample.substr(0, kSample));
}

/// Bytes that are rare may still stand together often.
void PairScan::choose_pair(const std::vector<std::size_t>& places, std::string_view sample) {
  pair_ = {byte_at(places.front()), byte_at(places.back())};
  if (sample.size() <= text_.size()) return;
  const std::size_t size = sample.size() - text_.size();
  auto best = pair_;
  std::size_t fewest = size;
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = i + 1; j < places.size(); ++j) {
      pair_ = {byte_at(places[i]), byte_at(places[j])};
      std::size_t count = 0;
      for (std::size_t at = next_candidates(sample.data(), size);
           at + kLanes <= size && count < fewest;
           at += kLanes + next_candidates(sample.data() + at + kLanes, size - at - kLanes))
        ++count;
      if (count < fewest) best = pair_;
      fewest = std::min(fewest, count);
    }
  }
  pair_ = best;
}

PairScan::Byte PairScan::byte_at(std::size_t at) const {
  const bool folded = any_case_ && is_letter(text_[at]);
  return {at, static_cast<std::uint8_t>(text_[at]), static_cast<std::uint8_t>(folded ? 0x20 : 0)};
}

bool PairScan::stands_at(const char* text) const {
  if (!any_case_) return std::memcmp(text, text_.data(), text_.size()) == 0;
  return equals_ignoring_case({text, text_.size()}, text_);
}

/// The first of the places, taken in lanes, among which both bytes stand; `size` where none is.
std::size_t PairScan::next_candidates(const char* text, std::size_t size) const {
  const auto [first, second] = pair_;
  const char* left = text + first.at;
  const char* right = text + second.at;
  std::array<std::uint8_t, kLanes> lanes{};
  for (std::size_t at = 0; at + kLanes <= size; at += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto one = static_cast<std::uint8_t>(left[at + lane] | first.fold);
      const auto two = static_cast<std::uint8_t>(right[at + lane] | second.fold);
      lanes[lane] = static_cast<std::uint8_t>((one == first.byte) & (two == second.byte));
    }
    if (any_set(lanes)) return at;
  }
  return size - size % kLanes;
}

void PairScan::find(std::string_view block, std::vector<std::size_t>& ends) const {
  if (block.size() < text_.size()) return;
  const std::size_t places = block.size() - text_.size() + 1;
  for (std::size_t at = 0; at < places;) {
    at += next_candidates(block.data() + at, places - at);
    for (const std::size_t end = std::min(at + kLanes, places); at < end; ++at) {
      const auto byte = static_cast<std::uint8_t>(block[at + pair_[0].at] | pair_[0].fold);
      if (byte == pair_[0].byte && stands_at(block.data() + at)) ends.push_back(at + text_.size());
    }
  }
}

}  // namespace lostmail::search
