#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "search/aim.hpp"
#include "search/log_set.hpp"

namespace lostmail::search {

/// Something that may answer an aim: the id of a message, or a refusal without one, with the lines
/// around it that may belong to it.
struct Lead {
  std::int64_t when = 0;  ///< UTC seconds
  std::string id;         ///< empty: a refusal without one
  std::size_t log = 0;
  std::uint64_t offset = 0;  ///< of the refusal's line
  std::vector<std::pair<std::uint64_t, Pick>> lines;  ///< with their offsets
  std::vector<std::size_t> aims;                      ///< that it may answer
};

/// Goes over the logs for the lines that meet an aim. `companions` are aims too, but of lines that
/// hold a text of the others anyway: they cost nothing. They are numbered behind the aims. The
/// leads are in the order of time, the same with any number of threads.
[[nodiscard]] Result<std::vector<Lead>> first_pass(LogSet& logs, std::vector<Aim> aims,
                                                   const std::vector<Aim>& companions,
                                                   const Settings& settings);

}  // namespace lostmail::search
