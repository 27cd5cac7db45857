#pragma once

#include <string>

#include "lostmail/report/summary.hpp"

namespace lostmail::report {

/// For people: 80 columns, printable ASCII whatever the logs held.
[[nodiscard]] std::string text_report(const Summary& summary);

/// The same rows for programs: one object.
[[nodiscard]] std::string json_report(const Summary& summary);

}  // namespace lostmail::report
