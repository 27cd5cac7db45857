#include "lostmail/replay/sendmail.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

#include "lostmail/core/host.hpp"
#include "lostmail/replay/process.hpp"
#include "replay/scratch.hpp"

namespace lostmail::replay {
namespace {

using namespace std::chrono_literals;

constexpr auto kShort = 10s;
constexpr auto kSession = 60s;  // DNS may be slow

/// In test mode `$|` is two characters, which this ruleset makes the one that check_relay wants
/// (Sendmail's cf/README, "Testing").
constexpr std::string_view kDelimiter = "\nSLostmailDelim\nR$* $$| $*\t$: $1 $| $2\n";

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// Where `Kaccess` of a sendmail.cf says its map is.
struct AccessMap {
  std::size_t at = 0, length = 0;  ///< of the path
  std::string type, path;
};

std::optional<AccessMap> access_map(std::string_view config) {
  constexpr std::string_view kStart = "Kaccess ";
  for (std::size_t at = 0; at < config.size();) {
    const std::size_t end = std::min(config.find('\n', at), config.size());
    const std::string_view line = config.substr(at, end - at);
    if (line.starts_with(kStart)) {
      std::istringstream words{std::string(line.substr(kStart.size()))};
      AccessMap map;
      words >> map.type;
      for (std::string word; words >> word;) {
        if (!word.starts_with('-')) map.path = word;
      }
      if (map.path.empty()) return std::nullopt;
      map.at = at + line.rfind(map.path);
      map.length = map.path.size();
      return map;
    }
    at = end + 1;
  }
  return std::nullopt;
}

std::string without_suffix(std::string path) {
  if (path.ends_with(".db")) path.resize(path.size() - 3);
  return path;
}

std::string client_addr(const std::string& ip) {
  return ip.find(':') == std::string::npos ? ip : "IPv6:" + eight_groups(ip);
}

std::string session_of(const Transaction& transaction) {
  const std::string ip = client_addr(transaction.client_ip);
  const std::string name =
      transaction.client_name.empty() ? "[" + ip + "]" : transaction.client_name;
  std::string text = fmt::format(".D{{client_addr}}{}\n.D{{client_name}}{}\n", ip, name);
  text += fmt::format(".D{{client_ptr}}{}\n.D{{client_resolve}}{}\n", name,
                      transaction.client_name.empty() ? "FAIL" : "OK");
  text += fmt::format(".Ds{}\n.Df{}\n", safe_helo(transaction.helo, transaction.client_ip),
                      transaction.sender);
  text += fmt::format("LostmailDelim,check_relay {} $| {}\n", name, ip);
  text += fmt::format("check_mail <{}>\n", transaction.sender);
  return text + fmt::format("check_rcpt <{}>\n", transaction.recipient);
}

bool is_joint(char c) { return std::string_view(".@:<>[]").find(c) != std::string_view::npos; }

/// `$# error $@ 5 . 1 . 8 $: "553 Domain of " a @ b . example " does not exist"`: without quotes,
/// and without the blanks that stand round the joints of an address.
std::string refusal_text(std::string_view result) {
  const std::size_t start = result.find("$: ");
  if (start == std::string_view::npos) return std::string(result);
  const std::string_view text = result.substr(start + 3);
  std::string joined;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    const bool at_joint = c == ' ' && !quoted && i > 0 && i + 1 < text.size() &&
                          (is_joint(text[i - 1]) || is_joint(text[i + 1]) || text[i - 1] == '"' ||
                           text[i + 1] == '"');
    if (c != '"' && !at_joint) joined += c;
  }
  return joined;
}

/// What the three rulesets returned; the first that refuses is the answer.
Answer answer_of(std::string_view out) {
  Answer answer;
  answer.accepted = true;
  answer.reply = "OK";
  std::size_t returned = 0;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = std::min(out.find('\n', at), out.size());
    std::string_view line = out.substr(at, end - at);
    at = end + 1;
    while (line.starts_with("> ")) line.remove_prefix(2);
    const bool ours = line.starts_with("check_relay ") || line.starts_with("check_mail ") ||
                      line.starts_with("check_rcpt ");
    const std::size_t result = line.find("returns: ");
    if (!ours || result == std::string_view::npos) continue;
    ++returned;
    const std::string_view value = line.substr(result + 9);
    const bool refuses = value.starts_with("$# error") || value.starts_with("$# discard");
    if (!refuses || !answer.accepted) continue;
    answer.accepted = false;
    answer.reply = refusal_text(value);
  }
  if (returned < 3) {
    answer.accepted = false;
    answer.reply = "the rulesets gave no answer";
  }
  return answer;
}

}  // namespace

struct SendmailServer::Impl {
  std::string program, makemap, config_path, config;
  AccessMap map;
  std::string access_path;
  Scratch scratch;

  [[nodiscard]] std::string config_for(bool with_entry) const {
    return (scratch / (with_entry ? "after.cf" : "before.cf")).string();
  }

  [[nodiscard]] Result<Output> test(bool with_entry, std::string input) const {
    auto output = run({program, {"-C", config_for(with_entry), "-bt"}, std::move(input), kSession});
    if (output && output->timed_out) {
      return fail(ErrorKind::io_error, program, "did not end within {} seconds: is DNS reachable?",
                  kSession.count());
    }
    return output;
  }

  [[nodiscard]] Result<void> make(bool with_entry, const std::string& text) const {
    const auto path = scratch / (with_entry ? "after" : "before");
    if (auto ok = write_file(path, text, ::getegid()); !ok) return ok;
    std::string copy = config;
    copy.replace(map.at, map.length, path.string());
    copy += kDelimiter;
    if (auto ok = write_file(config_for(with_entry), copy, ::getegid()); !ok) return ok;
    const auto made =
        run({makemap, {"-C", config_for(with_entry), map.type, path.string()}, text, kShort});
    if (!made) return tl::unexpected(made.error());
    if (made->status == 0) return {};
    return fail(ErrorKind::io_error, access_path, "makemap does not take it: {}",
                first_line(made->err + made->out));
  }
};

SendmailServer::SendmailServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SendmailServer::~SendmailServer() = default;

const std::string& SendmailServer::program() const { return impl_->program; }
const std::string& SendmailServer::config() const { return impl_->config_path; }
const std::string& SendmailServer::access_path() const { return impl_->access_path; }

Result<std::unique_ptr<SendmailServer>> SendmailServer::open(const Setup& setup) {
  const std::string program = find_program(
      setup.program.empty() ? std::vector<std::string>{"/usr/libexec/sendmail/sendmail", "sendmail"}
                            : std::vector{setup.program});
  const std::string makemap = find_program({setup.makemap.empty() ? "makemap" : setup.makemap});
  if (program.empty()) {
    return fail(ErrorKind::not_found, setup.program.empty() ? "sendmail" : setup.program,
                "no such program: name it with --program");
  }
  if (makemap.empty()) {
    return fail(ErrorKind::not_found, setup.makemap.empty() ? "makemap" : setup.makemap,
                "no such program: it comes with Sendmail");
  }
  const std::string path = setup.config.empty() ? "/etc/mail/sendmail.cf" : setup.config;
  auto config = read_file(path);
  if (!config) return tl::unexpected(config.error());
  auto map = access_map(*config);
  if (!map) {
    return fail(ErrorKind::not_found, path,
                "names no access map: add FEATURE(`access_db'), see lostmail whitelist guide --mta "
                "sendmail");
  }
  const auto version = run({program, {"-C", path, "-d0.1", "-bt"}, {}, kShort});
  if (!version) return tl::unexpected(version.error());
  if (!version->out.starts_with("Version 8.")) {
    return fail(ErrorKind::not_found, program, "is no Sendmail 8: name it with --program");
  }
  auto scratch = Scratch::make(setup.scratch);
  if (!scratch) return tl::unexpected(scratch.error());
  std::string text_path = without_suffix(map->path);
  return std::unique_ptr<SendmailServer>(new SendmailServer(
      std::make_unique<Impl>(Impl{program, makemap, path, std::move(*config), std::move(*map),
                                  std::move(text_path), std::move(*scratch)})));
}

Result<void> SendmailServer::use(const std::string& before, const std::string& after) {
  if (auto ok = impl_->make(false, before); !ok) return ok;
  return impl_->make(true, after);
}

Result<std::string> SendmailServer::value_of(const std::string& key) {
  const auto output = impl_->test(true, fmt::format("/map access {}\n", key));
  if (!output) return tl::unexpected(output.error());
  // map_lookup: access (From:a@b) returns OK (0)
  constexpr std::string_view kReturns = ") returns ";
  const std::size_t at = output->out.rfind(kReturns);
  if (at == std::string::npos) return std::string();
  const std::string rest = first_line(std::string_view(output->out).substr(at + kReturns.size()));
  return rest.substr(0, rest.rfind(" ("));
}

Result<Answer> SendmailServer::ask(const Transaction& transaction, bool with_entry) {
  const auto output = impl_->test(with_entry, session_of(transaction));
  if (!output) return tl::unexpected(output.error());
  return answer_of(output->out);
}

}  // namespace lostmail::replay
