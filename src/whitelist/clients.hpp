#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lostmail/core/case.hpp"
#include "whitelist/score.hpp"

namespace lostmail::whitelist {

/// What the clients did, and why some of them have no say.
class Clients {
 public:
  /// `policy` outlives this.
  Clients(const std::vector<SenderEvidence>& evidence, const std::vector<ClientRecord>& clients,
          const Policy& policy);

  [[nodiscard]] const ClientRecords& records() const { return records_; }

  /// Why the client of `row` is a flood; empty where it is none.
  [[nodiscard]] std::string fault_of(const SenderEvidence& row) const;

 private:
  const Policy& policy_;
  ClientRecords records_;
  std::map<std::string, std::uint64_t> pairs_;
};

}  // namespace lostmail::whitelist
