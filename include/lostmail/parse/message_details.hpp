#pragma once

#include <string_view>

#include "lostmail/core/record.hpp"

namespace lostmail::parse {

/// Fields of Exim's message lines that only a search needs. Views into the record; empty where the
/// line does not have them.
struct MessageDetails {
  std::string_view message_id;  ///< of an arrival: `id=`, `id*=`
  std::string_view subject;     ///< of an arrival: `T="…"`, as escaped
  std::string_view recipients;  ///< of an arrival: the list behind ` for `
  std::string_view parents;     ///< of a delivery: `a@b.example, c@d.example`
  std::string_view transport;   ///< of a delivery: `T=`
};
[[nodiscard]] MessageDetails message_details(const EximRecord& record);

}  // namespace lostmail::parse
