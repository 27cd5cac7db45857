#include <algorithm>
#include <utility>
#include <vector>

#include <boost/sort/spreadsort/integer_sort.hpp>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

constexpr std::int64_t kMaxCorrespondence = 2'000'000;
/// One of so many parts goes at once, since to find the oldest is a look at all.
constexpr std::int64_t kPartAtOnce = 8;
constexpr std::size_t kMaxPendingDeliveries = 350'000;  // 8 MB

}  // namespace

void Store::Impl::correspond(std::int64_t pair, std::int64_t time) {
  // All of it: room that nothing was written to takes no memory, and none is left behind by
  // growing.
  if (deliveries.empty()) deliveries.reserve(kMaxPendingDeliveries);
  deliveries.push_back({pair, time, time});
  if (deliveries.size() >= kMaxPendingDeliveries) flush_deliveries();
}

void Store::Impl::flush_deliveries() {
  if (!deliveries.empty()) {
    boost::sort::spreadsort::integer_sort(
        deliveries.begin(), deliveries.end(),
        [](const Corresponded& of, unsigned shift) { return of.pair >> shift; },
        PairFormat::before);
    auto end = deliveries.begin();  // of those that are one for each pair
    for (const auto& of : deliveries) {
      if (end != deliveries.begin() && std::prev(end)->pair == of.pair) {
        *std::prev(end) = PairFormat::joined(*std::prev(end), of);
      } else {
        *end++ = of;
      }
    }
    deliveries.erase(end, deliveries.end());
    pairs.add(deliveries);
    deliveries.clear();
    shrink_correspondence();
  }
  Statement& count = database->cached(
      "INSERT INTO local_domain(domain, deliveries) VALUES (?, ?) ON CONFLICT(domain) DO UPDATE SET"
      " deliveries = deliveries + excluded.deliveries");
  for (const auto& [domain, times] : local_domains)
    count.bind(domain).bind(static_cast<std::int64_t>(times)).run();
  local_domains.clear();
}

/// The oldest go. Who had a refusal stays: what became of a case hangs on it; a filter knows those,
/// and keeps a few more. How old the oldest are is told by a part of all: pairs lie in the order of
/// a hash. The setting is for tests.
void Store::Impl::shrink_correspondence() {
  const std::int64_t most = setting("correspondence_most").value_or(kMaxCorrespondence);
  const std::int64_t at_once = most / kPartAtOnce;
  const std::int64_t held = pairs.size();
  const std::int64_t surplus = held - (most - at_once);
  if (held <= std::max(most, refused.correspondence_left + at_once)) return;
  know_pairs();
  constexpr std::int64_t kPart = 8;
  const auto may_go = [&](const Corresponded& mail) {
    return !refused.pairs.may_hold(static_cast<std::uint64_t>(mail.pair));
  };
  std::vector<std::int64_t> times;
  times.reserve(static_cast<std::size_t>(held / kPart));
  std::int64_t n = 0;
  pairs.each([&](const Corresponded& mail) {
    if (++n % kPart == 0 && may_go(mail)) times.push_back(mail.last);
  });
  if (times.empty()) return;
  const auto rank = std::min<std::ptrdiff_t>(surplus / kPart, std::ssize(times) - 1);
  std::nth_element(times.begin(), times.begin() + rank, times.end());
  const std::int64_t until = times[static_cast<std::size_t>(rank)];
  pairs.erase_if([&](const Corresponded& mail) { return mail.last <= until && may_go(mail); });
  refused.correspondence_left = pairs.size();
}

Result<void> Store::add(const Delivery& delivery) {
  if (delivery.local && !delivery.seen_before) add_local_deliveries(delivery.recipient.domain(), 1);
  const auto correspondence = correspondence_of(delivery);
  return correspondence ? add(*correspondence) : Result<void>();
}

std::optional<Correspondence> Store::correspondence_of(const Delivery& delivery) const {
  if (delivery.seen_before || (delivery.sender && delivery.sender->is_null())) return std::nullopt;
  const auto& addresses = impl_->addresses;
  Correspondence result{delivery.message,
                        {},
                        addresses.hash_of(delivery.recipient.text()),
                        delivery.when.utc_seconds()};
  if (delivery.sender) result.sender_hash = addresses.hash_of(delivery.sender->text());
  return result;
}

Result<void> Store::add(const Correspondence& with) {
  if (with.sender_hash) {
    impl_->correspond(PairBook::pair_of(*with.sender_hash, with.recipient_hash), with.time);
  } else {
    impl_->wait(with.message, 0, with.recipient_hash, with.time);
  }
  return impl_->database->take_error();
}

void Store::add_local_deliveries(std::string_view domain, std::uint64_t times) {
  impl_->local_domains[std::string(domain)] += times;
}

}  // namespace lostmail::store
