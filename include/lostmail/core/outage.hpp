#pragma once

#include <cstdint>
#include <string>

/// What tells "our resolver broke" from "their DNS broke". Times are seconds since 1970, UTC.
namespace lostmail {

/// An inbound refusal that DNS answers decided: no PTR, a domain not found, no route.
struct DnsRefusal {
  std::int64_t time = 0;
  std::string client_ip;      ///< may be empty
  std::string sender_domain;  ///< may be empty
  bool known = false;         ///< mail went between this sender and this recipient, before or since
};

/// How many different clients were refused so in ten minutes.
struct BusyTime {
  static constexpr std::int64_t kSeconds = 600;
  std::int64_t start = 0;  ///< a multiple of kSeconds
  std::uint64_t clients = 0;
};

/// A time in which this server's own DNS gave wrong answers.
struct Outage {
  std::int64_t first = 0, last = 0;  ///< of the refusals that it explains
  std::uint64_t refusals = 0;
  std::uint64_t networks = 0;       ///< distinct /16 (IPv6: /32) of their clients
  std::uint64_t domains = 0;        ///< distinct sender domains
  std::uint64_t known_domains = 0;  ///< of these, with mail that did come through
};

}  // namespace lostmail
