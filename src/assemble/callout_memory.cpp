#include "assemble/callout_memory.hpp"

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
  for (Table* table : {&addresses_, &domains_}) table->max_load_factor(0.75F);
}

void CalloutMemory::store(Table& table, std::uint64_t key, Result result, std::int64_t keep) {
  if (table.size() >= kLimit) {
    const std::int64_t now = result.when;
    erase_where(table, [&](const Result& old) { return old.when + keep < now; });
    if (table.size() >= kLimit) table.clear();  // bounded above all; a cause then reads not_logged
  }
  table.insert_or_assign(key, std::move(result));
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

const CalloutMemory::Result* CalloutMemory::recall(const Mailbox& verified, std::int64_t now) {
  if (const auto found = addresses_.find(key_of(verified));
      found != addresses_.end() && found->second.when + kAddressSeconds >= now) {
    return &found->second;
  }
  if (const auto found = domains_.find(key_of(verified.domain()));
      found != domains_.end() && found->second.when + kDomainSeconds >= now) {
    return &found->second;
  }
  return nullptr;
}

}  // namespace lostmail::assemble
