#include "lostmail/input/log_list.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glob.h>
#include <spawn.h>

namespace lostmail::input {
namespace {

namespace fs = std::filesystem;

/// Where MTAs log, as globs; the first group that has a file wins for Exim, all of the Sendmail
/// places are read.
constexpr std::array kEximPlaces{
    "var/log/exim4/mainlog", "var/log/exim_mainlog",      "var/log/exim/mainlog",
    "var/log/exim/main.log", "var/log/exim/exim_mainlog",
};
constexpr std::array kMaillogPlaces{"var/log/mail.log", "var/log/maillog", "var/log/mail/mail.log"};

std::vector<fs::path> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<fs::path> result;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) result.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return result;
}

void add_rotated(const fs::path& log, LogList& list) {
  for (const auto& path : matches(log.string())) list.items.push_back({path, false});
  for (const auto& path : rotated_of(log)) list.items.push_back({path, false});
}

void add_exim_set(const fs::path& mainlog, LogList& list) {
  add_rotated(mainlog, list);
  std::string name = mainlog.filename().string();
  const auto at = name.find("main");
  if (at == std::string::npos) return;
  for (const auto* other : {"reject", "panic"}) {
    std::string sibling = name;
    add_rotated(mainlog.parent_path() / sibling.replace(at, 4, other), list);
  }
}

/// What `program -bP log_file_path` prints, without a shell; empty where there is no such program.
std::string ask_exim(const char* program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::array<std::string, 3> words{program, "-bP", "log_file_path"};
  std::array<char*, 4> argv{words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, program, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string answer;
  if (failed == 0) {
    std::array<char, 512> part{};
    for (ssize_t count = 0; (count = ::read(ends[0], part.data(), part.size())) > 0;) {
      answer.append(part.data(), static_cast<std::size_t>(count));
    }
    ::waitpid(child, nullptr, 0);
  }
  ::close(ends[0]);
  return answer;
}

/// `log_file_path = /var/log/exim/%slog : syslog` → the main log's path; empty for syslog alone or
/// a dated name.
std::string mainlog_of_setting(std::string setting) {
  const auto equals = setting.find('=');
  if (equals == std::string::npos) return {};
  setting.erase(0, equals + 1);
  const auto start = setting.find('/');
  if (start == std::string::npos) return {};
  setting = setting.substr(start, setting.find_first_of(" :\n", start) - start);
  const auto slot = setting.find("%s");
  if (slot != std::string::npos) setting.replace(slot, 2, "main");
  return setting.find('%') == std::string::npos ? setting : std::string();
}

void sort_unique(LogList& list) {
  std::set<fs::path> seen;
  std::vector<LogList::Item> kept;
  for (auto& item : list.items) {
    std::error_code ignored;
    if (!fs::is_regular_file(item.path, ignored)) continue;
    if (seen.insert(item.path).second) kept.push_back(std::move(item));
  }
  list.items = std::move(kept);
}

LogList::Item standard_input() { return {"-", true}; }

void expand_directory(const fs::path& directory, LogList& list) {
  std::error_code code;
  fs::directory_iterator entries(directory, code);
  if (code) {
    list.problems.push_back(
        {ErrorKind::permission_denied, directory.string(), "cannot be listed: " + code.message()});
    return;
  }
  std::vector<fs::path> found;
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') || !entry.is_regular_file(code)) continue;
    found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  if (found.empty()) {
    list.problems.push_back(
        {ErrorKind::not_found, directory.string(), "no log in this directory: name the files"});
  }
  for (auto& path : found) list.items.push_back({std::move(path), false});
}

}  // namespace

LogRole role_of(const fs::path& log) {
  const std::string name = log.filename().string();
  if (name.find("reject") != std::string::npos) return LogRole::rejectlog;
  if (name.find("panic") != std::string::npos) return LogRole::paniclog;
  return LogRole::mainlog;
}

fs::path before_rotation(const fs::path& log) {
  std::string name = log.filename().string();
  for (const std::string_view packed : {".gz", ".bz2", ".xz", ".zst"}) {
    if (name.ends_with(packed)) name.resize(name.size() - packed.size());
  }
  const auto end = name.find_last_not_of("0123456789");
  if (end == std::string::npos || end == 0 || end + 1 == name.size()) return log;
  if (name[end] != '.' && name[end] != '-') return log;
  return log.parent_path() / name.substr(0, end);
}

std::vector<fs::path> rotated_of(const fs::path& log) {
  std::vector<fs::path> found;
  std::error_code code;
  for (const auto& entry :
       fs::directory_iterator(log.has_parent_path() ? log.parent_path() : fs::path("."), code)) {
    const auto path = log.parent_path() / entry.path().filename();
    if (path != log && before_rotation(path) == log) found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

LogList expand(const std::vector<std::string>& arguments) {
  LogList list;
  for (const auto& argument : arguments) {
    if (argument == "-") {
      list.items.push_back(standard_input());
      continue;
    }
    std::error_code code;
    if (fs::is_directory(argument, code)) {
      expand_directory(argument, list);
      continue;
    }
    if (!fs::exists(argument, code) && argument.find_first_of("*?[") != std::string::npos) {
      const auto found = matches(argument);
      if (found.empty()) {
        list.problems.push_back({ErrorKind::not_found, argument, "no file matches"});
      }
      for (const auto& path : found) list.items.push_back({path, false});
      continue;
    }
    list.items.push_back({argument, true});
  }
  return list;
}

LogList machine_logs(const fs::path& root) {
  LogList list;
  if (root == "/") {
    for (const auto* program :
         {"/usr/sbin/exim4", "/usr/sbin/exim", "/usr/exim/bin/exim", "/usr/local/sbin/exim"}) {
      const std::string mainlog = mainlog_of_setting(ask_exim(program));
      if (!mainlog.empty()) {
        add_exim_set(mainlog, list);
        break;
      }
    }
  }
  for (const auto* place : kEximPlaces) {
    if (!list.items.empty()) break;
    add_exim_set(root / place, list);
  }
  for (const auto* place : kMaillogPlaces) add_rotated(root / place, list);
  sort_unique(list);
  if (list.items.empty()) {
    list.problems.push_back({ErrorKind::not_found, "",
                             "no Exim or Sendmail log found in the known places: name the logs"});
  }
  return list;
}

}  // namespace lostmail::input
