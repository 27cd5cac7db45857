#pragma once

#include <vector>

#include "ingest/crew.hpp"
#include "lostmail/ingest/history.hpp"

namespace lostmail::ingest {

/// How many threads of a crew can help with a history.
[[nodiscard]] int helpers(const Settings& settings);

/// read_history() with a crew that has other work, too.
[[nodiscard]] std::vector<LogOutcome> read_history(const std::vector<input::LogList::Item>& logs,
                                                   const Settings& settings,
                                                   assemble::Assembler& assembler, Crew& crew);

}  // namespace lostmail::ingest
