#include "lostmail/replay/trial.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lostmail/core/address.hpp"

namespace lostmail::replay {
namespace {

// RFC 2606: no such domain, ever.
constexpr std::string_view kStranger = "lostmail-control@lostmail-control.invalid";
constexpr std::string_view kNeighbour = "lostmail-control";

std::string domain_of(std::string_view address) {
  const auto mailbox = Mailbox::parse(address);
  return mailbox ? std::string(mailbox->domain()) : std::string();
}

/// An address of RFC 5737 or RFC 3849, of the client's kind but not the client's.
std::string other_client(std::string_view ip) {
  if (ip.find(':') != std::string_view::npos) {
    return ip == "2001:db8:ffff::fffe" ? "2001:db8:ffff::fffd" : "2001:db8:ffff::fffe";
  }
  return ip == "198.51.100.254" ? "198.51.100.253" : "198.51.100.254";
}

Transaction from_stranger(Transaction transaction) {
  transaction.sender = kStranger;
  return transaction;
}

Transaction from_neighbour(Transaction transaction) {
  transaction.sender = fmt::format("{}@{}", kNeighbour, domain_of(transaction.sender));
  return transaction;
}

/// A domain that ends in the listed one without being below it.
Transaction from_longer_domain(Transaction transaction) {
  transaction.sender = fmt::format("{0}@{0}{1}", kNeighbour, domain_of(transaction.sender));
  return transaction;
}

Transaction by_other_client(Transaction transaction) {
  transaction.client_ip = other_client(transaction.client_ip);
  transaction.client_name.clear();
  transaction.helo = safe_helo("", transaction.client_ip);
  return transaction;
}

Transaction to_relay(Transaction transaction) {
  transaction.recipient = kStranger;
  return transaction;
}

std::string quoted(const Answer& answer) { return fmt::format("\"{}\"", answer.reply); }

/// What the entry did to the refused mail; nullopt where it worked.
std::optional<std::string> why_useless(const Comparison& refused) {
  const Answer& before = refused.before;
  const Answer& after = refused.after;
  if (!after.accepted) {
    return before.reply == after.reply
               ? "the mail server refuses it with the entry as without: " + quoted(after)
               : fmt::format("without the entry it refuses: {}, with it: {}", quoted(before),
                             quoted(after));
  }
  if (!before.accepted) return std::nullopt;
  if (before.checks == 0) {
    return "the mail server takes it without the entry too, and comes to no such check";
  }
  if (after.checks >= before.checks) {
    return "the mail server comes to the check with the entry as without";
  }
  return std::nullopt;
}

/// Why a control shows that the entry is too wide; nullopt where it does not.
std::optional<std::string> why_too_wide(const Control& control, const Comparison& result) {
  if (result.after.accepted && !result.before.accepted) {
    return fmt::format("{} gets in too, refused without the entry: {}", control.what,
                       quoted(result.before));
  }
  if (result.after.checks < result.before.checks && result.after.accepted) {
    return fmt::format("{} skips the check too", control.what);
  }
  return std::nullopt;
}

std::string how_it_worked(const Comparison& refused) {
  if (!refused.before.accepted) {
    return fmt::format("refused without the entry: {}; accepted with it", quoted(refused.before));
  }
  return refused.before.callout_omitted
             ? "the callout is reached without the entry, and skipped with it"
             : "the check is reached without the entry, and skipped with it";
}

Result<Comparison> compare(Server& server, std::string what, const Transaction& transaction) {
  auto before = server.ask(transaction, false);
  if (!before) return tl::unexpected(before.error());
  auto after = server.ask(transaction, true);
  if (!after) return tl::unexpected(after.error());
  return Comparison{std::move(what), transaction, std::move(*before), std::move(*after)};
}

}  // namespace

std::vector<Control> controls_for(Names names, const Transaction& refused) {
  std::vector<Control> controls;
  switch (names) {
    case Names::sender:
    case Names::sender_shape:
      controls.push_back({"an unlisted sender", from_stranger(refused), true});
      controls.push_back({"another sender of that domain", from_neighbour(refused), false});
      break;
    case Names::sender_domain:
      controls.push_back({"an unlisted sender", from_stranger(refused), true});
      controls.push_back({"a domain that ends like it", from_longer_domain(refused), false});
      break;
    case Names::client:
      controls.push_back({"an unlisted client", by_other_client(refused), true});
      break;
    case Names::recipient_domain:
      controls.push_back({"an unlisted sender", from_stranger(refused), true});
      break;
  }
  controls.push_back({"mail to be relayed", to_relay(refused), true});
  return controls;
}

Result<Trial> try_entry(Server& server, Names names, const Transaction& refused) {
  auto main = compare(server, "the refused mail", refused);
  if (!main) return tl::unexpected(main.error());
  Trial trial;
  trial.comparisons.push_back(*main);
  const auto useless = why_useless(*main);
  std::string open;  // a control that shows nothing
  for (const Control& control : controls_for(names, refused)) {
    auto result = compare(server, control.what, control.transaction);
    if (!result) return tl::unexpected(result.error());
    if (auto why = why_too_wide(control, *result); why && trial.finding != Finding::too_wide) {
      trial.finding = Finding::too_wide;
      trial.text = std::move(*why);
    }
    if (control.must_be_refused && result->before.accepted && result->after.accepted) {
      open += fmt::format("; {} gets in, with the entry or without", control.what);
    }
    trial.comparisons.push_back(std::move(*result));
  }
  if (trial.finding == Finding::too_wide) return trial;
  trial.finding = useless ? Finding::useless : Finding::proven;
  trial.text = (useless ? *useless : how_it_worked(*main)) + open;
  return trial;
}

std::string safe_helo(std::string_view helo, std::string_view ip) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  };
  const bool name = !helo.empty() && helo.size() <= 253 && helo.front() != '-' &&
                    std::all_of(helo.begin(), helo.end(), plain);
  if (name) return std::string(helo);
  return fmt::format("[{}{}]", ip.find(':') == std::string_view::npos ? "" : "IPv6:", ip);
}

}  // namespace lostmail::replay
