#include "lostmail/replay/exim.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "lostmail/replay/process.hpp"
#include "replay/exim_config.hpp"
#include "replay/scratch.hpp"

namespace lostmail::replay {
namespace {

using namespace std::chrono_literals;

constexpr auto kShort = 10s;
constexpr auto kSession = 60s;  // DNS may be slow
constexpr auto kLive = 300s;    // and strangers' servers slower

/// The rest of the line that starts with `start`; empty where none does.
std::string line_after(std::string_view text, std::string_view start) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(start)) return std::string(line.substr(start.size()));
    at = end + 1;
  }
  return {};
}

std::string first_line(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  return std::string(text.substr(0, text.find('\n')));
}

/// How the configuration reads a list: `${if exists{/path}{lsearch;/path}{}}` names it twice.
std::string lookup_of(std::string_view config, std::string_view path) {
  for (auto mention = find_mention(config, path); mention;
       mention = find_mention(config, path, mention->at + mention->length)) {
    if (!mention->lookup.empty()) return mention->lookup;
  }
  return {};
}

/// The replies of an SMTP session, each on one line: banner, EHLO, MAIL …
std::vector<std::string> replies_of(std::string_view out) {
  std::vector<std::string> replies;
  std::string open;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = std::min(out.find('\n', at), out.size());
    std::string_view line = out.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    const bool is_reply = line.size() >= 4 && line[0] >= '2' && line[0] <= '5' && line[1] >= '0' &&
                          line[1] <= '9' && line[2] >= '0' && line[2] <= '9' &&
                          (line[3] == ' ' || line[3] == '-');
    if (!is_reply) continue;
    if (open.empty()) {
      open = std::string(line.substr(0, 3)) + ' ' + std::string(line.substr(4));
    } else {
      open += ' ';
      open += line.substr(4);
    }
    if (line[3] == ' ') replies.push_back(std::exchange(open, {}));
  }
  return replies;
}

/// `>>> check !verify = sender/callout…`, as Exim's acl.c prints each condition before it tries it.
bool is_check(std::string_view line) {
  constexpr std::string_view kStart = ">>> check ";
  if (!line.starts_with(kStart)) return false;
  const std::size_t verify = line.find("verify = ");
  if (verify == std::string_view::npos || verify > kStart.size() + 1) return false;
  const std::string_view what = line.substr(verify + 9);
  return what.starts_with("sender") || what.starts_with("header_sender") ||
         what.starts_with("reverse_host_lookup") || what.starts_with("helo");
}

Answer answer_of(const Output& output, std::size_t commands) {
  Answer answer;
  const auto replies = replies_of(output.out);
  for (std::size_t i = 0; i < std::min(replies.size(), commands); ++i) {
    answer.reply = replies[i];
    answer.accepted = replies[i][0] < '4';
    if (!answer.accepted) break;
  }
  if (replies.size() < commands && answer.accepted) {
    answer.accepted = false;
    answer.reply = "the session ended early";
  }
  for (std::size_t at = 0; at < output.err.size();) {
    const std::size_t end = std::min(output.err.find('\n', at), output.err.size());
    const std::string_view line = std::string_view(output.err).substr(at, end - at);
    if (is_check(line)) ++answer.checks;
    if (line.starts_with(">>> ... callout omitted")) answer.callout_omitted = true;
    at = end + 1;
  }
  return answer;
}

std::string session_of(const Transaction& transaction) {
  std::string text = fmt::format("EHLO {}\r\nMAIL FROM:<{}>\r\nRCPT TO:<{}>\r\n",
                                 safe_helo(transaction.helo, transaction.client_ip),
                                 transaction.sender, transaction.recipient);
  if (transaction.with_message) {
    text +=
        fmt::format("DATA\r\nFrom: <{}>\r\nSubject: test\r\n\r\ntest\r\n.\r\n", transaction.sender);
  }
  return text + "QUIT\r\n";
}

}  // namespace

struct EximServer::Impl {
  std::string program, config_path, config;
  Scratch scratch;
  bool live = false;
  gid_t group = 0;
  struct Placed {
    List list;
    std::string scratch_path, lookup;
  };
  std::vector<Placed> placed;
  std::optional<bool> with_entry;  ///< what the scratch lists hold now

  [[nodiscard]] std::string scratch_config() const { return (scratch / "exim.conf").string(); }

  [[nodiscard]] Result<Output> exim(std::vector<std::string> arguments, std::string input,
                                    std::chrono::milliseconds limit) const {
    Command command{program, {"-C", scratch_config()}, std::move(input), limit};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    auto output = run(command);
    if (output && output->timed_out) {
      return fail(ErrorKind::io_error, program, "did not end within {} seconds: is DNS reachable?",
                  std::chrono::duration_cast<std::chrono::seconds>(limit).count());
    }
    return output;
  }

  [[nodiscard]] Result<void> write_lists(bool with) {
    if (with_entry == with) return {};
    for (const Placed& one : placed) {
      auto ok = write_file(one.scratch_path, with ? one.list.after : one.list.before, group);
      if (!ok) return ok;
    }
    with_entry = with;
    return {};
  }
};

EximServer::EximServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EximServer::~EximServer() = default;

const std::string& EximServer::program() const { return impl_->program; }
const std::string& EximServer::config() const { return impl_->config_path; }

Result<std::unique_ptr<EximServer>> EximServer::open(const Setup& setup) {
  const std::string program =
      find_program(setup.program.empty() ? std::vector<std::string>{"exim4", "exim"}
                                         : std::vector{setup.program});
  if (program.empty()) {
    return fail(ErrorKind::not_found, setup.program.empty() ? "exim" : setup.program,
                "no such program: name it with --program");
  }
  std::string path = setup.config;
  if (path.empty()) {
    const auto version = run({program, {"-bV"}, {}, kShort});
    if (!version) return tl::unexpected(version.error());
    path = line_after(version->out, "Configuration file is ");
    if (path.empty()) {
      return fail(ErrorKind::not_found, program, "does not say its configuration (-bV): {}",
                  first_line(version->err + version->out));
    }
  }
  auto text = whole_config(path);
  if (!text) return tl::unexpected(text.error());
  auto scratch = Scratch::make(setup.scratch);
  if (!scratch) return tl::unexpected(scratch.error());
  auto impl = std::make_unique<Impl>(
      Impl{program, path, std::move(*text), std::move(*scratch), setup.live, ::getegid(), {}, {}});
  // The spool's group is Exim's; the spool itself is not touched.
  const auto spool = run({program, {"-C", path, "-bP", "spool_directory"}, {}, kShort});
  struct stat status {};
  const std::string spool_path = spool ? line_after(spool->out, "spool_directory = ") : "";
  const bool known = ::geteuid() == 0 && ::stat(spool_path.c_str(), &status) == 0;
  if (known) impl->group = status.st_gid;
  const auto mine = impl->scratch / "spool";
  if (::mkdir(mine.c_str(), 0750) != 0 ||
      (known && ::chown(mine.c_str(), status.st_uid, status.st_gid) != 0)) {
    return fail(ErrorKind::io_error, mine.string(), "cannot be made");
  }
  if (auto ok = impl->scratch.open_to(impl->group); !ok) return tl::unexpected(ok.error());
  impl->config = with_option(impl->config, "spool_directory", mine.string());
  return std::unique_ptr<EximServer>(new EximServer(std::move(impl)));
}

std::vector<std::string> EximServer::lists_read(const std::vector<std::string>& paths) const {
  std::vector<std::string> result;
  std::copy_if(
      paths.begin(), paths.end(), std::back_inserter(result),
      [this](const std::string& path) { return find_mention(impl_->config, path).has_value(); });
  return result;
}

Result<void> EximServer::use(const std::vector<List>& lists) {
  std::string text = impl_->config;
  impl_->placed.clear();
  impl_->with_entry.reset();
  for (const List& list : lists) {
    const auto file = impl_->scratch / fmt::format("list{}", impl_->placed.size());
    impl_->placed.push_back({list, file.string(), lookup_of(text, list.path)});
    text = with_path(text, list.path, file.string());
  }
  auto ok = write_file(impl_->scratch_config(), text, impl_->group);
  if (ok) ok = impl_->write_lists(false);
  if (!ok) return ok;
  const auto checked = impl_->exim({"-bV"}, {}, kShort);
  if (!checked) return tl::unexpected(checked.error());
  if (checked->status != 0) {
    return fail(ErrorKind::io_error, impl_->config_path, "{} does not take a copy of it: {}",
                impl_->program, first_line(checked->err + checked->out));
  }
  return {};
}

Result<bool> EximServer::finds(const std::string& path, const std::string& address,
                               bool by_domain) {
  const auto placed =
      std::find_if(impl_->placed.begin(), impl_->placed.end(),
                   [&path](const Impl::Placed& one) { return one.list.path == path; });
  if (placed == impl_->placed.end()) return false;
  if (auto ok = impl_->write_lists(true); !ok) return tl::unexpected(ok.error());
  const bool plain = placed->lookup.empty();
  const std::string list =
      plain ? placed->scratch_path : placed->lookup + ';' + placed->scratch_path;
  // The address comes as a variable, never as text to be expanded.
  const std::string expression =
      by_domain && !plain
          ? fmt::format("${{if match_domain{{$sender_address_domain}}{{{}}}{{yes}}{{no}}}}", list)
          : fmt::format("${{if match_address{{$sender_address}}{{{}}}{{yes}}{{no}}}}", list);
  const auto output = impl_->exim({"-be", "-f", address, expression}, {}, kShort);
  if (!output) return tl::unexpected(output.error());
  const std::string said = first_line(output->out);
  if (said == "yes" || said == "no") return said == "yes";
  return fail(ErrorKind::io_error, placed->list.path, "the lookup fails: {}",
              first_line(output->err + output->out));
}

Result<Answer> EximServer::ask(const Transaction& transaction, bool with_entry) {
  if (auto ok = impl_->write_lists(with_entry); !ok) return tl::unexpected(ok.error());
  const auto output = impl_->exim({impl_->live ? "-bhc" : "-bh", transaction.client_ip},
                                  session_of(transaction), impl_->live ? kLive : kSession);
  if (!output) return tl::unexpected(output.error());
  if (replies_of(output->out).empty()) {
    return fail(ErrorKind::io_error, impl_->program, "starts no session: {}",
                first_line(output->err + output->out));
  }
  return answer_of(*output, transaction.with_message ? 6 : 4);
}

}  // namespace lostmail::replay
