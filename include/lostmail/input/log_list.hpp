#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lostmail/core/result.hpp"

namespace lostmail::input {

/// Which of Exim's files a log is, by its name; where the same record stands in several, the first
/// of this order is the one that a refusal names (product: mainlog over syslog over rejectlog over
/// paniclog).
enum class LogRole { mainlog, syslog, rejectlog, paniclog };

[[nodiscard]] LogRole role_of(const std::filesystem::path& log);

/// What the arguments of a command name: files as they are, the regular files of a directory (dot
/// files and lists of the MTAs aside), the matches of a glob that no shell expanded. Sorted within
/// a directory or glob.
struct LogList {
  struct Item {
    std::filesystem::path path;
    bool named = false;  ///< by the user itself: not a log is then an error, in a directory it is
                         ///< passed over
  };
  std::vector<Item> items;
  std::vector<Error> problems;  ///< not_found, permission_denied, an empty directory
};
[[nodiscard]] LogList expand(const std::vector<std::string>& arguments);

/// Files beside `log` whose name says that they are what it was before a rotation: `mainlog.1`,
/// `mainlog-20261101.xz`.
[[nodiscard]] std::vector<std::filesystem::path> rotated_of(const std::filesystem::path& log);

/// The name of which `log` is a rotated one: `mainlog` for `mainlog.2.gz`; `log` itself where its
/// name does not say so.
[[nodiscard]] std::filesystem::path before_rotation(const std::filesystem::path& log);

/// The logs of this machine's MTA: where `exim -bP log_file_path` says, else the known places of
/// Debian, RHEL, cPanel, DirectAdmin and FreeBSD; rotated ones included. `root` goes before each
/// known place (tests).
[[nodiscard]] LogList machine_logs(const std::filesystem::path& root = "/");

}  // namespace lostmail::input
