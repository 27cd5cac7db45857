#include "cli/terminal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <spawn.h>

namespace lostmail::cli {
namespace {

winsize terminal_size() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  return size;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// False: there is no such pager, nothing was shown.
bool page(std::string_view text) {
  const char* chosen = std::getenv("PAGER");
  auto words = words_of(chosen != nullptr && *chosen != '\0' ? chosen : "less -FRX");
  if (words.empty() || words.front() == "cat") return false;
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, argv.front(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[0]);
  if (failed == 0) {
    while (!text.empty()) {
      const ssize_t count = ::write(ends[1], text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) break;  // the reader has seen enough
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  ::close(ends[1]);
  if (failed != 0) return false;
  ::waitpid(child, nullptr, 0);
  return true;
}

}  // namespace

bool colors_wanted(const Globals& globals) {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return !globals.no_color && (refused == nullptr || *refused == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb") &&
         ::isatty(STDOUT_FILENO) == 1;
}

std::size_t terminal_columns() {
  const std::size_t columns = terminal_size().ws_col;
  return columns == 0 ? 80 : std::clamp<std::size_t>(columns, 40, 120);
}

Result<void> show(std::string_view text) {
  const auto rows = terminal_size().ws_row;
  const bool overflows = rows > 0 && std::count(text.begin(), text.end(), '\n') >= rows;
  if (overflows && page(text)) return {};
  return put_out(text, "");
}

}  // namespace lostmail::cli
