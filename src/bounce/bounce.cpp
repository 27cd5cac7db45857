#include "lostmail/bounce/bounce.hpp"

#include <algorithm>
#include <array>

#include "bounce/mime.hpp"

namespace lostmail::bounce {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// `550 …`, `450-…`: the reply code, 0 for none.
int code_of(std::string_view text) {
  if (text.size() < 3 || (text[0] != '4' && text[0] != '5') || !is_digit(text[1]) ||
      !is_digit(text[2]) || (text.size() > 3 && text[3] != ' ' && text[3] != '-'))
    return 0;
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

/// Lines of a text, without their ends.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// One group of fields of a delivery status (RFC 3464 §2.1), names in lower case, unfolded.
using Fields = std::vector<std::pair<std::string, std::string>>;

std::string_view field(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

/// What stands behind the type: `rfc822; a@b.example`, `dns; mx.example`, `smtp; 550 no`.
std::string_view without_type(std::string_view value) {
  const auto end = value.find(';');
  return trimmed(end == std::string_view::npos ? value : value.substr(end + 1));
}

std::vector<Fields> status_groups(std::string_view text) {
  std::vector<Fields> groups(1);
  for (const auto line : lines_of(text)) {
    if (trimmed(line).empty()) {
      if (!groups.back().empty()) groups.emplace_back();
      continue;
    }
    if ((line[0] == ' ' || line[0] == '\t') && !groups.back().empty()) {
      // Folding parts the lines of a reply; each keeps its code.
      groups.back()
          .back()
          .second.append(code_of(trimmed(line)) != 0 ? "\\n" : " ")
          .append(trimmed(line));
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    groups.back().emplace_back(to_lower(trimmed(line.substr(0, colon))),
                               std::string(trimmed(line.substr(colon + 1))));
  }
  return groups;
}

void put_reply(std::string_view text, Refusal& refusal) {
  refusal.text = std::string(text);
  if (const int code = code_of(text)) {
    refusal.reply_code = code;
    refusal.permanent = code >= 500;
  }
}

std::optional<Refusal> of_group(const Fields& fields) {
  const auto action = to_lower(trimmed(field(fields, "action")));
  if (action != "failed" && action != "delayed") return std::nullopt;
  Refusal refusal;
  refusal.direction = Direction::outbound;
  refusal.permanent = action == "failed";
  auto recipient = without_type(field(fields, "original-recipient"));
  if (recipient.empty()) recipient = without_type(field(fields, "final-recipient"));
  refusal.recipient = Mailbox::parse(strip_path(recipient));
  const auto remote = without_type(field(fields, "remote-mta"));
  if (!remote.empty())
    refusal.remote = RemoteHost{std::string(remote.substr(0, remote.find(' '))), {}};
  const auto status = trimmed(field(fields, "status"));
  if (!status.empty()) refusal.enhanced_code = std::string(status.substr(0, status.find(' ')));
  auto said = without_type(field(fields, "diagnostic-code"));
  put_reply(said, refusal);
  refusal.permanent = action == "failed";
  return refusal;
}

/// `host mx.b.example [198.51.100.32]`, `host mx.b.example[198.51.100.32] said: …`, `... while
/// talking to mx.b.example.:`.
std::optional<RemoteHost> host_of(std::string_view line) {
  for (const auto* before : {"host ", "while talking to "}) {
    const auto at = line.find(before);
    if (at == std::string_view::npos) continue;
    auto name = line.substr(at + std::string_view(before).size());
    name = name.substr(0, name.find_first_of(" [:"));
    while (name.ends_with('.')) name.remove_suffix(1);
    if (name.find('.') == std::string_view::npos) continue;
    RemoteHost host{std::string(name), {}};
    const auto open = line.find('[', at), close = line.find(']', at);
    if (open != std::string_view::npos && close != std::string_view::npos && close > open)
      host.ip = canonical_ip(line.substr(open, close - open + 1));
    return host;
  }
  return std::nullopt;
}

/// `<dave@b.example>:`, `  dave@b.example`: the address that a line consists of.
std::string_view address_line(std::string_view line) {
  line = trimmed(line);
  while (line.ends_with(':')) line.remove_suffix(1);
  if (line.starts_with('<')) line = line.substr(0, line.find('>') + 1);
  const auto address = strip_path(line);
  const bool alone = address.find('@') != std::string_view::npos &&
                     address.find_first_of(" \t,;()") == std::string_view::npos;
  return alone ? address : std::string_view();
}

/// Where a server's words begin in a line: behind what Sendmail, qmail and Postfix put before them.
std::string_view reply_in(std::string_view line) {
  line = trimmed(line);
  for (const std::string_view before : {"<<< ", "(reason: ", "Remote host said: "}) {
    if (!line.starts_with(before)) continue;
    line = trimmed(line.substr(before.size()));
    if (before == "(reason: " && line.ends_with(')')) line.remove_suffix(1);
  }
  if (const auto said = line.find(" said: "); said != std::string_view::npos)
    line = line.substr(said + 7);
  return code_of(line) != 0 ? line : std::string_view();
}

/// A text that only begins like a reply, `550 guests came …`: one reply is shorter, and of a bounce
/// something more is known.
bool is_prose(const Refusal& refusal, std::size_t lines) {
  constexpr std::size_t kMostLines = 12;
  return lines > kMostLines && !refusal.recipient && !refusal.remote;
}

/// The first refusal that a text for people tells.
std::optional<Refusal> of_text(std::string_view text) {
  Refusal refusal;
  refusal.direction = Direction::outbound;
  bool found = false;
  const auto lines = lines_of(text);
  for (const auto line : lines) {
    const auto reply = reply_in(line);
    if (!found) {
      if (const auto address = address_line(reply.empty() ? line : line.substr(0, line.find(':')));
          !address.empty() && !refusal.recipient)
        refusal.recipient = Mailbox::parse(address);
      if (auto host = host_of(line)) refusal.remote = std::move(host);
      if (reply.empty()) continue;
      found = true;
      put_reply(reply, refusal);
    } else if (!reply.empty() && refusal.text.size() < 4000) {
      if (refusal.text.find(reply) == std::string::npos) refusal.text.append("\\n").append(reply);
    } else if (trimmed(line).empty() || trimmed(line).starts_with("-----") ||
               trimmed(line).starts_with(">>>")) {
      if (refusal.recipient && refusal.remote) break;
    } else if (refusal.text.size() < 4000 && address_line(line).empty() && !host_of(line)) {
      refusal.text.append(" ").append(trimmed(line));  // a long line that was folded
    }
  }
  if (!found || is_prose(refusal, lines.size())) return std::nullopt;
  return refusal;
}

/// Header fields of a message stand at the start of a mail, not of a pasted text.
bool is_mail(std::string_view text) {
  int fields = 0;
  for (const auto line : lines_of(text.substr(0, 64 * 1024))) {
    if (line.empty()) break;
    const auto colon = line.find(':');
    const bool folded = line[0] == ' ' || line[0] == '\t';
    const bool envelope = fields == 0 && line.starts_with("From ");
    if (!folded && !envelope &&
        (colon == std::string_view::npos ||
         line.substr(0, colon).find(' ') != std::string_view::npos))
      return false;
    if (!folded && !envelope) ++fields;
  }
  return fields >= 2;
}

std::vector<Refusal> of_mail(const Message& message) {
  std::vector<Refusal> refusals;
  for (const auto& part : message.parts) {
    if (part.type != "message/delivery-status" && part.type != "message/global-delivery-status")
      continue;
    for (const auto& group : status_groups(part.text)) {
      if (auto refusal = of_group(group); refusal && refusals.size() < kMostRecipients)
        refusals.push_back(std::move(*refusal));
    }
  }
  // The text for people may say more: the whole reply, or who spoke.
  for (const auto& part : message.parts) {
    if (!part.type.starts_with("text/plain")) continue;
    auto told = of_text(part.text);
    if (!told) continue;
    if (refusals.empty()) {
      if (!told->recipient && !message.failed_recipients.empty())
        told->recipient = Mailbox::parse(message.failed_recipients.front());
      refusals.push_back(std::move(*told));
    } else if (refusals.size() == 1) {
      if (code_of(refusals[0].text) == 0) put_reply(told->text, refusals[0]);
      if (!refusals[0].remote) refusals[0].remote = told->remote;
    }
    break;
  }
  // It came back to the envelope sender.
  const std::string& sender =
      message.original_sender.empty() ? message.to : message.original_sender;
  for (auto& refusal : refusals) {
    if (!sender.empty()) refusal.sender = ReversePath::parse(sender);
  }
  return refusals;
}

}  // namespace

std::vector<Refusal> read(std::string_view message) {
  message = message.substr(0, kMostBytes);
  if (is_mail(message)) return of_mail(read_message(message));
  std::vector<Refusal> refusals;
  if (auto told = of_text(message)) refusals.push_back(std::move(*told));
  return refusals;
}

}  // namespace lostmail::bounce
