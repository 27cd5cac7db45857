#pragma once

#include <string>

#include <fmt/format.h>
#include <tl/expected.hpp>

namespace lostmail {

/// What kind of trouble an `Error` reports; decides how far the caller can go on.
enum class ErrorKind {
  not_found,
  permission_denied,
  corrupt_input,  ///< a damaged or cut-off archive; what came before it was delivered
  not_a_log,      ///< a binary file, or text in which no line is an MTA's
  invalid_pattern,
  invalid_argument,
  locked,         ///< another process holds the store
  newer_version,  ///< the store was written by a newer lostmail
  damaged,        ///< not a store, or one that SQLite calls malformed
  io_error,
};

/// A failure as a value. `where` leads the message (house rule: PLACE: what: what to do).
struct Error {
  ErrorKind kind = ErrorKind::io_error;
  std::string where;    ///< a path, perhaps with line and column; may be empty
  std::string message;  ///< what is wrong, and what to do about it

  [[nodiscard]] std::string to_string() const {
    return where.empty() ? message : where + ": " + message;
  }
};

template <typename T>
using Result = tl::expected<T, Error>;

/// Shorthand for `return fail(kind, where, "text {}", value)`.
template <typename... Args>
[[nodiscard]] tl::unexpected<Error> fail(ErrorKind kind, std::string where,
                                         fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(
      Error{kind, std::move(where), fmt::format(format, std::forward<Args>(args)...)});
}

}  // namespace lostmail
