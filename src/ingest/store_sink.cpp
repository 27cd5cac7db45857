#include "ingest/store_sink.hpp"

namespace lostmail::ingest {

using Known = store::Store::Known;

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
void StoreSink::take(ClassifiedRefusal&& classified) {
  const Refusal& refusal = classified.refusal;
  if (failed_ || refusal.when.utc_seconds() < horizon_) return;
  if (!refusal.source.seen_before) {
    ++summary.refusals;
    return add(classified);
  }
  const auto known = store_.known(refusal);
  const std::int64_t time = refusal.when.utc_seconds();
  if (!known) {
    failed_ = known.error();
  } else if (*known == Known::absent) {
    add(classified);
  } else if (*known == Known::provisional) {
    keep(store_.replace(std::move(classified)));
  } else if (again_ && time >= again_->from && time <= again_->until) {
    keep(store_.set_cause(classified));
  }
}

void StoreSink::take_not_understood(std::string_view line, const SourceRef& source) {
  keep(store_.add_not_understood(shape_of(line), line, source));
}

}  // namespace lostmail::ingest
