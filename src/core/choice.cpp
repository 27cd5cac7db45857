#include "lostmail/core/choice.hpp"

#include <array>
#include <charconv>
#include <climits>

#include <arpa/inet.h>

#include "lostmail/core/host.hpp"

namespace lostmail {
namespace {

/// 4 or 16 bytes in network order; empty for no address.
std::string bytes_of(std::string_view ip) {
  const std::string text(ip);
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return {};
}

bool same_bits(std::string_view left, std::string_view right, int bits) {
  const auto whole = static_cast<std::size_t>(bits / CHAR_BIT);
  if (left.substr(0, whole) != right.substr(0, whole)) return false;
  const int rest = bits % CHAR_BIT;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (CHAR_BIT - rest));
  return ((static_cast<unsigned char>(left[whole]) ^ static_cast<unsigned char>(right[whole])) &
          mask) == 0;
}

}  // namespace

Result<AddressChoice> AddressChoice::parse(std::string_view text) {
  AddressChoice choice;
  if (text == "<>") return choice;
  const auto address = strip_path(text);
  choice.domain_ = address.starts_with('@');
  choice.text_ = to_lower(choice.domain_ ? address.substr(1) : address);
  if (choice.text_.empty()) {
    return fail(ErrorKind::invalid_argument, std::string(text),
                "is no address: say alice@example.com, @example.com for a domain, or <>");
  }
  return choice;
}

bool AddressChoice::matches(std::string_view address) const {
  if (!domain_) return equals_ignoring_case(address, text_);
  const auto at = address.rfind('@');
  return at != std::string_view::npos && equals_ignoring_case(address.substr(at + 1), text_);
}

Result<HostChoice> HostChoice::parse(std::string_view text) {
  HostChoice choice;
  if (auto ip = canonical_ip(text)) {
    choice.kind_ = Kind::address;
    choice.text_ = std::move(*ip);
    return choice;
  }
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    choice.text_ = to_lower(text);
    while (choice.text_.ends_with('.')) choice.text_.pop_back();
    if (!choice.text_.empty()) return choice;
  } else if (auto ip = canonical_ip(text.substr(0, slash))) {
    choice.kind_ = Kind::network;
    choice.bytes_ = bytes_of(*ip);
    const auto bits = text.substr(slash + 1);
    const char* end = bits.data() + bits.size();
    const auto [next, code] = std::from_chars(bits.data(), end, choice.bits_);
    if (code == std::errc() && next == end && choice.bits_ >= 0 &&
        static_cast<std::size_t>(choice.bits_) <= choice.bytes_.size() * CHAR_BIT) {
      choice.text_ = std::move(*ip);
      return choice;
    }
  }
  return fail(ErrorKind::invalid_argument, std::string(text),
              "is no host: say 192.0.2.7, 192.0.2.0/24 or mx.example.net");
}

bool HostChoice::matches(std::string_view ip, std::string_view name) const {
  return kind_ == Kind::name ? matches_name(name) : matches_ip(ip);
}

bool HostChoice::matches_ip(std::string_view ip) const {
  if (kind_ == Kind::address) return ip == text_;
  if (kind_ != Kind::network) return false;
  const std::string bytes = bytes_of(ip);
  return bytes.size() == bytes_.size() && same_bits(bytes, bytes_, bits_);
}

bool HostChoice::matches_name(std::string_view name) const {
  if (kind_ != Kind::name) return false;
  while (name.ends_with('.')) name.remove_suffix(1);
  if (equals_ignoring_case(name, text_)) return true;
  return name.size() > text_.size() &&
         equals_ignoring_case(name.substr(name.size() - text_.size()), text_) &&
         name[name.size() - text_.size() - 1] == '.';
}

}  // namespace lostmail
