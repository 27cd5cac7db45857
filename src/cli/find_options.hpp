#pragma once

#include <string>
#include <vector>

#include "cli/selection.hpp"

namespace lostmail::cli {

/// What `find` was given.
struct FindOptions {
  SelectionOptions selection;
  std::string subject;
  std::vector<std::string> words, logs;
  std::size_t limit = 20;
  bool no_log = false, json = false, raw = false;
  std::string output, format;
};

}  // namespace lostmail::cli
