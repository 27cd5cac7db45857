#pragma once

#include <vector>

#include "ingest/crew.hpp"
#include "lostmail/ingest/history.hpp"

namespace lostmail::ingest {

/// How many threads of a crew can help with a history.
[[nodiscard]] int helpers(const Settings& settings);

/// Reads several logs as one history, merged by time, through the assembler. A log that cannot be
/// read does not stop the others.
[[nodiscard]] std::vector<LogOutcome> read_history(const std::vector<input::LogList::Item>& logs,
                                                   const Settings& settings,
                                                   assemble::Assembler& assembler, Crew& crew);

}  // namespace lostmail::ingest
