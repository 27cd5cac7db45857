#include "lostmail/whitelist/exim_list.hpp"

#include <utility>

#include <fmt/format.h>

#include "whitelist/address_check.hpp"
#include "whitelist/block.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::string_view kSendersHead =
    "# Senders that skip sender verification. lostmail writes this block anew each time; lines\n"
    "# outside it are kept. Exim reads the file as\n"
    "#   addresslist lostmail_senders = nwildlsearch;/path/of/this/file\n"
    "# and never with wildlsearch, which expands what strangers wrote. In lines of your own a\n"
    "# leading '!' or '/' is no part of an address: it lets everybody pass, or stops Exim.\n";

constexpr std::string_view kHostsHead =
    "# Clients that skip the checks of reverse DNS and HELO. lostmail writes this block anew each\n"
    "# time; lines outside it are kept. Exim reads the file as a plain host list:\n"
    "#   hostlist lostmail_hosts = /path/of/this/file\n";

constexpr std::string_view kSendersAcl =
    R"(# 1. In the main section, above "begin acl". While there is no file the list is empty.
addresslist lostmail_senders = ${{if exists{{{0}}}{{nwildlsearch;{0}}}{{}}}}

# 2. In the ACL that acl_smtp_rcpt names. The exemption stands in the statement that verifies, so
#    that it lifts this check and no other. A statement that reads
#      require verify = sender/callout=30s,defer_ok
#    becomes this one, with your own options after "sender":
  deny    !senders = +lostmail_senders
          !verify  = sender/callout=30s,defer_ok
#    A deny that has "!verify = sender" already gets the line "!senders = ..." above it. Likewise
#    for "!verify = header_sender" in the ACL that acl_smtp_data names.
#    Never "accept senders = +lostmail_senders": a sender can be forged, and an accept above relay
#    control is an open relay for whoever guesses an entry. Never add the line to a require: all
#    other senders would be refused.

# 3. Test, then reload:
#      exim -bV
#      exim -bh 192.0.2.9
)";

constexpr std::string_view kHostsAcl =
    R"(# 1. In the main section, above "begin acl". While there is no file the list is empty.
hostlist lostmail_hosts = ${{if exists{{{0}}}{{{0}}}{{}}}}

# 2. In the ACL that holds the check. The exemption stands in the statement that checks, so that it
#    lifts this check and no other. A statement that reads
#      require verify = reverse_host_lookup
#    becomes the first of these, and one for "verify = helo" the second:
  deny    !hosts   = +lostmail_hosts
          message  = Fix reverse DNS for $sender_host_address
          !verify  = reverse_host_lookup
  deny    !hosts   = +lostmail_hosts
          message  = HELO name does not fit the client
          !verify  = helo
#    Never "accept hosts = +lostmail_hosts": above relay control it opens relaying for these hosts.

# 3. Test, then reload:
#      exim -bV
#      exim -bh 192.0.2.9
)";

}  // namespace

Result<std::string> nwildlsearch_key(std::string_view address) { return checked_address(address); }

Result<std::string> host_key(std::string_view ip) { return checked_client(ip); }

ListFile exim_senders_file(std::span<const Entry> entries, std::int64_t now) {
  return block_of(entries, now,
                  {List::exim_senders, kSendersHead, [](const Entry& entry) { return entry.key; }});
}

ListFile exim_hosts_file(std::span<const Entry> entries, std::int64_t now) {
  return block_of(entries, now,
                  {List::exim_hosts, kHostsHead, [](const Entry& entry) { return entry.key; }});
}

Result<std::string> exim_senders_acl(std::string_view path) {
  return plain_path(path).map(
      [](const std::string& plain) { return fmt::format(fmt::runtime(kSendersAcl), plain); });
}

Result<std::string> exim_hosts_acl(std::string_view path) {
  return plain_path(path).map(
      [](const std::string& plain) { return fmt::format(fmt::runtime(kHostsAcl), plain); });
}

}  // namespace lostmail::whitelist
