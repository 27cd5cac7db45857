#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "lostmail/whitelist/entry.hpp"
#include "lostmail/whitelist/list_file.hpp"

namespace lostmail::whitelist {

/// Text of one list.
struct BlockForm {
  std::function<bool(const Entry&)> takes;  ///< entries that are not of this text are passed over
  std::string_view head;                    ///< comment lines, each from `#` to its newline
  std::function<std::string(const Entry&)> line;  ///< without newline
  std::function<std::string(const Entry&)> decided =
      {};  ///< why the file cannot hold it: a person's own line goes first …; empty: it can
};

/// The block of what `form` takes, sorted by key, each entry below a comment: reason, counts,
/// dates, who approved it.
[[nodiscard]] ListFile block_of(std::span<const Entry> entries, std::int64_t now,
                                const BlockForm& form);

/// A path that needs no quoting in a configuration or a shell. Errors: invalid_argument.
[[nodiscard]] Result<std::string> plain_path(std::string_view path);

}  // namespace lostmail::whitelist
