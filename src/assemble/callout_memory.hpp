#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tsl/robin_map.h>

#include "lostmail/assemble/record_id.hpp"
#include "lostmail/core/event.hpp"

namespace lostmail::assemble {

/// What earlier callouts said, as long as Exim's own callout cache keeps it
/// (callout_negative_expire 2 h for an address, callout_domain_negative_expire 3 h for a domain).
class CalloutMemory {
 public:
  struct Result {
    std::string reason;
    std::optional<Callout> callout;
    std::int64_t when = 0;  ///< UTC seconds
  };

  CalloutMemory();
  void remember(const Mailbox& verified, Result result);
  /// The last result for that address, else for its domain where MAIL, the greeting or the
  /// postmaster was refused.
  [[nodiscard]] const Result* recall(const Mailbox& verified, std::int64_t now);

 private:
  /// Of results in a table at most: that many fit into 65,536 places.
  static constexpr std::size_t kLimit = 48'000;
  static constexpr std::size_t kFirstLook = 6'000;
  static constexpr std::int64_t kAddressSeconds = 2 * 3600;
  static constexpr std::int64_t kDomainSeconds = 3 * 3600;
  /// By a salted hash.
  struct Table {
    tsl::robin_map<std::uint64_t, Result> results;
    std::size_t look_at = kFirstLook;  ///< that many there are when old ones are looked for next
  };
  static void store(Table& table, std::uint64_t key, Result result, std::int64_t keep);
  [[nodiscard]] static const Result* find(const Table& table, std::uint64_t key,
                                          std::int64_t since);
  [[nodiscard]] std::uint64_t key_of(const Mailbox& mailbox) const;
  [[nodiscard]] std::uint64_t key_of(std::string_view domain) const {
    return salted_hash(domain, salt_);
  }

  std::uint64_t salt_ = random_salt();
  Table addresses_, domains_;
};

}  // namespace lostmail::assemble
