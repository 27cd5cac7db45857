#pragma once

#include <string>

#include "cli/common.hpp"
#include "cli/find_options.hpp"
#include "lostmail/search/search.hpp"

/// How `find` tells its answer.
namespace lostmail::cli {

/// What was asked, in words: `from alice@example.com, to bob@example.org, since yesterday`; empty:
/// nothing.
[[nodiscard]] std::string asked_text(const trace::Question& question, const FindOptions& options);

[[nodiscard]] std::string text_answer(const search::Answer& answer, const trace::Question& question,
                                      const FindOptions& options, const Globals& globals);
/// The lines of the logs as they stand, messages parted by an empty line.
[[nodiscard]] std::string raw_answer(const search::Answer& answer);
[[nodiscard]] std::string json_answer(const search::Answer& answer);

/// True where logs were named by their directory, and none lies there.
[[nodiscard]] bool holds_no_log(const search::Answer& answer);

/// Complains of the logs that could not be read.
[[nodiscard]] ExitCode tell_logs(const search::Answer& answer, const input::LogList& list);

}  // namespace lostmail::cli
