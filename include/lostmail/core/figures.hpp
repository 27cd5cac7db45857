#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/core/case.hpp"
#include "lostmail/core/vocabulary.hpp"

/// What a report counts. Times are seconds since 1970, UTC.
namespace lostmail {

/// One kind of refusal in a window of time.
struct Group {
  Direction direction = Direction::inbound;
  bool permanent = true;
  std::optional<Family> family;
  Variant variant = Variant::other;
  Cause cause = Cause::as_stated;
  std::uint64_t refusals = 0;
  std::uint64_t senders = 0;     ///< distinct
  std::uint64_t recipients = 0;  ///< distinct
  std::uint64_t lost = 0;        ///< cases whose last refusal is of this kind, by verdict
  std::uint64_t delivered_later = 0;
  std::uint64_t retrying = 0;
  std::optional<std::uint64_t> usual;  ///< refusals in as many days of the time before (median)
};

/// A sender domain or a server, and how often it was refused or refused us.
struct Top {
  std::string name;
  std::uint64_t refusals = 0;
  std::uint64_t counterparts = 0;    ///< distinct recipients of a domain; distinct senders of ours
  Variant variant = Variant::other;  ///< the most frequent
  Cause cause = Cause::as_stated;    ///< of the latest refusal
};

/// How many refusals of a kind fell in a quarter of an hour: what charts and medians are made of.
struct Slice {
  static constexpr std::int64_t kSeconds = 900;
  std::int64_t start = 0;  ///< a multiple of 900
  Direction direction = Direction::inbound;
  bool permanent = true;
  std::optional<Family> family;
  Variant variant = Variant::other;
  Cause cause = Cause::as_stated;
  std::uint64_t refusals = 0;
};

/// How many cases had their last refusal in that quarter of an hour.
struct VerdictSlice {
  std::int64_t start = 0;
  Direction direction = Direction::inbound;
  Verdict verdict = Verdict::unknown;
  std::uint64_t cases = 0;
};

/// A window of time in figures.
struct Figures {
  std::vector<Group> groups;  ///< by direction, permanent first, most refusals first
  static constexpr std::int64_t kEarlierSeconds = 29 * 86400;
  std::vector<Slice> slices;   ///< by time
  std::vector<Slice> earlier;  ///< of kEarlierSeconds before the window, by time
  std::vector<VerdictSlice> verdicts;
  /// Cases still open or lost though mail went between the two before; most attempts first.
  std::vector<CaseRow> known;
  /// Mail of ours that is lost now, those in `known` left out; latest first.
  std::vector<CaseRow> own_lost;
  /// Temporary refusals alone, whose time ran out in the window; their last attempt was before it.
  std::vector<CaseRow> gave_up;
  std::uint64_t lost = 0;        ///< all cases that became lost in the window, `gave_up` included
  std::uint64_t known_lost = 0;  ///< of them those between correspondents
  std::vector<Top> sender_domains, remote_servers;  ///< inbound and outbound, most refusals first
  /// Refused for the first time; empty where the store knows no time before. Domains that do not
  /// exist, and malformed ones, are left out.
  std::vector<Top> new_domains, new_servers;
  std::uint64_t new_domain_count = 0, new_server_count = 0;
};

}  // namespace lostmail
