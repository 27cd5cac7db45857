#include "cli/common.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "lostmail/report/json.hpp"

namespace lostmail::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSystemStore = "/var/lib/lostmail/lostmail.db";
constexpr const char* kSystemConfig = "/etc/lostmail/lostmail.toml";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

fs::path user_file(const char* xdg, const char* fallback, const char* rest) {
  const std::string base = environment(xdg);
  if (!base.empty()) return fs::path(base) / rest;
  const std::string home = environment("HOME");
  return fs::path(home.empty() ? "/" : home) / fallback / rest;
}

/// Writes all of `text`; false with errno set.
bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// A file beside another one, which takes its place once it is whole. Deleted unless it did.
class Replacement {
 public:
  explicit Replacement(const fs::path& target)
      : target_(target), part_((target.parent_path() / ".lostmail-XXXXXX").string()) {
    descriptor_ = ::mkostemp(part_.data(), O_CLOEXEC);
  }
  ~Replacement() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!placed_) ::unlink(part_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  /// Owner, group and mode of the file that it replaces, else those of a new file; false with
  /// errno.
  [[nodiscard]] bool take_over() {
    struct stat before {};
    if (::stat(target_.c_str(), &before) != 0) {
      const mode_t mask = ::umask(0);
      ::umask(mask);
      return errno == ENOENT && ::fchmod(descriptor_, 0644U & ~mask) == 0;
    }
    struct stat now {};
    if (::fstat(descriptor_, &now) != 0) return false;
    const bool other = now.st_uid != before.st_uid || now.st_gid != before.st_gid;
    if (other && ::fchown(descriptor_, before.st_uid, before.st_gid) != 0) return false;
    return ::fchmod(descriptor_, before.st_mode & 07777U) == 0;
  }

  [[nodiscard]] bool place(std::string_view text) {
    placed_ = write_all(descriptor_, text) && ::fsync(descriptor_) == 0 &&
              ::rename(part_.c_str(), target_.c_str()) == 0;
    if (!placed_) return false;
    const std::string parent = target_.parent_path().string();
    const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
      ::fsync(folder);  // so that the new name outlives a crash
      ::close(folder);
    }
    return true;
  }

 private:
  fs::path target_;
  std::string part_;
  int descriptor_ = -1;
  bool placed_ = false;
};

/// A link stays one: the file that it names is written.
Result<void> write_whole(std::string_view text, const std::string& file) {
  std::error_code code;
  fs::path target = fs::absolute(file, code);
  if (fs::is_symlink(target, code)) target = fs::weakly_canonical(target, code);
  Replacement part(target);
  if (!part.is_open()) {
    return fail(ErrorKind::io_error, file, "cannot be written: no file can be made in {}: {}",
                target.parent_path().string(), std::strerror(errno));
  }
  if (!part.take_over()) {
    return fail(ErrorKind::io_error, file, "left as it was: its owner and mode cannot be kept: {}",
                std::strerror(errno));
  }
  if (!part.place(text)) {
    return fail(ErrorKind::io_error, file, "cannot be written, left as it was: {}",
                std::strerror(errno));
  }
  return {};
}

}  // namespace

fs::path Globals::store_path() const {
  if (!store_option.empty()) return store_option;
  std::error_code code;
  const fs::path system(kSystemStore);
  // One that exists, even unreadable, is the one that is meant.
  if (fs::exists(system, code) || (code && code != std::errc::no_such_file_or_directory) ||
      ::access(system.parent_path().c_str(), W_OK) == 0 || ::geteuid() == 0) {
    return system;
  }
  return user_file("XDG_STATE_HOME", ".local/state", "lostmail/lostmail.db");
}

Result<void> read_configuration(Globals& globals) {
  Configuration& settings = globals.configuration;
  std::error_code code;
  if (!globals.config_option.empty()) {
    if (auto ok = settings.read(globals.config_option); !ok) return ok;
  } else {
    // What the user's file says stands above the machine's.
    for (const auto& file : {fs::path(kSystemConfig),
                             user_file("XDG_CONFIG_HOME", ".config", "lostmail/lostmail.toml")}) {
      if (!fs::exists(file, code)) continue;
      if (auto ok = settings.read(file.string()); !ok) return ok;
    }
  }
  for (const auto& [key, option] :
       {std::pair("store", &globals.store_option), std::pair("tz", &globals.zone_option),
        std::pair("host", &globals.host_option)}) {
    if (option->empty()) {
      *option = settings.text(key);
    } else {
      settings.set(key, *option, "command line");
    }
  }
  if (globals.store_option.empty()) settings.set("store", globals.store_path().string(), "");
  for (const auto& folder : settings.texts("patterns")) globals.pattern_options.push_back(folder);
  for (const auto& domain : settings.texts("local_domains"))
    globals.local_domains.push_back(to_lower(domain));
  globals.queue_lifetime =
      static_cast<std::int64_t>(settings.number("queue_lifetime_days") * 86400);
  return {};
}

namespace {

Result<void> check_zone(const std::string& name) {
  if (name.empty()) return {};
  const auto zone = assemble::Zone::named(name);
  return zone ? Result<void>() : tl::unexpected(zone.error());
}

}  // namespace

void on_run(CLI::App& command, Globals& globals, ExitCode& exit, std::function<ExitCode()> action) {
  command.callback([&globals, &exit, action = std::move(action)] {
    const auto configured = read_configuration(globals);
    if (!configured) {
      exit = give_up(configured.error());
    } else if (const auto zone = check_zone(globals.zone_option); !zone) {
      exit = give_up(zone.error());
    } else {
      exit = globals.print_config ? print_configuration(globals) : action();
    }
  });
}

ExitCode print_configuration(const Globals& globals) {
  const auto done = put_out(globals.configuration.to_toml(), "");
  return done ? ExitCode::done : give_up(done.error());
}

void complain(std::string_view message) {
  fmt::print(stderr, "lostmail: {}\n", report::printable(message));
}
void complain(const Error& error) { complain(error.to_string()); }

ExitCode give_up(const Error& error) {
  complain(error);
  return ExitCode::not_done;
}

Result<classify::PatternSet> load_patterns(const Globals& globals) {
  std::vector<fs::path> shipped;
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  // bin/lostmail beside share/lostmail/patterns where installed; the source tree's own where built.
  const fs::path installed = program.parent_path().parent_path() / LOSTMAIL_DATA_DIR / "patterns";
  if (fs::is_directory(installed, code)) {
    shipped.push_back(installed);
  } else {
    shipped.emplace_back(LOSTMAIL_SOURCE_PATTERNS);
  }
  std::vector<fs::path> site(globals.pattern_options.begin(), globals.pattern_options.end());
  return classify::PatternSet::load(shipped, site);
}

std::future<Result<classify::PatternSet>> patterns_to_come(const Globals& globals) {
  const auto how =
      globals.threads == 1 ? std::launch::deferred : std::launch::async | std::launch::deferred;
  return std::async(how, [&globals] { return load_patterns(globals); });
}

Result<ingest::Settings> reading(const Globals& globals) {
  ingest::Settings settings;
  settings.now = now_utc();
  settings.year = globals.year;
  settings.threads =
      globals.threads.value_or(static_cast<int>(std::thread::hardware_concurrency()));
  if (!globals.zone_option.empty()) {
    auto zone = assemble::Zone::named(globals.zone_option);
    if (!zone) return tl::unexpected(zone.error());
    settings.zone = std::move(*zone);
  }
  return settings;
}

assemble::Zone zone_of(const Globals& globals) {
  if (!globals.zone_option.empty()) {
    if (auto zone = assemble::Zone::named(globals.zone_option)) return *zone;
  }
  return assemble::Zone::of_this_machine();
}

std::int64_t now_utc() {
  // LOSTMAIL_NOW lets a test say when it is; seconds since 1970.
  const std::string fixed = environment("LOSTMAIL_NOW");
  if (!fixed.empty()) return std::atoll(fixed.c_str());
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

input::LogList logs_of(const std::vector<std::string>& arguments) {
  return arguments.empty() ? input::machine_logs() : input::expand(arguments);
}

ExitCode tell_problems(const input::LogList& list, const std::vector<ingest::LogOutcome>& outcomes,
                       const Globals& globals) {
  bool any_problem = !list.problems.empty(), any_read = false;
  for (const auto& problem : list.problems) complain(problem);
  for (const auto& outcome : outcomes) {
    if (outcome.problem) {
      complain(*outcome.problem);
      any_problem = true;
    }
    if (outcome.skipped && globals.verbose)
      complain(outcome.path.string() + ": no mail log, passed over");
    if (outcome.shortened > 0) {
      complain(fmt::format("{}: {} over 64 KiB: read was the beginning alone",
                           outcome.path.string(), counted(outcome.shortened, "line")));
      any_problem = true;
    }
    any_read = any_read || (!outcome.skipped && (!outcome.problem || outcome.counts.lines > 0));
  }
  if (!any_problem) return ExitCode::done;
  return any_read ? ExitCode::partly_read : ExitCode::not_done;
}

namespace {

int& print_error() {
  static int error = 0;  // the first
  return error;
}

}  // namespace

void note_print_error(int error) {
  if (print_error() == 0) print_error() = error;
}

void flush_printed() {
  if (std::fflush(stdout) != 0) note_print_error(errno);
}

Result<void> printed() {
  flush_printed();
  const int error = std::exchange(print_error(), 0);  // told once
  if (error == 0 || error == EPIPE) return {};        // a reader that has enough is no failure
  return fail(ErrorKind::io_error, "standard output", "cannot be written: {}",
              std::strerror(error));
}

Result<void> put_out(std::string_view text, const std::string& file) {
  if (file.empty() || file == "-") {
    if (!write_all(STDOUT_FILENO, text)) note_print_error(errno);
    return printed();
  }
  return write_whole(text, file);
}

void print_wrapped(std::string_view label, std::string_view text, std::size_t indent) {
  constexpr std::size_t kColumns = 80;
  const auto print_line = [](std::string_view line) {
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  };
  std::string line = fmt::format("{:<{}}", label, indent);
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    const auto word = text.substr(begin, end - begin);
    if (line.size() + word.size() > kColumns && line.size() > indent) {
      print_line(line);
      line = std::string(indent, ' ');
    }
    line += word;
    line += ' ';
    begin = end + 1;
  }
  print_line(line);
}

std::string local_time(std::int64_t utc_seconds, const assemble::Zone& zone) {
  LogTime time;
  time.utc_micros = utc_seconds * 1'000'000;
  time.offset_minutes = static_cast<std::int16_t>(zone.offset_at(utc_seconds));
  std::string text = time.to_rfc3339().substr(0, 16);
  text[10] = ' ';
  return text;
}

}  // namespace lostmail::cli
