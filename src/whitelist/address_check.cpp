#include "whitelist/address_check.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include <arpa/inet.h>

#include <libpsl.h>

#include "lostmail/core/address.hpp"
#include "lostmail/core/host.hpp"
#include "lostmail/whitelist/auto_senders.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::size_t kMaxAddress = 320;  // RFC 5321 §4.5.3.1: 64 + 1 + 255
constexpr std::size_t kMaxDomain = 253;
constexpr std::size_t kMaxLabel = 63;

constexpr auto kProviders = std::to_array<std::string_view>({
#include "whitelist/providers.inc"
});
static_assert(std::is_sorted(kProviders.begin(), kProviders.end()));

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_local(char c) {
  return is_alnum(c) || std::string_view(".%&'+/=?_{|}~-").find(c) != std::string_view::npos;
}
bool is_printable(char c) { return c > 0x20 && c < 0x7f; }

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

/// Why `domain` is none; empty where it is one.
std::string_view fault_of_domain(std::string_view domain) {
  if (domain.starts_with('[')) return "an address literal stands for a host, not for a domain";
  if (domain.find('.') == std::string_view::npos) return "the domain has one label only";
  if (domain.size() > kMaxDomain) return "the domain is longer than 253 bytes";
  for (std::size_t start = 0; start <= domain.size();) {
    const std::size_t dot = std::min(domain.find('.', start), domain.size());
    if (!is_label(domain.substr(start, dot - start)))
      return "the domain is not one that DNS can hold";
    start = dot + 1;
  }
  const std::string_view top = domain.substr(domain.rfind('.') + 1);
  if (std::all_of(top.begin(), top.end(), is_digit)) return "the domain ends in a number";
  return {};
}

/// Why `address` cannot be a key; empty where it can, its public suffix apart.
std::string_view fault_of_address(std::string_view address) {
  if (address.empty()) return "the null sender, or none: sender verification passes it anyway";
  if (address.size() > kMaxAddress) return "longer than 320 bytes";
  if (!std::all_of(address.begin(), address.end(), is_printable)) {
    return "holds bytes that are not printable ASCII, or blanks";
  }
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return "no '@' in it: an entry names a whole address";
  const std::string_view local = address.substr(0, at);
  if (local.empty()) return "an address without a local part";
  if (local.front() == '/') return "starts with '/', which Exim takes for the name of a file";
  if (!std::all_of(local.begin(), local.end(), is_local)) {
    return "its local part holds a character that a list could take for a pattern or a command";
  }
  return fault_of_domain(address.substr(at + 1));
}

std::string without_last_dot(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return to_lower(domain);
}

/// Before the last `@`, in lower case.
std::string local_part(std::string_view address) {
  return to_lower(address.substr(0, std::min(address.rfind('@'), address.size())));
}

using Octets = std::array<std::uint8_t, 4>;

std::optional<Octets> ipv4(std::string_view text) {
  Octets octets{};
  if (inet_pton(AF_INET, std::string(text).c_str(), octets.data()) != 1) return std::nullopt;
  return octets;
}

std::optional<std::array<std::uint8_t, 16>> ipv6(std::string_view text) {
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

/// `::ffff:192.0.2.7` is the client 192.0.2.7.
std::string unmapped(std::string ip) {
  constexpr std::string_view kMapped = "::ffff:";
  if (ip.starts_with(kMapped) && ipv4(std::string_view(ip).substr(kMapped.size()))) {
    ip.erase(0, kMapped.size());
  }
  return ip;
}

bool is_one_host(std::string_view ip) {
  if (const auto four = ipv4(ip)) return (*four)[0] != 0 && (*four)[0] != 127 && (*four)[0] < 224;
  const auto six = ipv6(ip);
  if (!six || (*six)[0] == 0xff) return false;
  const bool low = std::all_of(six->begin(), six->end() - 4, [](auto byte) { return byte == 0; });
  return !low;  // ::, ::1 and the IPv4-compatible addresses
}

}  // namespace

Result<std::string> checked_address(std::string_view address) {
  const std::string_view fault = fault_of_address(address);
  if (!fault.empty()) return fail(ErrorKind::invalid_argument, printable(address), "{}", fault);
  std::string lower = to_lower(address);
  // Without its data libpsl knows no suffix; an empty answer is then a refusal too.
  if (registered_domain(domain_of(lower)).empty()) {
    return fail(ErrorKind::invalid_argument, printable(address),
                "its domain is a public suffix, under which anybody can register");
  }
  return lower;
}

Result<std::string> checked_domain(std::string_view domain) {
  const std::string name = without_last_dot(domain);
  if (const auto fault = fault_of_domain(name); !fault.empty()) {
    return fail(ErrorKind::invalid_argument, printable(domain), "{}", fault);
  }
  if (registered_domain(name).empty()) {
    return fail(ErrorKind::invalid_argument, printable(domain),
                "a public suffix, under which anybody can register");
  }
  return name;
}

Result<std::string> checked_client(std::string_view ip) {
  if (!canonical_ip(ip)) {
    return fail(ErrorKind::invalid_argument, printable(ip),
                "not an IP address: a client is named by its own, like 192.0.2.7");
  }
  std::string client = client_text(ip);
  if (!is_one_host(client)) {
    return fail(ErrorKind::invalid_argument, printable(ip), "not the address of one other host");
  }
  return client;
}

std::string client_text(std::string_view ip) {
  return unmapped(canonical_ip(ip).value_or(std::string(ip)));
}

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

bool is_within(std::string_view domain, const std::set<std::string>& domains) {
  const std::string inner = without_last_dot(domain);
  return std::any_of(domains.begin(), domains.end(), [&inner](const std::string& text) {
    const std::string outer = without_last_dot(text);
    if (outer.empty() || !inner.ends_with(outer)) return false;
    return inner.size() == outer.size() || inner[inner.size() - outer.size() - 1] == '.';
  });
}

std::string registered_domain(std::string_view domain) {
  const std::string name = without_last_dot(domain);
  if (!fault_of_domain(name).empty()) return {};
  const psl_ctx_t* list = psl_builtin();  // compiled in, freed by nobody
  if (list == nullptr) return {};
  const char* found = psl_registrable_domain(list, name.c_str());
  return found == nullptr ? std::string() : std::string(found);
}

bool is_provider(std::string_view domain) {
  const std::string name = without_last_dot(domain);
  return std::binary_search(kProviders.begin(), kProviders.end(), std::string_view(name));
}

bool is_private_domain(std::string_view domain) {
  static const std::set<std::string> kPrivate{"localhost", "localdomain", "local",    "lan",
                                              "home",      "corp",        "internal", "intranet",
                                              "private",   "invalid",     "onion",    "home.arpa"};
  return is_within(domain, kPrivate);
}

bool is_private_client(std::string_view canonical_ip) {
  if (const auto four = ipv4(canonical_ip)) {
    const auto [a, b, c, d] = *four;
    return a == 10 || (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168) ||
           (a == 100 && (b & 0xc0) == 64) || (a == 169 && b == 254);
  }
  const auto six = ipv6(canonical_ip);
  return six && (((*six)[0] & 0xfe) == 0xfc || ((*six)[0] == 0xfe && ((*six)[1] & 0xc0) == 0x80));
}

bool is_automatic(std::string_view address) {
  static const std::set<std::string, std::less<>> kNames{
      "mailer-daemon", "daemon",       "postmaster", "www-data", "apache",        "cron",
      "noreply",       "no-reply",     "no_reply",   "bounce",   "bounces",       "donotreply",
      "do-not-reply",  "notification", "robot",      "mailman",  "notifications", "majordomo"};
  return shape_of(address) != nullptr || kNames.contains(local_part(address));
}

}  // namespace lostmail::whitelist
