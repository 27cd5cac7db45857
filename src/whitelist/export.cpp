#include "lostmail/whitelist/export.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lostmail/core/address.hpp"
#include "lostmail/whitelist/auto_senders.hpp"
#include "lostmail/whitelist/cpanel.hpp"
#include "lostmail/whitelist/sendmail_access.hpp"
#include "whitelist/block.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::string_view kExim = "/etc/exim4";

constexpr std::array kTargets = std::to_array<Target>({
    {Format::exim_senders, kExim, "lostmail_senders"},
    {Format::exim_callout_sender_domains, kExim, "lostmail_callout_sender_domains"},
    {Format::exim_callout_receiver_domains, kExim, "lostmail_callout_receiver_domains"},
    {Format::exim_sender_verify_domains, kExim, "lostmail_sender_verify_domains"},
    {Format::exim_auto_senders, kExim, "lostmail_auto_senders"},
    {Format::exim_hosts, kExim, "lostmail_hosts"},
    {Format::debian_exim4, kExim, "sender_local_deny_exceptions"},
    {Format::debian_exim4, kExim, "host_local_deny_exceptions"},
    {Format::cpanel, "/etc", kCpanelVerifyBypass},
    {Format::cpanel, "/etc", kCpanelTrusted},
    {Format::directadmin, "/etc/virtual", "whitelist_senders"},
    {Format::directadmin, "/etc/virtual", "whitelist_hosts_ip"},
    {Format::sendmail_access, "/etc/mail", "access"},
});

constexpr std::string_view kSendersHead =
    "# Senders that skip sender verification. lostmail writes this block anew each time; lines\n"
    "# outside it are kept. Exim reads the file as\n"
    "#   addresslist lostmail_senders = nwildlsearch;/path/of/this/file\n"
    "# and never with wildlsearch, which expands what strangers wrote. In lines of your own a\n"
    "# leading '!' or '/' is no part of an address: it lets everybody pass, or stops Exim.\n";

constexpr std::string_view kCalloutSendersHead =
    "# Sender domains that skip the callout, since their servers refuse it; the domain must still\n"
    "# be one that mail can be sent to. lostmail writes this block anew each time; lines outside\n"
    "# it are kept. Exim reads the file as\n"
    "#   domainlist lostmail_callout_sender_domains = lsearch;/path/of/this/file\n";

constexpr std::string_view kCalloutReceiversHead =
    "# Domains of ours that want no callout for mail to them. lostmail writes this block anew "
    "each\n"
    "# time; lines outside it are kept. Exim reads the file as\n"
    "#   domainlist lostmail_callout_receiver_domains = lsearch;/path/of/this/file\n";

constexpr std::string_view kSenderVerifyHead =
    "# Sender domains that are let in although mail to them cannot be routed. lostmail writes "
    "this\n"
    "# block anew each time; lines outside it are kept. Exim reads the file as\n"
    "#   domainlist lostmail_sender_verify_domains = lsearch;/path/of/this/file\n";

constexpr std::string_view kAutoSendersHead =
    "# Senders that programs use, in shapes, that skip the callout; the domain must still be one\n"
    "# that mail can be sent to. lostmail writes this block anew each time; lines outside it are\n"
    "# kept. Exim reads the file as\n"
    "#   addresslist lostmail_auto_senders = nwildlsearch;/path/of/this/file\n"
    "# and never with wildlsearch, which fails at the '$' of a regex.\n";

constexpr std::string_view kHostsHead =
    "# Clients that skip the checks of reverse DNS and HELO. lostmail writes this block anew each\n"
    "# time; lines outside it are kept. Exim reads the file as a plain host list:\n"
    "#   hostlist lostmail_hosts = /path/of/this/file\n";

constexpr std::string_view kDebianHead =
    "# lostmail writes this block anew each time; lines outside it are kept. exim4-config reads "
    "the\n"
    "# file in acl_local_deny_exceptions: see exim4-config_files(5). An entry lifts sender\n"
    "# verification, both callouts, both local black lists and the SPF check.\n";

constexpr std::string_view kVerifyBypassHead =
    "# Clients that skip sender verification. lostmail writes this block anew each time; lines\n"
    "# outside it are kept. WHM shows them as \"Sender verification bypass IP addresses\".\n";

constexpr std::string_view kTrustedHead =
    "# Clients that skip all checks at RCPT but that of the recipient. lostmail writes this block\n"
    "# anew each time; lines outside it are kept. WHM shows them as \"Only-verify-recipient\".\n";

constexpr std::string_view kDirectAdminHead =
    "# lostmail writes this block anew each time; lines outside it are kept. Look at exim.conf\n"
    "# before you use the list: where it stands in an accept before relay control, an entry lets\n"
    "# whoever forges it relay.\n";

constexpr std::string_view kAccessHead =
    "# Senders and clients that a refusal by Sendmail's own checks is lifted for. lostmail writes\n"
    "# this block anew each time; lines outside it are kept. Rebuild the map after each change.\n";

using Line = std::string (*)(const Entry&);

std::string key_line(const Entry& entry) { return entry.key; }

std::string access_line(const Entry& entry) {
  return fmt::format("{}\t{}", entry.key, kAccessValue);
}

/// A key of an lsearch file ends at a colon or blank unless it is quoted, and loses backslashes
/// where it is (lsearch.c internal_lsearch_find()).
std::string quoted_key(std::string_view key) {
  std::string text = "\"";
  for (const char c : key) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

std::string regex_of(const Entry& entry) {
  const auto senders = AutoSenders::parse(entry.key);
  return senders ? senders->regex() : std::string();
}

std::string nwildlsearch_line(const Entry& entry) {
  return entry.list == List::exim_auto_senders ? quoted_key(regex_of(entry)) : entry.key;
}

/// One item of a plain address list: a regex as it is, a domain without `@`.
std::string address_item(const Entry& entry) {
  return entry.list == List::exim_auto_senders ? regex_of(entry) : entry.key;
}

/// Below cPanel's tag.
std::string cpanel_line(const Entry& entry) {
  const std::string_view client = std::string_view(entry.key).substr(entry.key.find(':') + 1);
  return client.find(':') == std::string_view::npos ? std::string(client) : quoted_key(client);
}

std::string plus_leads(const Entry& entry) {
  return entry.key.starts_with('+')
             ? "it starts with '+', which a plain list takes for the name of a list"
             : "";
}

std::function<bool(const Entry&)> in(std::set<List> lists) {
  return [lists = std::move(lists)](const Entry& entry) { return lists.contains(entry.list); };
}

std::function<bool(const Entry&)> tagged(std::string_view file) {
  return [file](const Entry& entry) {
    return entry.list == List::cpanel && entry.key.starts_with(std::string(file) + ':');
  };
}

/// Keys that lines outside the block hold, folded as makemap folds them.
std::set<std::string> keys_by_hand(const std::vector<std::string_view>& lines) {
  std::set<std::string> keys;
  for (const std::string_view line : lines) {
    if (line.empty() || line.front() == '#') continue;
    keys.insert(to_lower(line.substr(0, line.find_first_of(" \t"))));
  }
  return keys;
}

BlockForm form_of(const Target& target) {
  const bool first = target.name == targets_of(target.format).front().name;
  switch (target.format) {
    case Format::exim_senders:
      return {in({List::exim_senders}), kSendersHead, key_line};
    case Format::exim_callout_sender_domains:
      return {in({List::exim_callout_sender_domains}), kCalloutSendersHead, key_line};
    case Format::exim_callout_receiver_domains:
      return {in({List::exim_callout_receiver_domains}), kCalloutReceiversHead, key_line};
    case Format::exim_sender_verify_domains:
      return {in({List::exim_sender_verify_domains}), kSenderVerifyHead, key_line};
    case Format::exim_auto_senders:
      return {in({List::exim_auto_senders}), kAutoSendersHead, nwildlsearch_line};
    case Format::exim_hosts:
      return {in({List::exim_hosts}), kHostsHead, key_line};
    case Format::debian_exim4:
      if (!first) return {in({List::exim_hosts}), kDebianHead, key_line};
      return {in({List::exim_senders, List::exim_auto_senders, List::exim_callout_sender_domains,
                  List::exim_sender_verify_domains}),
              kDebianHead, address_item, plus_leads};
    case Format::cpanel:
      return {tagged(target.name), first ? kVerifyBypassHead : kTrustedHead, cpanel_line};
    case Format::directadmin:
      if (!first) return {in({List::exim_hosts}), kDirectAdminHead, key_line};
      return {in({List::exim_senders, List::exim_auto_senders}), kDirectAdminHead,
              nwildlsearch_line};
    case Format::sendmail_access:
      return {in({List::sendmail_access}), kAccessHead, access_line};
  }
  return {};
}

/// Why no file of the panel holds an entry of `list`.
std::string_view why_not_held(Format format, List list) {
  if (format == Format::cpanel && list != List::sendmail_access) {
    return list == List::exim_hosts
               ? "was approved for an ACL of your own: approve the client with --platform cpanel"
               : "no file of a stock cPanel takes senders or domains: add the ACL of lostmail "
                 "whitelist guide --mta cpanel, or approve the client with --platform cpanel";
  }
  if (list == List::exim_callout_receiver_domains) {
    return "no stock list names recipients that want no callout: see lostmail whitelist guide";
  }
  if (format == Format::directadmin && list != List::cpanel) {
    return "whitelist_domains stands in an accept before relay control: an entry would let whoever "
           "forges the domain relay";
  }
  return {};
}

}  // namespace

std::span<const Target> targets_of(Format format) {
  const auto [begin, end] =
      std::equal_range(kTargets.begin(), kTargets.end(), Target{format, {}, {}},
                       [](const Target& a, const Target& b) { return a.format < b.format; });
  return {begin, end};
}

Result<ListFile> file_of(const Target& target, std::span<const Entry> entries, std::int64_t now,
                         std::string_view existing) {
  const auto lines = lines_outside_block(existing);
  if (!lines) return tl::unexpected(lines.error());
  BlockForm form = form_of(target);
  if (target.format == Format::sendmail_access) {
    form.decided = [by_hand = keys_by_hand(*lines)](const Entry& entry) -> std::string {
      // makemap refuses the same key twice.
      return by_hand.contains(to_lower(entry.key)) ? "a line written by hand decides about this key"
                                                   : "";
    };
  }
  return block_of(entries, now, form);
}

bool takes(const Target& target, const Entry& entry) { return form_of(target).takes(entry); }

std::vector<Rejected> not_held(Format format, std::span<const Entry> entries, std::int64_t now) {
  std::vector<Rejected> result;
  if (targets_of(format).size() == 1) return result;  // another format is for another list
  for (const Entry& entry : entries) {
    if (entry.list == List::sendmail_access || (entry.expires != 0 && entry.expires <= now)) {
      continue;
    }
    const auto targets = targets_of(format);
    const bool held = std::any_of(targets.begin(), targets.end(),
                                  [&entry](const Target& target) { return takes(target, entry); });
    if (held) continue;
    const auto why = why_not_held(format, entry.list);
    result.push_back({printable(entry.key),
                      std::string(why.empty() ? "is for another kind of mail server" : why)});
  }
  return result;
}

Format format_for(List list, Platform platform) {
  if (list == List::sendmail_access) return Format::sendmail_access;
  if (list == List::cpanel) return Format::cpanel;
  const bool stock = list != List::exim_callout_receiver_domains;
  if (platform == Platform::debian && stock) return Format::debian_exim4;
  const bool sender_or_client =
      list == List::exim_senders || list == List::exim_auto_senders || list == List::exim_hosts;
  if (platform == Platform::directadmin && sender_or_client) return Format::directadmin;
  return *from_name<Format>(name_of(list));
}

}  // namespace lostmail::whitelist
