#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"

/// An Exim configuration as text to be copied with small changes.
namespace lostmail::replay {

/// The text of `file` with `.include` and `.include_if_exists` of absolute paths in their place,
/// since lists may be named there, and without comments. Errors: as read_file(); invalid_argument
/// where files include each other without end.
[[nodiscard]] Result<std::string> whole_config(const std::filesystem::path& file);

/// A place where the configuration names a file.
struct Mention {
  std::size_t at = 0, length = 0;
  std::string lookup;  ///< `nwildlsearch`, `lsearch` …; empty: a plain list, or none
};

/// The first mention of `path` from `start` on: as it stands, or with its folder as a macro
/// (`CONFDIR/name`) that the configuration defines so.
[[nodiscard]] std::optional<Mention> find_mention(std::string_view config, std::string_view path,
                                                  std::size_t start = 0);

/// `config` with each mention of `path` replaced by `other`.
[[nodiscard]] std::string with_path(std::string_view config, std::string_view path,
                                    std::string_view other);

/// `config` with the main option `name` set to `value`, in place of what it was.
[[nodiscard]] std::string with_option(std::string_view config, std::string_view name,
                                      std::string_view value);

}  // namespace lostmail::replay
