#include "assemble/callout_memory.hpp"

#include <algorithm>

#include "assemble/erase_where.hpp"

namespace lostmail::assemble {
namespace {

bool holds_for_domain(const Callout& callout) {
  using Command = Callout::Command;
  return callout.outcome == Callout::Outcome::refused &&
         (callout.command == Command::mail || callout.command == Command::connect ||
          callout.command == Command::helo || callout.command == Command::postmaster);
}

}  // namespace

CalloutMemory::CalloutMemory() {
  for (Table* table : {&addresses_, &domains_}) table->results.max_load_factor(0.75F);
}

/// Old ones are looked for when there are twice as many as were not old the last time.
void CalloutMemory::store(Table& table, std::uint64_t key, Result result, std::int64_t keep) {
  auto& results = table.results;
  if (results.size() >= table.look_at) {
    const std::int64_t now = result.when;
    erase_where(results, [&](const Result& old) { return old.when + keep < now; });
    if (results.size() >= kLimit)
      results.clear();  // bounded above all; a cause then reads not_logged
    table.look_at = std::clamp(2 * results.size(), kFirstLook, kLimit);
  }
  results.insert_or_assign(key, std::move(result));
}

/// Without case.
std::uint64_t CalloutMemory::key_of(const Mailbox& mailbox) const {
  const auto& text = mailbox.text();
  return has_upper(text) ? salted_hash(to_lower(text), salt_) : salted_hash(text, salt_);
}

void CalloutMemory::remember(const Mailbox& verified, Result result) {
  if (result.callout && holds_for_domain(*result.callout)) {
    store(domains_, key_of(verified.domain()), result, kDomainSeconds);
  }
  store(addresses_, key_of(verified), std::move(result), kAddressSeconds);
}

const CalloutMemory::Result* CalloutMemory::find(const Table& table, std::uint64_t key,
                                                 std::int64_t since) {
  const auto found = table.results.find(key);
  return found != table.results.end() && found->second.when >= since ? &found->second : nullptr;
}

const CalloutMemory::Result* CalloutMemory::recall(const Mailbox& verified, std::int64_t now) {
  if (const auto* result = find(addresses_, key_of(verified), now - kAddressSeconds)) return result;
  return find(domains_, key_of(verified.domain()), now - kDomainSeconds);
}

}  // namespace lostmail::assemble
