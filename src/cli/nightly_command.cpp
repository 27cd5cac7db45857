#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/mailing.hpp"
#include "cli/report_builder.hpp"
#include "cli/whitelist_state.hpp"

namespace lostmail::cli {
namespace {

constexpr int kNiceness = 10;
constexpr std::size_t kMostProposals = 10;

struct Options {
  std::vector<std::string> logs;
  std::vector<std::string> mail_to;
  bool always = false;
};

/// Held as long as it lives; another nightly run of this store finds it taken.
class NightlyLock {
 public:
  [[nodiscard]] static Result<NightlyLock> take(const std::filesystem::path& store) {
    const std::string file = store.string() + ".nightly";
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (descriptor < 0)
      return fail(ErrorKind::permission_denied, file, "cannot be made: {}", std::strerror(errno));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      ::close(descriptor);
      return fail(ErrorKind::locked, file, "another nightly run is at work: nothing was done");
    }
    return NightlyLock(descriptor);
  }
  NightlyLock(NightlyLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  NightlyLock& operator=(NightlyLock&&) = delete;
  ~NightlyLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

 private:
  explicit NightlyLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// The proposals that wait for a decision, for the end of the report.
struct Waiting {
  std::string text;    ///< empty for none
  bool fresh = false;  ///< one of them was refused in the window: it is news, the others were told
};

Result<Waiting> proposals(const store::Selection& window, const Globals& globals,
                          store::Store& store) {
  Judging judging;
  judging.min_score = static_cast<int>(globals.configuration.number("whitelist.min_score"));
  auto found = suggestions(judging, globals, store);
  if (!found) return tl::unexpected(found.error());
  auto decisions = store.decisions();
  if (!decisions) return tl::unexpected(decisions.error());
  Waiting waiting;
  std::size_t open = 0;
  const Decided decided(*decisions);
  for (const auto& proposal : found->proposals) {
    if (!decided.state_of(proposal).empty()) continue;
    waiting.fresh |= proposal.last >= window.since && proposal.first < window.until;
    if (++open > kMostProposals) continue;
    waiting.text += fmt::format("  {}  {:>3} points  {} {}\n", proposal.id, proposal.score,
                                name_of(proposal.list), proposal.key);
  }
  if (open == 0) return waiting;
  const std::string title = fmt::format("Whitelist entries proposed: {}", open);
  waiting.text =
      fmt::format("{}\n{}\n{}{}  Next: lostmail whitelist review\n", title,
                  std::string(title.size(), '-'), waiting.text,
                  open > kMostProposals ? fmt::format("  and {} more\n", open - kMostProposals)
                                        : std::string());
  return waiting;
}

/// Mails or prints the report of yesterday; silent where it says nothing.
Result<void> report_yesterday(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return tl::unexpected(store.error());
  Window window;
  window.range = "yesterday";
  auto selection = window.selection(globals);
  if (!selection) return tl::unexpected(selection.error());
  auto summary = summarize(
      *store, *selection,
      {"yesterday", static_cast<std::size_t>(globals.configuration.number("report.limit"))},
      globals);
  if (!summary) return tl::unexpected(summary.error());
  auto waiting = proposals(*selection, globals, *store);
  if (!waiting) return tl::unexpected(waiting.error());
  // Mail that is put off is not lost yet: an entry now saves it.
  if (!summary->has_news() && !waiting->fresh && !options.always) return {};
  if (!waiting->text.empty()) summary->notes.push_back(waiting->text);
  auto watched = watched_text(globals, *store);
  if (!watched) return tl::unexpected(watched.error());
  if (!watched->empty()) summary->notes.push_back(*watched);
  const auto& to =
      options.mail_to.empty() ? globals.configuration.texts("report.mail_to") : options.mail_to;
  if (!to.empty()) return mail_report(*summary, to, globals);
  return put_out(render(*summary, "text"), "");
}

ExitCode nightly(const Options& options, Globals globals) {
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNiceness));
  globals.quiet = true;  // what cron mails is the report alone
  // The folder of the store is made by the first ingest; the lock lies in it.
  std::error_code code;
  std::filesystem::create_directories(globals.store_path().parent_path(), code);
  auto lock = NightlyLock::take(globals.store_path());
  if (!lock) return give_up(lock.error());
  // A log that cannot be read is no reason to be silent about the others.
  ExitCode worst = ingest_logs(options.logs, globals);
  if (worst == ExitCode::not_done && !std::filesystem::exists(globals.store_path(), code))
    return worst;
  if (auto ok = report_yesterday(options, globals); !ok) worst = give_up(ok.error());
  if (prune_refusals({}, globals) != ExitCode::done) worst = ExitCode::not_done;
  return worst;
}

}  // namespace

void add_nightly(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand(
      "nightly", "The one line for cron: ingest, report of yesterday, proposals, prune");
  auto options = std::make_shared<Options>();
  command->add_option("LOG", options->logs, "Logs or directories (default: this machine's)");
  command
      ->add_option("--mail-to", options->mail_to,
                   "Mail the report; without it, it is printed; may be repeated")
      ->type_name("ADDR")
      ->allow_extra_args(false);
  command->add_flag("--always", options->always, "Also when nothing was lost");
  on_run(*command, globals, exit, [&globals, options] { return nightly(*options, globals); });
}

}  // namespace lostmail::cli
