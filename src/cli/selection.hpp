#pragma once

#include <string>

#include "cli/common.hpp"

namespace lostmail::cli {

/// --since, --until and --range of a command.
struct Window {
  std::string since, until, range;
  void add_to(CLI::App& command);
  [[nodiscard]] Result<store::Selection> selection(const Globals& globals) const;
};

/// The options that choose refusals, the same in every command that has them: --from, --to,
/// --client, --id, --variant, --cause, --direction, and the window.
struct SelectionOptions {
  Window window;
  std::string from, to, client, id;
  std::string variant, cause, direction;

  void add_to(CLI::App& command);
  /// Errors: invalid_argument, with the option as the place.
  [[nodiscard]] Result<store::Selection> selection(const Globals& globals) const;
};

}  // namespace lostmail::cli
