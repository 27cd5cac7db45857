#include "world.hpp"

#include <array>

#include <fmt/format.h>

namespace lostmail::bench {
namespace {

constexpr std::uint32_t kLocalDomains = 300, kLocalUsers = 60;
constexpr std::uint32_t kCorrespondentDomains = 20'000, kCorrespondentUsers = 40;
constexpr std::uint32_t kSpamDomains = 30'000, kSpamHosts = 200'000, kBadDomains = 8'000;
// Where each kind of host begins among the numbers that become addresses.
constexpr std::uint32_t kSpamHostBase = 1'000'000, kBadHostBase = 2'000'000;

constexpr std::array<std::string_view, 24> kNames{
    "anna", "ben",  "carla", "david", "elena", "frank", "greta",  "hugo",
    "ines", "jan",  "karin", "lars",  "maria", "nils",  "olga",   "paul",
    "rita", "sven", "tina",  "udo",   "vera",  "willi", "yvonne", "zoe"};
constexpr std::array<std::string_view, 12> kWords{"acorn",  "bright", "cedar",  "delta",
                                                  "ember",  "falcon", "garden", "harbor",
                                                  "island", "jasper", "kernel", "lumen"};
constexpr std::array<std::string_view, 6> kOffices{"info",   "office",  "news",
                                                   "orders", "noreply", "support"};
constexpr std::array<std::string_view, 3> kSuffixes{"com", "net", "org"};

struct WeightedFate {
  std::uint32_t weight;
  Fate fate;
};
constexpr std::array<WeightedFate, 9> kFates{{{45, Fate::mailbox_unknown},
                                              {12, Fate::null_sender_refused},
                                              {22, Fate::unroutable},
                                              {5, Fate::callout_host_refused},
                                              {6, Fate::callout_deferred},
                                              {6, Fate::callout_unreachable},
                                              {2, Fate::mx_unusable},
                                              {1, Fate::null_mx},
                                              {1, Fate::dns_temporary}}};

template <std::size_t N>
std::string_view nth(const std::array<std::string_view, N>& list, std::uint32_t number) {
  return list[number % N];
}

std::string mailbox_name(std::uint32_t user) {
  if (user % 5 == 4) return std::string(nth(kOffices, user / 5));
  return fmt::format("{}.{}{}", nth(kNames, user), nth(kWords, user * 7), user);
}

}  // namespace

std::string World::address_of_host(std::uint32_t host) {
  if (host % 8 == 7) {
    return fmt::format("2001:db8:{:x}:{:x}::{:x}", host & 0xffff, host >> 16, host % 4093 + 1);
  }
  const std::uint32_t mixed = (host * 2654435761U) >> 8;
  return fmt::format("10.{}.{}.{}", mixed >> 16, (mixed >> 8) & 255, mixed & 255);
}

std::string World::domain_name(std::uint32_t domain) {
  return fmt::format("{}{}.example.{}", nth(kWords, domain), domain, nth(kSuffixes, domain / 7));
}

std::string World::local_address() {
  const std::uint32_t domain = random_.zipf(kLocalDomains);
  return fmt::format("{}@ours{}.example", mailbox_name(random_.zipf(kLocalUsers)), domain);
}

std::string World::unknown_local() {
  return fmt::format("{}{}@ours{}.example", nth(kNames, random_.below(24)), token(4),
                     random_.zipf(kLocalDomains));
}

std::uint32_t World::correspondent_domain() { return random_.zipf(kCorrespondentDomains); }

std::string World::correspondent(std::uint32_t domain) {
  if (random_.chance(15)) return fmt::format("bounce-{}@{}", token(16), domain_name(domain));
  return fmt::format("{}@{}", mailbox_name(random_.zipf(kCorrespondentUsers)), domain_name(domain));
}

Peer World::correspondent_host(std::uint32_t domain) {
  const std::uint32_t machine = random_.zipf(4);
  Peer peer;
  peer.name = fmt::format("mail{}.{}", machine, domain_name(domain));
  peer.helo =
      domain % 5 < 3 ? peer.name : fmt::format("smtp-out{}.{}", machine, domain_name(domain));
  peer.ip = address_of_host(domain * 4 + machine);
  return peer;
}

std::string World::spam_sender() {
  return fmt::format("{}@{}{}.example.{}", token(6 + random_.below(14)),
                     nth(kWords, random_.below(12)), random_.zipf(kSpamDomains),
                     nth(kSuffixes, random_.below(3)));
}

Peer World::nameless_host() {
  const std::uint32_t host = random_.zipf(kSpamHosts);
  Peer peer;
  peer.ip = address_of_host(kSpamHostBase + host);
  peer.helo =
      host % 3 == 0 ? fmt::format("[{}]", peer.ip) : fmt::format("win-{}.example.org", token(8));
  if (peer.helo.find(':') != std::string::npos) peer.helo.insert(1, "IPv6:");
  return peer;
}

Peer World::spam_host() {
  if (random_.chance(40)) return nameless_host();
  const std::uint32_t host = random_.zipf(kSpamHosts);
  Peer peer;
  peer.ip = address_of_host(kSpamHostBase + host);
  peer.name = fmt::format("host-{}.dyn.pool{}.example.net", host, host % 97);
  peer.helo = host % 4 == 0 ? peer.name : fmt::format("{}.example.com", token(7));
  return peer;
}

BadSender World::bad_sender() {
  const std::uint32_t domain = random_.zipf(kBadDomains);
  BadSender sender;
  sender.domain = fmt::format("{}{}.example.org", nth(kWords, domain * 5), 50'000 + domain);
  sender.mx_ip = address_of_host(kBadHostBase + domain);
  Random own(domain);  // a domain's fate does not depend on who asks when
  sender.fate = own.pick<WeightedFate>(kFates).fate;
  sender.comes_again = random_.chance(35);
  sender.address = sender.comes_again
                       ? fmt::format("{}@{}", mailbox_name(random_.zipf(12)), sender.domain)
                       : fmt::format("{}@{}", token(8 + random_.below(10)), sender.domain);
  return sender;
}

std::string World::token(std::size_t length) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text(length, 'a');
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < length; ++i, bits >>= 5) {
    if (i % 12 == 0) bits = random_.bits();
    text[i] = kLetters[bits & 31];
  }
  return text;
}

}  // namespace lostmail::bench
