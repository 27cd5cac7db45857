#include "ingest/store_sink.hpp"

namespace lostmail::ingest {

using Known = store::Store::Known;

ClassifiedRefusal StoreSink::classified(Refusal refusal) const {
  ClassifiedRefusal result{std::move(refusal), {}};
  result.is = patterns_.classify(result.refusal);
  return result;
}

void StoreSink::add(const ClassifiedRefusal& refusal) {
  auto added = store_.add(refusal);
  if (!added) {
    failed_ = added.error();
  } else if (*added) {
    ++summary.new_refusals;
  }
}

/// Lines that were taken before are read once more for what the new ones have to do with them.
/// Their refusals are in the store, and only the new context of a stretch bears on them.
void StoreSink::on_refusal(Refusal refusal) {
  if (failed_ || refusal.when.utc_seconds() < horizon_) return;
  if (!refusal.source.seen_before) {
    ++summary.refusals;
    return add(classified(std::move(refusal)));
  }
  const auto known = store_.known(refusal.id);
  const std::int64_t time = refusal.when.utc_seconds();
  if (!known) {
    failed_ = known.error();
  } else if (*known == Known::absent) {
    add(classified(std::move(refusal)));
  } else if (*known == Known::provisional) {
    keep(store_.replace(classified(std::move(refusal))));
  } else if (again_ && time >= again_->from && time <= again_->until) {
    keep(store_.set_cause(classified(std::move(refusal))));
  }
}

void StoreSink::on_delivery(const Delivery& delivery) {
  if (!delivery.seen_before) ++summary.deliveries;
  keep(store_.add(delivery));
}

void StoreSink::on_not_understood(std::string_view line, const SourceRef& source) {
  keep(store_.add_not_understood(shape_of(line), line, source));
}

}  // namespace lostmail::ingest
