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
  List list = List::exim_senders;
  std::string_view head;                          ///< comment lines, each from `#` to its newline
  std::function<std::string(const Entry&)> line;  ///< without newline
  std::function<std::string(const Entry&)> decided =
      {};  ///< why a person's own line goes first; empty: it does not
};

/// The block of `form.list`, sorted by key, each entry below a comment: reason, counts, dates, who
/// approved it.
[[nodiscard]] ListFile block_of(std::span<const Entry> entries, std::int64_t now,
                                const BlockForm& form);

/// A path that needs no quoting in a configuration or a shell. Errors: invalid_argument.
[[nodiscard]] Result<std::string> plain_path(std::string_view path);

}  // namespace lostmail::whitelist
