#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "random.hpp"

namespace lostmail::bench {

/// A host as it stands in a log.
struct Peer {
  std::string name;  ///< reverse-verified; empty: no PTR
  std::string helo;
  std::string ip;  ///< of 10.0.0.0/8 or 2001:db8::/32
};

/// What asking the sender's server about the sender leads to.
enum class Fate : std::uint8_t {
  mailbox_unknown,
  null_sender_refused,
  unroutable,
  callout_host_refused,
  callout_deferred,
  callout_unreachable,
  mx_unusable,
  null_mx,
  dns_temporary,
};

/// A sender whose address does not verify.
struct BadSender {
  std::string address, domain, mx_ip;
  Fate fate = Fate::mailbox_unknown;  ///< the same for all addresses of a domain
  bool comes_again = false;           ///< one of the few; else the address is made up for this mail
};

/// Who writes to whom: all names end in example, example.com, .net or .org.
class World {
 public:
  explicit World(Random& random) : random_(random) {}

  [[nodiscard]] std::string local_address();  ///< a mailbox of ours
  [[nodiscard]] std::string unknown_local();  ///< an address in a domain of ours that nobody has
  [[nodiscard]] std::string correspondent(std::uint32_t domain);
  [[nodiscard]] std::uint32_t correspondent_domain();
  [[nodiscard]] static std::string domain_name(std::uint32_t domain);
  [[nodiscard]] Peer correspondent_host(std::uint32_t domain);
  [[nodiscard]] std::string spam_sender();
  [[nodiscard]] Peer spam_host();      ///< with a provider's name, or with none
  [[nodiscard]] Peer nameless_host();  ///< no PTR
  [[nodiscard]] BadSender bad_sender();
  /// `length` characters of lower-case letters and digits.
  [[nodiscard]] std::string token(std::size_t length);

  [[nodiscard]] static std::string address_of_host(std::uint32_t host);

 private:
  Random& random_;
};

}  // namespace lostmail::bench
