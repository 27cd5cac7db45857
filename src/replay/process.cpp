#include "lostmail/replay/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <spawn.h>

namespace lostmail::replay {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::array kFolders{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                              "/usr/bin",        "/sbin",          "/bin"};

/// One end of a pipe.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor read, write;
  [[nodiscard]] bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
    return true;
  }
};

struct Actions {
  posix_spawn_file_actions_t value{};
  Actions() { ::posix_spawn_file_actions_init(&value); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
};

/// A process group of its own, and the signals as a fresh program has them: ours ignores SIGPIPE.
struct Attributes {
  posix_spawnattr_t value{};
  Attributes() {
    ::posix_spawnattr_init(&value);
    sigset_t set;
    sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&value, &set);
    sigaddset(&set, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&value, &set);
    ::posix_spawnattr_setpgroup(&value, 0);
    ::posix_spawnattr_setflags(
        &value, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
};

/// While it lives, writing to a program that reads no further is an error and no signal, whatever
/// the rest of the process makes of SIGPIPE.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec at_once{};
    while (::sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_{}, before_{};
};

tl::unexpected<Error> not_started(const std::string& program, int code) {
  const ErrorKind kind = code == ENOENT   ? ErrorKind::not_found
                         : code == EACCES ? ErrorKind::permission_denied
                                          : ErrorKind::io_error;
  return fail(kind, program, "cannot be started: {}", std::strerror(code));
}

/// The pipes of a running program, from our side.
struct Talk {
  Pipe in, out, err;
  pid_t pid = -1;
};

Result<void> start(const Command& command, Talk& talk) {
  if (!talk.in.open() || !talk.out.open() || !talk.err.open()) {
    return not_started(command.program, errno);
  }
  Actions actions;
  ::posix_spawn_file_actions_adddup2(&actions.value, talk.in.read.number(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions.value, talk.out.write.number(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions.value, talk.err.write.number(), STDERR_FILENO);
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string path = kPath;
  std::string locale = "LC_ALL=C";
  std::array<char*, 3> environment{path.data(), locale.data(), nullptr};
  const Attributes attributes;
  const std::string program = find_program({command.program});
  if (program.empty()) return not_started(command.program, ENOENT);
  const int code = ::posix_spawn(&talk.pid, program.c_str(), &actions.value, &attributes.value,
                                 argv.data(), environment.data());
  if (code != 0) return not_started(command.program, code);
  talk.in.read.close();
  talk.out.write.close();
  talk.err.write.close();
  ::fcntl(talk.in.write.number(), F_SETFL, O_NONBLOCK);
  return {};
}

/// Takes what a stream holds; closes it at its end.
void take(Descriptor& stream, std::string& text, std::size_t most) {
  std::array<char, 65536> block{};
  const ssize_t count = ::read(stream.number(), block.data(), block.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) return stream.close();
  const std::size_t room = most - std::min(most, text.size());
  text.append(block.data(), std::min(room, static_cast<std::size_t>(count)));
}

void give(Descriptor& stream, std::string_view& rest) {
  const ssize_t count = ::write(stream.number(), rest.data(), rest.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count < 0) return stream.close();  // it reads no further
  rest.remove_prefix(static_cast<std::size_t>(count));
  if (rest.empty()) stream.close();
}

/// Moves bytes until both output streams end; false where the time ran out before.
bool converse(const Command& command, Talk& talk, Output& output, Clock::time_point end) {
  std::string_view rest = command.input;
  if (rest.empty()) talk.in.write.close();
  while (talk.out.read.is_open() || talk.err.read.is_open()) {
    std::array<pollfd, 3> polled{{{talk.out.read.number(), POLLIN, 0},
                                  {talk.err.read.number(), POLLIN, 0},
                                  {talk.in.write.number(), POLLOUT, 0}}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    if (polled[0].revents != 0) take(talk.out.read, output.out, command.most_output);
    if (polled[1].revents != 0) take(talk.err.read, output.err, command.most_output);
    if (polled[2].revents != 0) give(talk.in.write, rest);
  }
  return true;
}

/// Its status once it ended; false where the time ran out before.
bool has_ended(pid_t pid, Clock::time_point end, int& status) {
  for (;;) {
    const pid_t done = ::waitpid(pid, &status, WNOHANG);
    if (done == pid || (done < 0 && errno != EINTR)) return true;
    if (Clock::now() >= end) return false;
    ::poll(nullptr, 0, 5);
  }
}

}  // namespace

Result<Output> run(const Command& command) {
  const NoPipeSignal quiet;
  Talk talk;
  if (auto ok = start(command, talk); !ok) return tl::unexpected(ok.error());
  const auto end = Clock::now() + command.limit;
  Output output;
  int status = 0;
  if (!converse(command, talk, output, end) || !has_ended(talk.pid, end, status)) {
    output.timed_out = true;
    ::kill(-talk.pid, SIGKILL);
    while (::waitpid(talk.pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  output.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return output;
}

std::string find_program(const std::vector<std::string>& programs) {
  for (const std::string& program : programs) {
    if (program.find('/') != std::string::npos) {
      if (::access(program.c_str(), X_OK) == 0) return program;
      continue;
    }
    for (const char* folder : kFolders) {
      const std::string path = std::string(folder) + '/' + program;
      if (::access(path.c_str(), X_OK) == 0) return path;
    }
  }
  return {};
}

}  // namespace lostmail::replay
