#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/case.hpp"
#include "lostmail/whitelist/suggestion.hpp"

/// The table of points of suggestion.hpp.
namespace lostmail::whitelist {

/// The record of each client, by canonical address.
using ClientRecords = std::map<std::string, ClientRecord>;

/// What the rows of one entry say together. Points into them.
struct Facts {
  List list = List::exim_senders;
  const SenderEvidence* latest = nullptr;  ///< row of the latest attempt whose cause is known,
                                           ///< of the latest where none is
  const SenderEvidence* main = nullptr;    ///< the row with most attempts
  std::uint64_t attempts = 0;
  std::uint64_t days = 0, recipients = 0;  ///< distinct
  std::uint64_t pairs = 0;                 ///< refused pairs with mail delivered between the two
  bool at_most = false;                    ///< recipients and pairs: not all rows list theirs
  std::int64_t first = 0, last = 0;
  std::set<std::string> clients;
  std::set<std::string> senders;
  const ClientRecord* record = nullptr;  ///< of the main client; null: nothing beside these rows
};

/// `rows` is not empty and outlives the result.
[[nodiscard]] Facts facts_of(List list, const std::vector<const SenderEvidence*>& rows,
                             const ClientRecords& records);

/// The client's address in its one spelling; empty where the log has none.
[[nodiscard]] std::string client_of(const SenderEvidence& row);

/// The client has a name by reverse DNS that nothing called forged.
[[nodiscard]] bool is_named(const SenderEvidence& row);

/// So many recipients that this is a flood, unless a quarter of them had mail with the sender.
[[nodiscard]] bool is_flood(std::uint64_t recipients, std::uint64_t pairs, const Policy& policy);

/// What a cause means, for a person.
[[nodiscard]] std::string_view meaning_of(Cause cause);

/// The terms that apply, in the order of the table.
[[nodiscard]] std::vector<Points> points_of(const Facts& facts, const Policy& policy);

}  // namespace lostmail::whitelist
