#include "search/conditions.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include <fmt/format.h>

namespace lostmail::search {
namespace {

using trace::contains;
constexpr std::size_t kMostWords = 24;

/// All eight groups, as Sendmail and `exim -bh` write them.
std::string written_out(const std::string& ip) {
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, ip.c_str(), bytes.data()) != 1) return ip;
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    text += fmt::format("{}{:x}", i == 0 ? "" : ":", bytes[i] * 256 + bytes[i + 1]);
  return text;
}

bool is_from(const EximRecord& exim, const AddressChoice& from) {
  using Kind = EximRecord::Kind;
  if (exim.sender && from.matches(*exim.sender)) return true;
  // The cause line names the address verified, a refusal at MAIL its argument.
  const bool named =
      exim.kind == Kind::verify || (exim.kind == Kind::refusal && exim.stage == Stage::mail);
  return named && from.matches(exim.address);
}

bool is_from(const SendmailRecord& sendmail, const AddressChoice& from) {
  using Kind = SendmailRecord::Kind;
  if (sendmail.kind == Kind::from) return from.matches(strip_path(sendmail.sender));
  // Without the domain's own spelling: `<@a.example:b@c.example>`, or a text that quotes it.
  return !from.text().empty() && contains(sendmail.argument, from.text());
}

bool is_to(const EximRecord& exim, const AddressChoice& to, std::string_view line) {
  using Kind = EximRecord::Kind;
  if (exim.kind == Kind::arrival) return contains(line, to.text());  // `for …`
  if (to.matches(exim.address) || to.matches(exim.top_address)) return true;
  return exim.kind != Kind::refusal && exim.kind != Kind::verify && contains(line, to.text());
}

bool is_to(const SendmailRecord& sendmail, const AddressChoice& to) {
  return contains(sendmail.recipients, to.text()) || contains(sendmail.controlling, to.text()) ||
         contains(sendmail.argument, to.text());
}

/// A refusal at MAIL, which names no recipient.
bool is_before_recipients(const Record& record) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body))
    return exim->kind == EximRecord::Kind::refusal && exim->stage == Stage::mail;
  if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body))
    return sendmail->ruleset == "check_mail" || sendmail->milter_stage == "from";
  return false;
}

bool is_of_host(std::string_view ip, std::string_view name, const HostChoice& host) {
  return host.matches(canonical_ip(ip).value_or(""), name);
}

bool is_of_host(const SendmailRecord& sendmail, const HostChoice& host) {
  const auto open = sendmail.relay.rfind('[');
  const auto close = sendmail.relay.find(']', open == std::string_view::npos ? 0 : open);
  auto name = sendmail.relay.substr(0, sendmail.relay.find(' '));
  if (const auto at = name.find('@'); at != std::string_view::npos) name.remove_prefix(at + 1);
  if (open == std::string_view::npos || close == std::string_view::npos)
    return is_of_host({}, name, host);
  return is_of_host(sendmail.relay.substr(open, close - open + 1), name, host);
}

template <typename Test>
bool of_body(const Record& record, Test&& test) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body)) return test(*exim);
  if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body)) return test(*sendmail);
  return false;
}

}  // namespace

void Conditions::put(std::string_view text, bool any_case) {
  literals_.push_back({std::string(text), any_case});
}

void Conditions::put_host(const HostChoice& host) {
  if (host.kind() != HostChoice::Kind::network) {
    put(host.text(), true);
    if (host.text().find(':') != std::string::npos) put(written_out(host.text()), true);
    return;
  }
  // The groups that the network fixes, which begin alike in every spelling.
  const bool four = host.text().find(':') == std::string::npos;
  const int groups = std::min(host.bits() / (four ? 8 : 16), four ? 3 : 1);
  std::size_t end = 0;
  for (int i = 0; i < groups; ++i) end = host.text().find(four ? '.' : ':', end) + 1;
  put(end == 0 ? "[" : host.text().substr(0, end), true);
}

Conditions::Conditions(const trace::Question& question) : question_(question) {
  const auto put_address = [&](const AddressChoice& choice) {
    put(choice.text().empty() ? "<>" : (choice.is_domain() ? "@" : "") + choice.text(), true);
    ++count_;
  };
  if (question.words.size() > kMostWords) question_.words.resize(kMostWords);
  if (question.from) put_address(*question.from);
  if (question.to) put_address(*question.to);
  if (question.client) {
    put_host(*question.client);
    ++count_;
  }
  if (question.subject) {
    put(*question.subject, true);
    ++count_;
  }
  for (const auto& word : question_.words) {
    put(word, true);
    ++count_;
  }
  if (question.id) {
    put(*question.id, false);
    ++count_;
  }
}

std::uint32_t Conditions::met_by(const Record& record, std::string_view line) const {
  std::uint32_t met = 0, bit = 1;
  const auto put_bit = [&](bool is) {
    if (is) met |= bit;
    bit <<= 1;
  };
  // Parts and further lines of a record are judged by their text alone.
  const auto* exim = std::get_if<EximRecord>(&record.body);
  const auto* sendmail = std::get_if<SendmailRecord>(&record.body);
  const bool bare = (exim == nullptr && sendmail == nullptr) ||
                    (exim != nullptr && exim->kind == EximRecord::Kind::continuation) ||
                    (sendmail != nullptr && sendmail->part > 0);
  if (const auto& from = question_.from) {
    put_bit(bare ? contains(line, from->text())
                 : of_body(record, [&](const auto& body) { return is_from(body, *from); }));
  }
  if (const auto& to = question_.to) {
    const bool named = bare              ? contains(line, to->text())
                       : exim != nullptr ? is_to(*exim, *to, line)
                                         : is_to(*sendmail, *to);
    put_bit(named || (met != 0 && is_before_recipients(record)));  // its sender is asked for
  }
  if (const auto& host = question_.client) {
    put_bit(bare ? host->kind() != HostChoice::Kind::network && contains(line, host->text())
            : exim != nullptr ? exim->host && is_of_host(exim->host->ip, exim->host->name, *host)
                              : is_of_host(*sendmail, *host));
  }
  if (question_.subject) put_bit(contains(line, *question_.subject));
  for (const auto& word : question_.words) put_bit(contains(line, word));
  if (question_.id) put_bit(line.find(*question_.id) != std::string_view::npos);
  return met;
}

bool Conditions::met_by(const Refusal& refusal, std::string_view line) const {
  const auto& question = question_;
  if (question.from && !(refusal.sender && question.from->matches(*refusal.sender)) &&
      !(refusal.verified && question.from->matches(*refusal.verified)))
    return false;
  const bool to_anybody = question.from && !refusal.recipient;
  if (question.to && !to_anybody &&
      !(refusal.recipient && question.to->matches(*refusal.recipient)))
    return false;
  if (const auto& host = question.client) {
    const bool client =
        refusal.client && host->matches(refusal.client->ip, refusal.client->name.value_or(""));
    const bool remote = refusal.remote && host->matches(refusal.remote->ip.value_or(""),
                                                        refusal.remote->name.value_or(""));
    if (!client && !remote) return false;
  }
  if (question.subject) return false;  // nothing of the message was read
  for (const auto& word : question.words) {
    if (!contains(line, word) && !contains(refusal.cause_text, word) &&
        !(refusal.recipient && contains(refusal.recipient->text(), word)))
      return false;
  }
  return !question.id || line.find(*question.id) != std::string_view::npos;
}

}  // namespace lostmail::search
