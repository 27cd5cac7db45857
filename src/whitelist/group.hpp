#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lostmail/core/case.hpp"
#include "whitelist/route.hpp"

namespace lostmail::whitelist {

/// The rows of one entry, and those that cannot speak for it.
struct Group {
  std::vector<const SenderEvidence*> rows;
  std::map<std::string, std::uint64_t> left_out;  ///< reason to attempts
  bool hopeless = false;                          ///< the sender's domain does not exist
};

using Groups = std::map<Route, Group>;

/// Adds the entries (a) of suggestion.hpp that are wider than a sender.
void widen(Groups& groups, const Policy& policy);

}  // namespace lostmail::whitelist
