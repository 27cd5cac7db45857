#include "lostmail/core/host.hpp"

#include <array>

#include <arpa/inet.h>

#include <fmt/format.h>

#include "lostmail/core/address.hpp"

namespace lostmail {

namespace {

/// Four decimal numbers up to 255 without zeros before, as inet_pton(3) takes them: canonical as it
/// stands. Every refusal has one, and most are no IPv6.
bool is_dotted_quad(std::string_view text) {
  int groups = 0, digits = 0, value = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (digits > 0 && value == 0) return false;
      value = value * 10 + (c - '0');
      if (++digits > 3 || value > 255) return false;
    } else if (c == '.' && digits > 0 && groups < 3) {
      ++groups;
      digits = value = 0;
    } else {
      return false;
    }
  }
  return groups == 3 && digits > 0;
}

}  // namespace

std::optional<std::string> canonical_ip(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  if (text.size() > 5 && equals_ignoring_case(text.substr(0, 5), "IPv6:")) text.remove_prefix(5);
  if (is_dotted_quad(text)) return std::string(text);
  if (text.find(':') == std::string_view::npos) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.empty() || text.size() >= buffer.size()) return std::nullopt;
  text.copy(buffer.data(), text.size());
  in6_addr address{};
  if (inet_pton(AF_INET6, buffer.data(), &address) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (inet_ntop(AF_INET6, &address, out.data(), out.size()) == nullptr) return std::nullopt;
  return std::string(out.data());
}

std::string eight_groups(std::string_view ip) {
  std::array<unsigned char, 16> bytes{};
  const std::string text(ip);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    if (i != 0) result += ':';
    result += fmt::format("{:x}", (bytes[i] << 8) | bytes[i + 1]);
  }
  return result;
}

}  // namespace lostmail
