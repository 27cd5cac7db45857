#pragma once

#include <filesystem>
#include <vector>

#include "lostmail/classify/pattern_set.hpp"

namespace lostmail::classify {

/// Reads one pattern file. Errors: not_found, invalid_pattern with file and line.
[[nodiscard]] Result<std::vector<Pattern>> read_pattern_file(const std::filesystem::path& file);

}  // namespace lostmail::classify
