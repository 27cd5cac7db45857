#pragma once

#include <cstdint>

#include "search/log_file.hpp"
#include "search/picks.hpp"

namespace lostmail::search {

/// The line at `begin` in hit.view, with the header block of a rejectlog or the parts that syslog
/// cut.
[[nodiscard]] PickedLines record_at(const Hit& hit, std::size_t begin);

/// The lines around a refusal without a queue id that may belong to it: of its client, from some
/// seconds before on, and the further lines of its record. `begin` is the record's in hit.view, the
/// hit itself may be a further line of it. `time`: of the record, UTC seconds.
[[nodiscard]] PickedLines slice_around(const LogFile& log, const Hit& hit, std::size_t begin,
                                       std::int64_t time);

}  // namespace lostmail::search
