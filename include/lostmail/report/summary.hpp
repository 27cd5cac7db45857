#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/core/case.hpp"
#include "lostmail/core/event.hpp"
#include "lostmail/core/vocabulary.hpp"

namespace lostmail::report {

/// One kind of refusal in the window.
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
};

struct Top {
  std::string name;
  std::uint64_t refusals = 0;
  std::uint64_t counterparts = 0;
  Variant variant = Variant::other;
};

struct UnknownShape {
  std::uint64_t lines = 0;
  std::string example;
  std::string file;
  std::uint64_t line = 0;
};

/// All that a report says; times are texts in the reader's zone.
struct Summary {
  std::string since, until;  ///< of the window; empty: open
  std::string first, last;   ///< of the logs read
  std::vector<Group> groups;
  std::vector<Top> sender_domains;  ///< inbound
  std::vector<Top> remote_servers;  ///< outbound
  LineCounts lines;
  std::vector<UnknownShape> not_understood;
  std::vector<std::string> problems;  ///< logs that could not be read to their end

  [[nodiscard]] std::uint64_t count(Direction direction, Verdict verdict) const;
};

/// Counts the cases into the groups: each into the one of its last refusal.
void count_cases(const std::vector<CaseRow>& cases, Summary& summary);

/// The share of the MTA's lines that was understood, in percent; 100 where there are none.
[[nodiscard]] double understood_percent(const LineCounts& lines);

}  // namespace lostmail::report
