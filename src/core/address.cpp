#include "lostmail/core/address.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace lostmail {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr std::uint64_t each_byte(std::uint64_t value) { return value * 0x0101010101010101U; }

/// The high bit of each byte that is an upper-case letter.
std::uint64_t upper_ones(std::uint64_t eight) {
  const std::uint64_t low = eight & each_byte(0x7f);
  return (low + each_byte(0x80 - 'A')) & ~(low + each_byte(0x7f - 'Z')) & ~eight & each_byte(0x80);
}

/// Where the last '@' stands, the length where none does. From one to the next, of which most
/// addresses have one: rfind() looks at each character.
std::size_t last_at_sign(std::string_view address) {
  auto at = address.find('@');
  for (auto next = at; next != std::string_view::npos; next = address.find('@', at + 1)) at = next;
  return at == std::string_view::npos ? address.size() : at;
}

}  // namespace

bool has_upper(std::string_view text) {
  std::uint64_t eight = 0, any = 0;
  if (text.size() < sizeof eight) {
    if (!text.empty()) std::memcpy(&eight, text.data(), text.size());
    return upper_ones(eight) != 0;
  }
  const std::size_t last = text.size() - sizeof eight;  // may overlap with the eight before
  for (std::size_t at = 0; at < last; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    any |= upper_ones(eight);
  }
  std::memcpy(&eight, text.data() + last, sizeof eight);
  return (any | upper_ones(eight)) != 0;
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  if (left == right) return true;
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view strip_path(std::string_view path) {
  if (!path.empty() && path.front() == '<') {
    path.remove_prefix(1);
    if (!path.empty() && path.back() == '>') path.remove_suffix(1);
  }
  // A source route `@one,@two:joe@three`; a colon elsewhere (in a quoted local part) does not
  // follow an '@' at the start.
  if (!path.empty() && path.front() == '@') {
    const auto colon = path.find(':');
    if (colon != std::string_view::npos) path.remove_prefix(colon + 1);
  }
  return path;
}

std::optional<Mailbox> Mailbox::parse(std::string_view address) {
  if (address.empty()) return std::nullopt;
  Mailbox result;
  result.text_ = std::string(address);  // in one step: assigning looks for room first
  result.find_domain();
  return result;
}

void Mailbox::assign(std::string_view address) {
  text_ = address;
  find_domain();
}

void Mailbox::find_domain() {
  at_ = last_at_sign(text_);
  if (!has_upper(std::string_view(text_).substr(at_))) return;
  const auto domain = text_.begin() + static_cast<std::ptrdiff_t>(at_);
  std::transform(domain, text_.end(), domain, lower);
}

ReversePath ReversePath::parse(std::string_view path) {
  ReversePath result;
  result.mailbox_ = Mailbox::parse(strip_path(path));
  return result;
}

}  // namespace lostmail
