#pragma once

#include <cstddef>
#include <vector>

#include "lostmail/core/timeline.hpp"
#include "search/aim.hpp"

namespace lostmail::search {

/// Questions that an answer raises: did we refuse the callout about a sender that a remote refused,
/// why did an address not verify where its line does not say, did the mail come through afterwards.
/// `timelines` has the newest last, of which at most `limit` are shown.
[[nodiscard]] std::vector<Aim> side_aims(const std::vector<Timeline>& timelines,
                                         const trace::Question& question, std::size_t limit);

/// Those among them that can be asked before there is an answer, for a question about one sender.
[[nodiscard]] std::vector<Aim> companions_of(const trace::Question& question);

}  // namespace lostmail::search
