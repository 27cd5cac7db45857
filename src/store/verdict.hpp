#pragma once

#include <cstdint>
#include <vector>

#include "lostmail/store/store.hpp"

namespace lostmail::store {

/// What decides verdicts; the view `cases` says the same in SQL.
struct Judge {
  std::vector<Stretch> covered;  ///< Store::covered()
  std::int64_t now = 0;          ///< UTC seconds
  std::int64_t lifetime = 0;     ///< of a message in a queue, seconds

  [[nodiscard]] Verdict verdict(const CaseRow& row) const {
    if (row.delivered && *row.delivered > row.last) return Verdict::delivered_later;
    if (row.permanent > 0) return Verdict::lost;
    for (const auto& stretch : covered) {
      if (stretch.first <= row.last && stretch.last >= row.last + lifetime) return Verdict::lost;
    }
    return now < row.last + lifetime ? Verdict::retrying : Verdict::unknown;
  }
};

}  // namespace lostmail::store
