#include "generated.hpp"

#include <utility>
#include <variant>

#include "lostmail/assemble/log_clock.hpp"
#include "lostmail/parse/parse_line.hpp"
#include "traffic.hpp"

namespace lostmail::bench {
namespace {

constexpr std::size_t kLines = 20'000;
constexpr std::int64_t kStart = 1'790'812'800;  // 2026-10-01 00:00:00 UTC

class Keep final : public EventSink {
 public:
  Keep(std::vector<Refusal>& refusals, std::vector<Delivery>& deliveries)
      : refusals_(refusals), deliveries_(deliveries) {}
  void on_refusal(Refusal&& refusal) override { refusals_.push_back(std::move(refusal)); }
  void on_delivery(const Delivery& delivery) override { deliveries_.push_back(delivery); }
  void on_arrival(const Arrival&) override {}
  void on_not_understood(std::string_view, const SourceRef&) override {}

 private:
  std::vector<Refusal>& refusals_;
  std::vector<Delivery>& deliveries_;
};

const LogStamp* stamp_of(const Record& record) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body)) return &exim->stamp;
  return record.frame ? &record.frame->stamp : nullptr;
}

}  // namespace

const GeneratedLog& GeneratedLog::of(Mta mta) {
  static const GeneratedLog exim(Mta::exim), sendmail(Mta::sendmail);
  return mta == Mta::exim ? exim : sendmail;
}

GeneratedLog::GeneratedLog(Mta mta) {
  generate(mta);
  parse();
  Keep keep(refusals_, deliveries_);
  assemble(keep);
}

void GeneratedLog::generate(Mta mta) {
  Random random(1);
  Timeline timeline;
  const auto traffic =
      mta == Mta::exim ? exim_traffic(random, timeline) : sendmail_traffic(random, timeline);
  for (std::int64_t now = kStart * 1000; timeline.added() < kLines; now += 70)
    traffic->session(now);
  while (const auto line = timeline.take_before(INT64_MAX)) text_ += line->text;
}

void GeneratedLog::parse() {
  assemble::LogClock::Settings settings;
  settings.zone = *assemble::Zone::named("UTC");
  settings.last_change = kStart + 86'400;
  assemble::LogClock clock(settings);
  Line line;
  for (std::string_view rest = text_; !rest.empty();) {
    line.text = rest.substr(0, rest.find('\n'));
    ++line.number;
    lines_.push_back(line);
    records_.push_back(parse::parse_line(line.text));
    const auto* stamp = stamp_of(records_.back());
    times_.push_back(stamp != nullptr ? clock.resolve(*stamp) : LogTime());
    line.offset += line.text.size() + 1;
    rest.remove_prefix(line.text.size() + 1);
  }
}

void GeneratedLog::assemble(EventSink& sink) const {
  assemble::Assembler assembler({}, sink);
  assemble::LogView view;
  view.name = std::make_shared<const std::string>("generated");
  for (std::size_t i = 0; i < lines_.size(); ++i)
    assembler.take(view, lines_[i], records_[i], times_[i]);
  assembler.finish();
}

}  // namespace lostmail::bench
