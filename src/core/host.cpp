#include "lostmail/core/host.hpp"

#include <array>

#include <arpa/inet.h>

#include "lostmail/core/address.hpp"

namespace lostmail {

std::optional<std::string> canonical_ip(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  if (text.size() > 5 && equals_ignoring_case(text.substr(0, 5), "IPv6:")) text.remove_prefix(5);
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.empty() || text.size() >= buffer.size()) return std::nullopt;
  text.copy(buffer.data(), text.size());
  const bool six = text.find(':') != std::string_view::npos;
  if (!six) {
    // inet_pton takes exactly four decimal groups, so an address in canonical form is what it
    // accepts.
    in_addr four{};
    if (inet_pton(AF_INET, buffer.data(), &four) != 1) return std::nullopt;
    return std::string(text);
  }
  in6_addr address{};
  if (inet_pton(AF_INET6, buffer.data(), &address) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (inet_ntop(AF_INET6, &address, out.data(), out.size()) == nullptr) return std::nullopt;
  return std::string(out.data());
}

}  // namespace lostmail
