#include "ingest/line_feed.hpp"

#include <algorithm>

#include "lostmail/ingest/log_look.hpp"
#include "lostmail/parse/journal.hpp"
#include "lostmail/parse/parse_line.hpp"

namespace lostmail::ingest {

LineFeed::LineFeed(input::LineReader reader, assemble::LogClock clock, const Start& start,
                   Crew& crew)
    : reader_(std::move(reader)),
      clock_(std::move(clock)),
      when_(start.when),
      whole_lines_only_(start.whole_lines_only && !reader_.packed()),
      parser_({.deliveries = start.deliveries, .delivery_reply = false, .arrival_host = false}),
      crew_(crew) {
  told_.offset = start.offset;
  told_.line = start.line;
  for (std::size_t i = 0; i < kBatches; ++i)
    empty_.push_back(batches_.emplace_back(std::make_unique<Batch>()).get());
  crew_.join(reading_);
  crew_.join(parsing_);
}

LineFeed::~LineFeed() { leave(); }

void LineFeed::leave() {
  if (!joined_) return;
  crew_.leave(reading_);
  crew_.leave(parsing_);
  joined_ = false;
}

LineFeed::Told& LineFeed::told() {
  leave();
  return told_;
}

const LineFeed::Taken* LineFeed::next() {
  while (at_hand_ == nullptr || next_in_batch_ == at_hand_->size) {
    std::unique_lock lock(crew_.mutex());
    if (at_hand_ != nullptr) {
      if (at_hand_->last) return nullptr;
      empty_.push_front(at_hand_);  // it is the next to be filled: the caches may still have it
      crew_.tell();
    }
    crew_.work_until(lock, [this] { return !parsed_.empty(); });
    at_hand_ = parsed_.front();
    parsed_.pop_front();
    next_in_batch_ = 0;
  }
  return &at_hand_->lines[next_in_batch_++];
}

double LineFeed::Stage::due() const {
  return done ? 0 : static_cast<double>(from.size()) / static_cast<double>(kBatches);
}

void LineFeed::Stage::work(std::unique_lock<std::mutex>& lock) {
  Batch* batch = from.front();
  from.pop_front();
  lock.unlock();
  (feed.*does)(*batch);
  lock.lock();
  to.push_back(batch);
  done = batch->last;
}

void LineFeed::read(Batch& batch) {
  batch.size = 0;
  batch.texts.clear();
  auto first = reader_.next();
  if (!first) told_.problem = first.error();
  std::optional<Line> line = first ? *first : std::nullopt;
  const bool held_back = line && line->unterminated && whole_lines_only_;  // for the next run
  if (line && !held_back) {
    do {
      take(*line, batch);
    } while (reader_.next_at_hand(*line));
    told_.line = line->number;
    told_.offset = reader_.offset();
  }
  batch.last = !first || held_back || reader_.at_end();
  batch.block = reader_.change_block(std::move(batch.block));
  batch.packed_position = reader_.packed_position();
  if (batch.last && told_.offset == reader_.offset()) told_.tail = reader_.tail();
}

void LineFeed::take(const Line& line, Batch& batch) {
  if (batch.size == batch.lines.size()) batch.lines.resize(batch.size + 256);
  Taken& taken = batch.lines[batch.size++];
  taken.line = line;
  if (line.shortened) {
    ++told_.shortened;
    taken.line.text = batch.texts.emplace_back(line.text);
  }
}

void LineFeed::parse(Batch& batch) {
  for (std::size_t i = 0; i < batch.size; ++i) {
    Taken& taken = batch.lines[i];
    if (taken.line.text.starts_with('{')) {
      if (auto text = parse::journal_text(taken.line.text))
        taken.line.text = batch.texts.emplace_back(std::move(*text));
    }
    parser_.parse(taken.line.text, taken.record);
    const bool of_mta = is_of_mta(taken.record);
    told_.any_of_mta = told_.any_of_mta || of_mta;
    if (const auto stamp = stamp_of(taken.record)) {
      if (const auto id = fresh_queue_id(taken.record); !id.empty()) clock_.learn(*stamp, id);
      when_ = clock_.resolve(*stamp);
      told_.year_inferred = told_.year_inferred || (when_.year_inferred && of_mta);
      note_time(taken.line);
    }
    taken.when = when_;
  }
}

/// Keeps the span of time and the places to go back to: the first of those is the latest that is
/// kContextSeconds old.
void LineFeed::note_time(const Line& line) {
  const std::int64_t now = when_.utc_seconds();
  if (now == told_.last) return;  // nothing but the first line's time and later ones change it
  told_.first = std::min(told_.first.value_or(now), now);
  told_.last = std::max(told_.last.value_or(now), now);
  auto& places = told_.places;
  if (!places.empty() && now < places.back().time + 60) return;
  places.push_back({now, line.offset, line.number - 1});
  while (places.size() > 1 && places[1].time + kContextSeconds <= now) places.pop_front();
}

}  // namespace lostmail::ingest
