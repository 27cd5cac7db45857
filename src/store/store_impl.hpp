#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "lostmail/store/store.hpp"
#include "store/database.hpp"
#include "store/dictionary.hpp"

namespace lostmail::store {

// refusal.flags
inline constexpr std::int64_t kDoubtful = 1;
inline constexpr std::int64_t kVerifiedHere = 2;
inline constexpr std::int64_t kCauseFromCache = 4;
inline constexpr std::int64_t kFraction = 8;
inline constexpr std::int64_t kYearInferred = 16;
inline constexpr std::int64_t kZoneInferred = 32;
inline constexpr std::int64_t kMayBeForged = 64;
inline constexpr int kRankShift = 8;  ///< the rank of the log stands above

struct Span {
  std::int64_t first = 0, last = 0;  ///< UTC seconds
  void widen(std::int64_t time) {
    first = std::min(first, time);
    last = std::max(last, time);
  }
};

struct Store::Impl {
  explicit Impl(std::unique_ptr<Database> opened);

  [[nodiscard]] std::int64_t pair_of(std::string_view sender, std::string_view recipient) const;
  /// The case of a refusal with sender and recipient; made where there is none.
  [[nodiscard]] std::optional<std::int64_t> case_of(const Refusal& refusal);
  [[nodiscard]] std::int64_t case_of(Direction direction, std::string_view sender,
                                     std::string_view recipient);
  void settle_case(std::int64_t row);
  [[nodiscard]] std::int64_t make_case(Direction direction, std::int64_t sender,
                                       std::int64_t recipient, std::int64_t pair);
  [[nodiscard]] bool fill_in(const ClassifiedRefusal& classified);
  void insert(const ClassifiedRefusal& classified);
  void flush_deliveries();

  [[nodiscard]] std::optional<std::int64_t> word(const std::optional<std::string>& text) {
    return text ? std::optional(words.id_of(*text)) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::int64_t> address(const std::optional<Mailbox>& mailbox) {
    return mailbox ? std::optional(addresses.id_of(mailbox->text())) : std::nullopt;
  }

  std::unique_ptr<Database> database;
  Dictionary words;
  AddressBook addresses;
  std::uint64_t salt = 0;
  std::unordered_map<std::int64_t, Span>
      deliveries;  ///< pairs of this transaction, not yet written
  std::map<std::string, std::uint64_t> local_domains;
  std::unique_ptr<Statement> find_refusal, insert_refusal;
};

}  // namespace lostmail::store
