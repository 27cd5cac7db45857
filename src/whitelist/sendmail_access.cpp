#include "lostmail/whitelist/sendmail_access.hpp"

#include <set>

#include <fmt/format.h>

#include "lostmail/core/address.hpp"
#include "whitelist/address_check.hpp"
#include "whitelist/block.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::string_view kHead =
    "# Senders and clients that a refusal by Sendmail's own checks is lifted for. lostmail writes\n"
    "# this block anew each time; lines outside it are kept. Rebuild the map after each change.\n";

constexpr std::string_view kGuide =
    R"(# Rebuild the map. Its type must be the one that sendmail.cf names (Kaccess hash ...):
#   makemap hash {0} < {0}
# On Debian "sendmailconfig", on RHEL and FreeBSD "make -C /etc/mail" do the same. No restart.
# Test, with a key from the list:
#   echo '/map access From:user@example.com' | sendmail -bt
# What else an entry lifts:
# - From:user@domain OK counts for every client that claims the sender, and a sender can be forged.
#   With FEATURE(delay_checks) (the log then shows sender texts under ruleset=check_rcpt) it skips
#   DNS lists, reverse DNS, Connect: REJECT, rate limits and HELO checks too.
# - Connect:IP OK skips DNS lists and rate limits for that client too. Prefer it where you can: a
#   client address is hard to forge.
# - Neither opens relaying. Never write RELAY, SKIP, keys without a tag, From:user@ or a prefix of
#   an address in place of these.
# - A milter that verifies senders reads its own configuration, not this map.
)";

/// Keys that lines outside the block hold, folded as makemap folds them.
Result<std::set<std::string>> keys_by_hand(std::string_view existing) {
  const auto lines = lines_outside_block(existing);
  if (!lines) return tl::unexpected(lines.error());
  std::set<std::string> keys;
  for (const std::string_view line : *lines) {
    if (line.empty() || line.front() == '#') continue;
    keys.insert(to_lower(line.substr(0, line.find_first_of(" \t"))));
  }
  return keys;
}

}  // namespace

Result<std::string> access_sender_key(std::string_view address) {
  return checked_address(address).map([](const std::string& lower) { return "From:" + lower; });
}

Result<std::string> access_client_key(std::string_view ip) {
  return checked_client(ip).map([](const std::string& client) {
    const bool six = client.find(':') != std::string::npos;
    return six ? "Connect:IPv6:" + eight_groups(client) : "Connect:" + client;
  });
}

Result<ListFile> sendmail_access_file(std::span<const Entry> entries, std::int64_t now,
                                      std::string_view existing) {
  const auto by_hand = keys_by_hand(existing);
  if (!by_hand) return tl::unexpected(by_hand.error());
  const auto decided = [&by_hand](const Entry& entry) -> std::string {
    return by_hand->contains(to_lower(entry.key)) ? "a line written by hand decides about this key"
                                                  : "";
  };
  return block_of(
      entries, now,
      {List::sendmail_access, kHead,
       [](const Entry& entry) { return fmt::format("{}\t{}", entry.key, kAccessValue); }, decided});
}

Result<std::string> sendmail_access_guide(std::string_view path) {
  return plain_path(path).map(
      [](const std::string& plain) { return fmt::format(fmt::runtime(kGuide), plain); });
}

}  // namespace lostmail::whitelist
