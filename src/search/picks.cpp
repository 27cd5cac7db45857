#include "search/picks.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "lostmail/assemble/assembler.hpp"
#include "lostmail/assemble/message_events.hpp"
#include "lostmail/ingest/log_look.hpp"
#include "lostmail/input/line_reader.hpp"
#include "search/text_lines.hpp"

namespace lostmail::search {
namespace {

/// One picked line, dated.
struct Dated {
  std::size_t log = 0;
  std::uint64_t offset = 0;
  Pick* pick = nullptr;
  std::int64_t order = 0;  ///< UTC microseconds, never less than those of the log's lines before
  LogTime when;
};

/// The lines of all logs by time; those of one log stay in its order.
std::vector<Dated> dated(const std::vector<std::unique_ptr<LogFile>>& logs,
                         std::vector<Picks>& picks) {
  std::vector<Dated> lines;
  std::string room;
  for (std::size_t log = 0; log < logs.size(); ++log) {
    if (picks[log].empty()) continue;
    auto clock = logs[log]->clock();
    LogTime when;
    when.utc_micros = logs[log]->begins() * 1'000'000;
    std::int64_t order = 0;
    for (auto& [offset, pick] : picks[log]) {
      const Record record = record_of(pick.text, room);
      if (const auto stamp = ingest::stamp_of(record)) {
        if (const auto id = ingest::fresh_queue_id(record); !id.empty()) clock.learn(*stamp, id);
        when = clock.resolve(*stamp);
      }
      order = std::max(order, when.utc_micros);
      lines.push_back({log, offset, &pick, order, when});
    }
  }
  // Of rotated logs with a second in common the one that ends first is the older.
  const auto place = [&](const Dated& line) {
    const LogFile& log = *logs[line.log];
    return std::tuple(line.order, log.rank(), log.begins(), log.told().last.value_or(0));
  };
  std::stable_sort(lines.begin(), lines.end(), [&](const Dated& left, const Dated& right) {
    return place(left) < place(right);
  });
  return lines;
}

class Collector final : public EventSink {
 public:
  void on_refusal(Refusal&& refusal) override { refusals.push_back(std::move(refusal)); }
  void on_delivery(const Delivery&) override {}
  void on_arrival(const Arrival&) override {}
  void on_not_understood(std::string_view, const SourceRef&) override {}
  std::vector<Refusal> refusals;
};

/// The cause line that stands before a refusal of ours: of the same log, about the same sender.
std::string cause_line_of(const Refusal& refusal, const Picks& picks) {
  constexpr int kLinesBack = 2000;
  if (!refusal.cause_record) return {};
  const auto& verified = refusal.verified ? refusal.verified
                         : refusal.sender ? refusal.sender->mailbox()
                                          : std::nullopt;
  if (!verified) return {};
  auto at = picks.find(refusal.source.offset);
  std::string room;
  for (int i = 0; i < kLinesBack && at != picks.end() && at != picks.begin(); ++i) {
    --at;
    const Record record = record_of(at->second.text, room);
    const auto* exim = std::get_if<EximRecord>(&record.body);
    if (exim != nullptr && exim->kind == EximRecord::Kind::verify &&
        equals_ignoring_case(exim->address, verified->text()))
      return at->second.text;
  }
  return {};
}

}  // namespace

std::vector<MessageEvent> read_picks(const std::vector<std::unique_ptr<LogFile>>& logs,
                                     std::vector<Picks>& picks,
                                     const classify::PatternSet& patterns, const Settings& settings,
                                     const Wanted& wanted) {
  std::vector<MessageEvent> events;
  Collector collector;
  assemble::Assembler assembler({settings.host, false, {}}, collector);
  std::vector<assemble::LogView> views(logs.size());
  std::unordered_map<std::string_view, std::size_t> log_of;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    views[i].name = logs[i]->name();
    views[i].rank = logs[i]->rank();
    log_of.emplace(*logs[i]->name(), i);
  }
  std::string room;
  for (const auto& line : dated(logs, picks)) {
    const Record record = record_of(line.pick->text, room);
    Line physical;
    physical.text = line.pick->text.starts_with('{') && !room.empty() && record.frame
                        ? std::string_view(room)
                        : std::string_view(line.pick->text);
    physical.offset = line.offset;
    physical.number = line.pick->number;
    assembler.take(views[line.log], physical, record, line.when);
    if (!line.pick->of_message) continue;
    MessageEvent place;
    place.when = line.when;
    place.host = settings.host;
    if (!place.host && record.frame && !record.frame->host.empty())
      place.host = std::string(record.frame->host);
    place.source = {logs[line.log]->name(), line.pick->number, line.offset, logs[line.log]->rank(),
                    false};
    place.line = line.pick->text;
    for (auto& event : assemble::message_events(record, place)) events.push_back(std::move(event));
  }
  assembler.finish();
  for (auto& refusal : collector.refusals) {
    const Picks& own = picks[log_of.at(*refusal.source.file)];
    const auto pick = own.find(refusal.source.offset);
    const std::string line = pick == own.end() ? std::string() : pick->second.text;
    if (!(pick != own.end() && pick->second.of_message) && !wanted(refusal, line)) continue;
    std::string cause_line = cause_line_of(refusal, own);
    ClassifiedRefusal classified{std::move(refusal), {}};
    classified.is = patterns.classify(classified.refusal);
    MessageEvent event = trace::event_of(std::move(classified));
    event.line = line;
    event.cause_line = std::move(cause_line);
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace lostmail::search
