#include "whitelist/clients.hpp"

#include <fmt/format.h>

#include "whitelist/address_check.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {

Clients::Clients(const std::vector<SenderEvidence>& evidence,
                 const std::vector<ClientRecord>& clients, const Policy& policy)
    : policy_(policy) {
  for (const ClientRecord& client : clients) {
    records_.insert_or_assign(client_text(client.ip), client);
  }
  for (const SenderEvidence& row : evidence) pairs_[client_of(row)] += row.pairs_delivered;
}

std::string Clients::fault_of(const SenderEvidence& row) const {
  const std::string ip = client_of(row);
  const auto found = records_.find(ip);
  if (ip.empty() || found == records_.end()) return {};
  const ClientRecord& record = found->second;
  const std::string name = printable(ip);
  if (record.block_listed >= policy_.flood_block_listed) {
    return fmt::format("client {} is on a block list ({})", name,
                       counted(record.block_listed, "refusal"));
  }
  // A server of many correspondents passes on a spam now and then; one in ten recipients is no
  // accident.
  if (record.spam >= policy_.flood_spam && record.spam * 10 >= record.recipients) {
    return fmt::format("client {} sent spam or a virus ({})", name,
                       counted(record.spam, "refusal"));
  }
  if (record.unknown_recipients >= policy_.flood_unknown_recipients) {
    return fmt::format("client {} tried {}", name,
                       counted(record.unknown_recipients, "unknown recipient"));
  }
  // A named server may have many correspondents; each sender is judged by itself then, and so is
  // each host entry.
  if (!is_named(row) && is_flood(record.recipients, pairs_.at(ip), policy_)) {
    return fmt::format("client {} is a flood: {} refused", name,
                       counted(record.recipients, "recipient"));
  }
  return {};
}

}  // namespace lostmail::whitelist
