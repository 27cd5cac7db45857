#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lostmail/core/log_time.hpp"
#include "lostmail/core/record.hpp"
#include "lostmail/core/result.hpp"

namespace lostmail::assemble {

/// A time zone of the tz database. Copies share the zone.
class Zone {
 public:
  /// An IANA name (`Europe/Berlin`), `UTC`, or an offset (`+02:00`, `-0500`). Errors:
  /// invalid_argument.
  [[nodiscard]] static Result<Zone> named(std::string_view name);
  /// The zone of this machine; UTC where it cannot be told.
  [[nodiscard]] static Zone of_this_machine();

  /// Minutes east of UTC for a local time given as seconds since 1970 of that clock. In the hour
  /// that a clock change repeats the earlier of both, unless `later`; in the gap the offset before
  /// it.
  [[nodiscard]] int offset_at_local(std::int64_t local_seconds, bool later = false) const;
  /// Minutes east of UTC at an instant.
  [[nodiscard]] int offset_at(std::int64_t utc_seconds) const;
  [[nodiscard]] const std::string& name() const;

 private:
  struct Rules;
  explicit Zone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}
  std::shared_ptr<const Rules> rules_;
};

/// Turns the stamps of one log into instants, in the order of its lines: fills in the year (from a
/// Sendmail queue id, else from the order of lines and the log's own last change) and the zone. One
/// for each log.
class LogClock {
 public:
  struct Settings {
    Zone zone = Zone::of_this_machine();
    bool zone_given = false;       ///< by the user: then it stands above what queue ids tell
    std::optional<int> year;       ///< --year: of the first stamp without one
    std::int64_t last_change = 0;  ///< UTC seconds: when the log was last written, or now
  };
  explicit LogClock(const Settings& settings);

  /// Of a stamp without any context but the lines before it.
  [[nodiscard]] LogTime resolve(const LogStamp& stamp);

  /// A Sendmail line whose queue id was made now tells date, year and the zone of the log.
  void learn(const LogStamp& stamp, std::string_view fresh_queue_id);

 private:
  /// The day of the last stamp: most lines share it with the line before.
  struct Day {
    int year = 0, month = 0, day = 0;
    std::int64_t begins = 0;  ///< seconds since 1970 of the log's clock
  };
  /// The minute of the last stamp, likewise: within it nothing but the seconds changes.
  struct Minute {
    [[nodiscard]] bool holds(const LogStamp& other) const;
    LogStamp stamp;
    std::int64_t begins = 0;  ///< seconds since 1970 of the log's clock
    int offset = 0;           ///< minutes east of UTC
    bool known = false;
  };
  void begin_minute(const LogStamp& stamp);
  [[nodiscard]] std::optional<int> offset_of(const LogStamp& stamp) const;
  /// Seconds since 1970 of the clock that wrote the stamp.
  [[nodiscard]] std::int64_t seconds_of(const LogStamp& stamp, int year);
  [[nodiscard]] int nearest_year(const LogStamp& stamp, int year, std::int64_t made);
  [[nodiscard]] int infer_year(const LogStamp& stamp);
  [[nodiscard]] int zone_offset(std::int64_t local_seconds);

  Settings settings_;
  int change_year_ = 0;  ///< of the log's last change, UTC
  Day day_;
  Minute minute_;
  int year_ = 0;   ///< of the last stamp without a year
  int month_ = 0;  ///< likewise
  std::optional<int> learned_offset_;
  std::int64_t cached_hour_ = -1;
  int cached_offset_ = 0;
  std::int64_t last_local_ = 0;
  std::int64_t last_utc_ = 0;
};

}  // namespace lostmail::assemble
