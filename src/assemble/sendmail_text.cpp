#include "assemble/sendmail_text.hpp"

#include <algorithm>

#include "lostmail/core/sixteen.hpp"

namespace lostmail::assemble {
namespace {

bool is_octal(char c) { return c >= '0' && c <= '7'; }

}  // namespace

std::string unescape(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto slash = std::min(find_near(text, '\\', i), text.size());
    result.append(text, i, slash - i);
    if (slash == text.size()) break;
    const auto escape = text.substr(slash + 1);
    const char next = escape.empty() ? '\0' : escape[0];
    i = slash + 2;
    if (next == '\\') {
      result += '\\';
    } else if (next == 't') {
      result += '\t';
    } else if (escape.starts_with("r\\n")) {
      result += "\\n";  // the line break of a milter's reply
      i = slash + 4;
    } else if (escape.size() >= 3 && next <= '3' && is_octal(next) && is_octal(escape[1]) &&
               is_octal(escape[2])) {
      result += static_cast<char>((next - '0') * 64 + (escape[1] - '0') * 8 + (escape[2] - '0'));
      i = slash + 4;
    } else {
      result += '\\';
      i = slash + 1;
    }
  }
  return result;
}

Unescaped::Unescaped(std::string_view text) : text_(text) {
  if (text.find('\\') == std::string_view::npos) return;
  room_ = unescape(text);
  text_ = room_;
}

std::optional<ClientHost> Relay::client() && {
  if (!ip) return std::nullopt;
  ClientHost host;
  host.ip = std::move(*ip);
  host.name = std::move(name);
  host.may_be_forged = may_be_forged;
  return host;
}

RemoteHost Relay::remote() const { return {name, ip}; }

namespace {

/// `mx.long...name`
bool was_shortened(std::string_view name) {
  auto at = find_near(name, '.');
  while (at != std::string_view::npos && !name.substr(at).starts_with("..."))
    at = find_near(name, '.', at + 1);
  return at != std::string_view::npos;
}

}  // namespace

Relay parse_relay(std::string_view relay) {
  Relay result;
  constexpr std::string_view kForged = " (may be forged)";
  if (relay.ends_with(kForged)) {
    result.may_be_forged = true;
    relay.remove_suffix(kForged.size());
  }
  const auto open = rfind_near(relay, '[');
  if (open == std::string_view::npos || !relay.ends_with(']')) return result;
  result.ip = canonical_ip(relay.substr(open));
  auto name = relay.substr(0, open);
  while (name.ends_with(' ')) name.remove_suffix(1);
  if (const auto at = rfind_near(name, '@'); at != std::string_view::npos)
    name.remove_prefix(at + 1);  // an ident answer
  while (name.ends_with('.')) name.remove_suffix(1);
  // `[ip] [ip]` names no host; a name that Sendmail shortened in its middle is none.
  if (!name.empty() && !name.starts_with('[') && !was_shortened(name))
    result.name = std::string(name);
  return result;
}

std::vector<std::string_view> split_at_commas(std::string_view list) {
  std::vector<std::string_view> result;
  if (find_near(list, ',') == std::string_view::npos) {
    if (!list.empty()) result.push_back(list);
    return result;
  }
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '\\') {
      ++i;
    } else if (i < list.size() && list[i] == '"') {
      quoted = !quoted;
    } else if (i >= list.size() || (list[i] == ',' && !quoted)) {
      const auto part = list.substr(begin, std::min(i, list.size()) - begin);
      if (!part.empty()) result.push_back(part);
      begin = i + 1;
    }
  }
  if (begin < list.size()) result.push_back(list.substr(begin));
  return result;
}

bool is_local_mailer(std::string_view mailer) {
  for (const auto* name :
       {"local", "prog", "*file*", "*include*", "lmtp", "cyrus", "cyrusv2", "procmail", "maildrop",
        "dovecot", "vacation", "fax", "discard", "virtual"}) {
    if (mailer == name) return true;
  }
  return false;
}

std::optional<RemoteAnswer> remote_answer(const SendmailRecord& to) {
  RemoteAnswer answer;
  const auto coded = [](std::string_view text) {
    return text.size() >= 3 && (text[0] == '4' || text[0] == '5') && text[1] >= '0' &&
           text[1] <= '9' && text[2] >= '0' && text[2] <= '9' &&
           (text.size() == 3 || text[3] == ' ' || text[3] == '-');
  };
  std::string_view text = to.reply;
  constexpr std::string_view kDeferred = "Deferred: ";
  if (text.empty() && to.stat.starts_with(kDeferred)) text = to.stat.substr(kDeferred.size());
  if (coded(text)) {
    // A session that broke off gets a reply of Sendmail's own making.
    for (const auto* own : {"Connection reset by ", "Connection timed out with ",
                            "Connection refused by ", "Timeout waiting for ", "collect: "}) {
      if (text.find(own) != std::string_view::npos && text.starts_with("421 4.4."))
        return std::nullopt;
    }
    answer.permanent = text[0] == '5';
    answer.text = unescape(text);
    return answer;
  }
  if (!to.reply.empty() || !to.dsn.starts_with('5')) return std::nullopt;
  for (const auto* stat :
       {"User unknown", "Service unavailable", "Data format error", "Remote protocol error"}) {
    if (to.stat == stat) return answer;
  }
  return std::nullopt;
}

std::optional<Stage> stage_of_outcome(const SendmailRecord& to, bool permanent) {
  if (!permanent) return std::nullopt;
  if (to.stat == "Data format error") return Stage::mail;
  if (to.stat == "User unknown") return Stage::rcpt;
  if (to.stat == "Remote protocol error") return Stage::data;
  if (to.stat == "Service unavailable") {
    // Without the server's own enhanced codes (usersmtp.c smtptodsn(), 8.17): 5.5.0 greeting or
    // EHLO and HELO, 5.2.0 end of data.
    if (to.dsn == "5.2.0") return Stage::message;
  }
  return std::nullopt;
}

}  // namespace lostmail::assemble
