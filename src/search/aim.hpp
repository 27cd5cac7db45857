#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lostmail/trace/trace.hpp"
#include "search/conditions.hpp"

namespace lostmail::search {

constexpr std::int64_t kFarPast = std::numeric_limits<std::int64_t>::min() / 2;
constexpr std::int64_t kFarFuture = std::numeric_limits<std::int64_t>::max() / 2;

/// One thing to look for, within a time.
struct Aim {
  enum class Kind {
    question,  ///< what was asked, or mail that may have followed
    callout,   ///< did we refuse the null sender to this address?
    reason,    ///< why an address did not verify: refusals alone
  };

  explicit Aim(const trace::Question& question, Kind kind_of_it = Kind::question)
      : kind(kind_of_it),
        conditions(question),
        since(question.since.value_or(kFarPast)),
        until(question.until.value_or(kFarFuture)) {}

  /// Why a callout about `sender` failed, ours of it or a remote's of us, from `since` to `until`.
  [[nodiscard]] static Aim callout(const AddressChoice& sender, std::int64_t since,
                                   std::int64_t until);
  [[nodiscard]] static Aim reason(const AddressChoice& sender, std::int64_t since,
                                  std::int64_t until);

  Kind kind;
  std::string sender;  ///< whom a callout or reason is about
  Conditions conditions;
  std::int64_t since, until;  ///< UTC seconds: from, and before

  [[nodiscard]] bool covers(std::int64_t when) const { return when >= since && when < until; }
  [[nodiscard]] bool covers_all() const { return since == kFarPast && until == kFarFuture; }
  /// Whether a message may answer whose lines meet these of the conditions.
  [[nodiscard]] bool met_by_id(std::uint32_t met) const;
  /// Texts of which one stands in each line to be looked at.
  [[nodiscard]] std::vector<Literal> literals() const;
};

/// The times that the aims ask for, those near each other as one.
[[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> wanted_times(
    const std::vector<Aim>& aims);

}  // namespace lostmail::search
