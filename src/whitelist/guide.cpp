#include "lostmail/whitelist/guide.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lostmail/core/text.hpp"
#include "whitelist/block.hpp"
#include "whitelist/guide_text.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

/// `text` with each `mark` replaced.
std::string filled(std::string_view text, std::string_view mark, std::string_view value) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t found = std::min(text.find(mark, at), text.size());
    result += text.substr(at, found - at);
    if (found < text.size()) result += value;
    at = found + mark.size();
  }
  return result;
}

std::string_view use_text(const Target& target) {
  const bool first = target.name == targets_of(target.format).front().name;
  switch (target.format) {
    case Format::exim_senders:
      return kUseSenders;
    case Format::exim_callout_sender_domains:
      return kUseCalloutSenders;
    case Format::exim_callout_receiver_domains:
      return kUseCalloutReceivers;
    case Format::exim_sender_verify_domains:
      return kUseSenderVerify;
    case Format::exim_auto_senders:
      return kUseAutoSenders;
    case Format::exim_hosts:
      return kUseHosts;
    case Format::debian_exim4:
      return first ? kUseDebianSenders : kUseDebianHosts;
    case Format::cpanel:
      return kUseCpanel;
    case Format::directadmin:
      return first ? kUseDirectAdminSenders : kUseDirectAdminHosts;
    case Format::sendmail_access:
      return kUseAccess;
  }
  return {};
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "" : fmt::format(" ({} %)", (part * 100 + whole / 2) / whole);
}

std::uint64_t days_of(const CalloutCost& cost) {
  constexpr std::int64_t kDay = 86400;
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, (cost.last - cost.first + kDay - 1) / kDay));
}

/// A span of the log as a rate of 30 days.
std::uint64_t a_month(std::uint64_t number, const CalloutCost& cost) {
  return (number * 30 + days_of(cost) / 2) / days_of(cost);
}

std::string cost_text(const std::optional<CalloutCost>& cost) {
  if (!cost || cost->refused == 0) {
    return "The store holds no mail that a callout refused here, so nothing can be said of the\n"
           "price: run `lostmail ingest` over a month of logs first.\n";
  }
  const std::uint64_t rest = cost->refused - cost->correspondents - cost->unwanted;
  std::string text =
      fmt::format("What the callouts did here, {} to {} ({} of log, as 30 days):\n",
                  date(cost->first), date(cost->last), counted(days_of(*cost), "day"));
  const auto line = [&](std::uint64_t number, std::string_view what) {
    text += fmt::format("  {:>9} a month{:<7} {}\n", grouped(a_month(number, *cost)),
                        share(number, cost->refused), what);
  };
  line(cost->refused, "refused or put off by a callout");
  line(cost->correspondents,
       fmt::format("from likely correspondents: mail lost; {} would let it in",
                   cost->entries == 1 ? "1 entry" : fmt::format("{} entries", cost->entries)));
  line(cost->unwanted, "from floods, spammers, block-listed clients: spam refused");
  line(rest, "from others, of whom the log does not tell which they are");
  text +=
      "Without callouts the second line comes in, and so does the third unless another check\n"
      "refuses it; `verify = sender` without callout goes on to refuse domains that do not "
      "exist.\n";
  return text;
}

}  // namespace

Result<std::string> use_of(const Target& target, std::string_view path) {
  return plain_path(path).map(
      [&target](const std::string& plain) { return filled(use_text(target), "@P@", plain); });
}

Result<std::string> guide_text(Guide guide, std::string_view folder,
                               const std::optional<CalloutCost>& cost) {
  const auto plain = plain_path(folder);
  if (!plain) return tl::unexpected(plain.error());
  std::string text;
  switch (guide) {
    case Guide::exim:
      text = std::string(kGuideHead) + std::string(kGuideLists) + std::string(kGuideOne) +
             std::string(kGuideTwo) + std::string(kGuideHosts) + std::string(kGuideNever) +
             std::string(kGuideDead) + std::string(kGuidePanels);
      break;
    case Guide::cpanel:
      text = std::string(kGuideCpanel) + cost_text(cost) + std::string(kGuideCpanelLists) +
             std::string(kGuideLists) + std::string(kGuideOne) + std::string(kGuideTwo) +
             std::string(kGuideNever) + std::string(kGuideDead);
      break;
    case Guide::debian:
      text = std::string(kGuideDebian);
      break;
    case Guide::directadmin:
      text = std::string(kGuideDirectAdmin) + std::string(kGuideNever);
      break;
    case Guide::sendmail:
      text = std::string(kGuideSendmail);
      break;
  }
  return filled(text, "@F@", *plain);
}

}  // namespace lostmail::whitelist
