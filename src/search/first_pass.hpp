#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "search/aim.hpp"
#include "search/log_set.hpp"
#include "search/slice.hpp"

namespace lostmail::search {

/// Something that may answer an aim: the id of a message, or a refusal without one.
struct Lead {
  std::int64_t when = 0;         ///< UTC seconds
  std::string id;                ///< empty: a refusal without one; the rest is about that
  std::size_t log = 0;           ///< its number
  std::uint64_t offset = 0;      ///< of the refusal's record
  std::uint64_t hit_offset = 0;  ///< of the line that met an aim, perhaps a further one of it
  std::size_t pair = 0;          ///< see pair_of()
  PickedLines record;            ///< with its further lines, where a companion may be answered
  PickedLines slice;             ///< see slice_around(); empty: not taken yet
  bool asked = false;            ///< may answer an aim
  std::uint32_t companions = 0;  ///< that it may answer: bit i for the i-th
};

/// A hash of sender and recipient, in whatever case.
[[nodiscard]] std::size_t pair_of(std::string_view sender, std::string_view recipient);

/// Goes over the logs for the lines that meet an aim. `companions` are aims too, but of lines that
/// hold a text of the others anyway: they cost nothing. At most 32. The leads are in the order of
/// time, the same with any number of threads.
[[nodiscard]] Result<std::vector<Lead>> first_pass(LogSet& logs, std::vector<Aim> aims,
                                                   const std::vector<Aim>& companions,
                                                   const Settings& settings);

}  // namespace lostmail::search
