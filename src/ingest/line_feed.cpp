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
      asked_{.deliveries = start.deliveries, .arrival_host = false},
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
  while (line && take(*line, batch)) line = reader_.next_at_hand();
  const bool held_back = line.has_value();
  batch.last = !first || held_back || reader_.at_end();
  batch.block = reader_.change_block(std::move(batch.block));
  batch.packed_position = reader_.packed_position();
  if (batch.last && told_.offset == reader_.offset()) told_.tail = reader_.tail();
}

/// False: the line waits for the next run.
bool LineFeed::take(const Line& line, Batch& batch) {
  if (line.unterminated && whole_lines_only_) return false;
  told_.line = line.number;
  told_.offset = reader_.offset();
  if (batch.size == batch.lines.size()) batch.lines.resize(batch.size + 256);
  Taken& taken = batch.lines[batch.size++];
  taken.line = line;
  if (line.shortened) {
    ++told_.shortened;
    taken.line.text = batch.texts.emplace_back(line.text);
  }
  return true;
}

void LineFeed::parse(Batch& batch) {
  for (std::size_t i = 0; i < batch.size; ++i) {
    Taken& taken = batch.lines[i];
    if (auto text = parse::journal_text(taken.line.text))
      taken.line.text = batch.texts.emplace_back(std::move(*text));
    parse::parse_line(taken.line.text, asked_, taken.record);
    told_.any_of_mta = told_.any_of_mta || is_of_mta(taken.record);
    if (const auto stamp = stamp_of(taken.record)) {
      if (const auto id = fresh_queue_id(taken.record); !id.empty()) clock_.learn(*stamp, id);
      when_ = clock_.resolve(*stamp);
      if (when_.year_inferred && is_of_mta(taken.record)) told_.year_inferred = true;
      const std::int64_t seconds = when_.utc_seconds();
      told_.first = std::min(told_.first.value_or(seconds), seconds);
      told_.last = std::max(told_.last.value_or(seconds), seconds);
      remember_place(taken.line);
    }
    taken.when = when_;
  }
}

/// Keeps the places to go back to: the first is the latest that is kContextSeconds old.
void LineFeed::remember_place(const Line& line) {
  const std::int64_t now = when_.utc_seconds();
  auto& places = told_.places;
  if (!places.empty() && now < places.back().time + 60) return;
  places.push_back({now, line.offset, line.number - 1});
  while (places.size() > 1 && places[1].time + kContextSeconds <= now) places.pop_front();
}

}  // namespace lostmail::ingest
