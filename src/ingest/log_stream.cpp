#include "ingest/log_stream.hpp"

#include <algorithm>

#include <sys/stat.h>

#include "lostmail/ingest/log_look.hpp"
#include "lostmail/parse/journal.hpp"
#include "lostmail/parse/parse_line.hpp"

namespace lostmail::ingest {
namespace {

constexpr int kLookLines = 400;

}  // namespace

LogStream::LogStream(input::LogList::Item item, const Settings& settings)
    : item_(std::move(item)), settings_(settings) {
  view_.name = std::make_shared<const std::string>(item_.path.string());
  view_.rank = static_cast<int>(input::role_of(item_.path));
  outcome_.path = item_.path;
}

bool LogStream::open() {
  if (reader_) return true;
  auto source = input::open_bytes(item_.path);
  if (!source) {
    // One of a directory that is gone was renamed meanwhile: the next run finds it.
    if (source.error().kind == ErrorKind::not_found && !item_.named) {
      outcome_.skipped = true;
    } else {
      outcome_.problem = source.error();
    }
    return false;
  }
  reader_.emplace(std::move(*source));
  return true;
}

bool LogStream::judge(std::string_view block) {
  if (is_binary(block)) {
    if (item_.named) {
      outcome_.problem =
          Error{ErrorKind::not_a_log, item_.path.string(), "is a binary file, not a log"};
    } else {
      outcome_.skipped = true;
    }
    return false;
  }
  int lines = 0;
  bool framed = false, ours = false;
  for (std::string_view rest = block; !rest.empty() && lines < kLookLines; ++lines) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto journal = parse::journal_text(rest.substr(0, end));
    const Record record =
        parse::parse_line(journal ? std::string_view(*journal) : rest.substr(0, end));
    framed = framed || record.frame.has_value();
    ours = ours || is_of_mta(record);
    if (const auto stamp = stamp_of(record); stamp && !any_time_) {
      any_time_ = true;
      begins_ = clock_->resolve(*stamp).utc_micros;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!ours && !framed && !item_.named && !block.empty()) {
    outcome_.skipped = true;
    return false;
  }
  if (framed && view_.rank == static_cast<int>(input::LogRole::mainlog)) {
    view_.rank = static_cast<int>(input::LogRole::syslog);
  }
  return true;
}

void LogStream::learn_zone(std::string_view block) {
  int lines = 0;
  for (std::string_view rest = block; !rest.empty() && lines < kLookLines; ++lines) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const Record record = parse::parse_line(rest.substr(0, end));
    if (const auto id = fresh_queue_id(record); !id.empty()) {
      clock_->learn(record.frame->stamp, id);
      return;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

bool LogStream::look() {
  if (!open()) return false;
  struct stat status {};
  assemble::LogClock::Settings clock;
  if (settings_.zone) clock.zone = *settings_.zone;
  clock.zone_given = settings_.zone.has_value();
  clock.year = settings_.year;
  clock.last_change = settings_.now;
  if (item_.path != "-" && ::stat(item_.path.c_str(), &status) == 0) {
    packed_size_ = static_cast<std::uint64_t>(status.st_size);
    clock.last_change = std::min<std::int64_t>(settings_.now, status.st_mtime);
  }
  auto block = reader_->peek();
  if (!block) {
    outcome_.problem = block.error();
    return false;
  }
  outcome_.packed = reader_->packed();
  clock_.emplace(clock);
  learn_zone(*block);
  auto fresh = *clock_;  // what the look learned, without the lines that it went over
  if (!judge(*block)) return false;
  clock_ = std::move(fresh);
  if (item_.path != "-") reader_.reset();
  return true;
}

bool LogStream::start(Crew& crew, bool deliveries) {
  if (!open()) return false;
  LineFeed::Start start;
  if (settings_.resume) {
    const auto resume = settings_.resume(item_.path);
    if (!resume) return false;
    outcome_.offset = start.offset = resume->offset;
    outcome_.line = start.line = resume->line;
    new_from_ = resume->new_from;
    view_.number = resume->number;
    if (resume->offset > 0) {
      if (auto skipped = reader_->skip_to(resume->offset, resume->line + 1); !skipped) {
        outcome_.problem = skipped.error();
        return false;
      }
    }
  }
  start.when.utc_micros = begins_;
  start.whole_lines_only = settings_.more_follows;
  start.deliveries = deliveries;
  feed_ = std::make_unique<LineFeed>(std::move(*reader_), std::move(*clock_), start, crew);
  reader_.reset();
  return advance();
}

bool LogStream::advance() {
  taken_ = feed_->next();
  if (taken_ == nullptr) return false;
  view_.seen_before = taken_->line.offset < new_from_;
  return true;
}

void LogStream::give(assemble::Assembler& assembler) {
  if (const auto* later = feed_->ahead()) assembler.expect(later->record);
  assembler.take(view_, taken_->line, taken_->record, taken_->when);
}

void LogStream::end(assemble::Assembler& assembler) const { assembler.end_of(view_); }

LogOutcome LogStream::finish() {
  bool any_ours = false;
  if (feed_) {
    LineFeed::Told& told = feed_->told();
    outcome_.offset = told.offset;
    outcome_.line = told.line;
    outcome_.shortened = told.shortened;
    outcome_.first = told.first;
    outcome_.last = told.last;
    outcome_.year_inferred = told.year_inferred;
    outcome_.tail = std::move(told.tail);
    if (!told.places.empty()) outcome_.rewind = told.places.front();
    if (told.problem) outcome_.problem = std::move(told.problem);
    any_ours = told.any_of_mta;
  }
  feed_.reset();
  reader_.reset();
  outcome_.counts = view_.counts;
  if (!outcome_.problem && item_.named && !any_ours && view_.counts.lines > 0 &&
      view_.counts.other_program == 0) {
    outcome_.problem = Error{ErrorKind::not_a_log, item_.path.string(),
                             "no line of it is Exim's or Sendmail's: is this a mail log?"};
  }
  return std::move(outcome_);
}

}  // namespace lostmail::ingest
