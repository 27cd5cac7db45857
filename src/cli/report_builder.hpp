#pragma once

#include <string>
#include <vector>

#include "cli/common.hpp"
#include "lostmail/core/outage.hpp"
#include "lostmail/report/summary.hpp"

namespace lostmail::cli {

/// What a report is asked for beside the selection.
struct ReportWish {
  std::string range;       ///< "yesterday" where that was said
  std::size_t limit = 10;  ///< rows of a list
};

/// Asks the store all that a report says.
[[nodiscard]] Result<report::Summary> summarize(store::Store& store,
                                                const store::Selection& selection,
                                                const ReportWish& wish, const Globals& globals);

/// The same with outages that were found for this window: they meet all domains alike, and finding
/// them is a look at all refusals.
[[nodiscard]] Result<report::Summary> summarize(store::Store& store,
                                                const store::Selection& selection,
                                                const ReportWish& wish, const Globals& globals,
                                                std::vector<Outage> outages);

/// A report in one of the formats text, json, csv, html, md.
[[nodiscard]] std::string render(const report::Summary& summary, std::string_view format);

/// The format that a file's suffix asks for; "text" for all others.
[[nodiscard]] std::string format_of_suffix(const std::string& file);

/// The name of this machine, or of --host.
[[nodiscard]] std::string host_name(const Globals& globals);

}  // namespace lostmail::cli
