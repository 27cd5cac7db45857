#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/result.hpp"
#include "lostmail/whitelist/entry.hpp"
#include "lostmail/whitelist/list_file.hpp"

/// Approved entries as the files that a mail server reads. Outside comments each line is made of
/// keys that this room built itself:
///
///     file                            read as              a line for
///     lostmail_senders                nwildlsearch         exim-senders
///     lostmail_callout_sender_…       lsearch, domains     exim-callout-sender-domains
///     lostmail_callout_receiver_…     lsearch, domains     exim-callout-receiver-domains
///     lostmail_sender_verify_…        lsearch, domains     exim-sender-verify-domains
///     lostmail_auto_senders           nwildlsearch, regex  exim-auto-senders
///     lostmail_hosts                  plain host list      exim-hosts
///     sender_local_deny_exceptions    plain address list   exim-senders, exim-auto-senders,
///                                                          the two lists of sender domains
///     host_local_deny_exceptions      plain host list      exim-hosts
///     senderverifybypasshosts         net-iplsearch        cpanel
///     trustedmailhosts                lsearch              cpanel
///     whitelist_senders               nwildlsearch         exim-senders, exim-auto-senders
///     whitelist_hosts_ip              plain host list      exim-hosts
///     access                          makemap, From: …     sendmail-access
namespace lostmail::whitelist {

enum class Format : std::uint8_t {
  exim_senders,
  exim_callout_sender_domains,
  exim_callout_receiver_domains,
  exim_sender_verify_domains,
  exim_auto_senders,
  exim_hosts,
  debian_exim4,
  cpanel,
  directadmin,
  sendmail_access,
};

/// One file of a format.
struct Target {
  Format format = Format::exim_senders;
  std::string_view folder;  ///< where the mail server looks for it, no last '/'
  std::string_view name;
  [[nodiscard]] std::string path() const { return std::string(folder) + '/' + std::string(name); }
};

/// The files of a format: one, or two for the panels and Debian.
[[nodiscard]] std::span<const Target> targets_of(Format format);

/// The block of one file, sorted. Left out, with the reason: what expired before `now`, what
/// check() does not pass, what this file's lookup would misread, and in the access map a key that a
/// line of `existing` outside the block decides. Entries of other lists are passed over. Errors: as
/// lines_outside_block().
[[nodiscard]] Result<ListFile> file_of(const Target& target, std::span<const Entry> entries,
                                       std::int64_t now, std::string_view existing = {});

/// The file has lines for the entry's list.
[[nodiscard]] bool takes(const Target& target, const Entry& entry);

/// Live entries for the same kind of mail server that no file of `format` holds, and why.
[[nodiscard]] std::vector<Rejected> not_held(Format format, std::span<const Entry> entries,
                                             std::int64_t now);

/// The format whose files a list's entries go to where nothing else is said.
[[nodiscard]] Format format_for(List list, Platform platform);

}  // namespace lostmail::whitelist

namespace lostmail {

template <>
struct Words<whitelist::Format> {
  static constexpr std::array<Word<whitelist::Format>, 10> list{{
      {whitelist::Format::exim_senders, "exim-senders"},
      {whitelist::Format::exim_callout_sender_domains, "exim-callout-sender-domains"},
      {whitelist::Format::exim_callout_receiver_domains, "exim-callout-receiver-domains"},
      {whitelist::Format::exim_sender_verify_domains, "exim-sender-verify-domains"},
      {whitelist::Format::exim_auto_senders, "exim-auto-senders"},
      {whitelist::Format::exim_hosts, "exim-hosts"},
      {whitelist::Format::debian_exim4, "debian-exim4"},
      {whitelist::Format::cpanel, "cpanel"},
      {whitelist::Format::directadmin, "directadmin"},
      {whitelist::Format::sendmail_access, "sendmail-access"},
  }};
};

}  // namespace lostmail
