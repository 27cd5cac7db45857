#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lostmail/whitelist/entry.hpp"
#include "lostmail/whitelist/suggestion.hpp"
#include "lostmail/whitelist/watch.hpp"

/// Proposals and decisions for programs: JSON Lines. Times are RFC 3339 in UTC, absent ones null.
namespace lostmail::whitelist {

/// A decision as a person wants to see it.
struct Record {
  std::string id;
  Entry entry;
  std::string state;          ///< approved, rejected, expired
  std::int64_t exported = 0;  ///< UTC seconds; 0: not yet
  std::string proof_text;
  std::optional<Watched> watched;  ///< of an entry that was exported
};

/// One line without its newline.
[[nodiscard]] std::string json_line(const Proposal& proposal);
[[nodiscard]] std::string json_line(const Record& record);

}  // namespace lostmail::whitelist
