// Both log grammars and the assembler: any bytes are lines of a log.
#include <cstdint>
#include <string_view>

#include "lostmail/assemble/assembler.hpp"
#include "lostmail/assemble/log_clock.hpp"
#include "lostmail/parse/parse_line.hpp"

namespace {

class Count final : public lostmail::EventSink {
 public:
  void on_refusal(lostmail::Refusal&& refusal) override { sum += refusal.text.size(); }
  void on_delivery(const lostmail::Delivery& delivery) override { sum += delivery.message; }
  void on_arrival(const lostmail::Arrival& arrival) override { sum += arrival.message; }
  void on_not_understood(std::string_view line, const lostmail::SourceRef&) override {
    sum += line.size();
  }
  std::size_t sum = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lostmail;
  Count sink;
  assemble::Assembler assembler({}, sink);
  assemble::LogView view;
  view.name = std::make_shared<const std::string>("fuzz");
  assemble::LogClock::Settings settings;
  settings.zone = *assemble::Zone::named("UTC");
  settings.last_change = 1'795'600'000;
  assemble::LogClock clock(settings);
  LogTime when;
  Line line;
  for (std::string_view rest(reinterpret_cast<const char*>(data), size); !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    line.text = rest.substr(0, end);
    line.offset += end + 1;
    ++line.number;
    const Record record = parse::parse_line(line.text);
    if (const auto* exim = std::get_if<EximRecord>(&record.body)) {
      if (!exim->stamp_text.empty()) when = clock.resolve(exim->stamp);
      static_cast<void>(parse::callout_of(exim->text));
    } else if (record.frame) {
      when = clock.resolve(record.frame->stamp);
      if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body)) {
        clock.learn(record.frame->stamp, sendmail->queue_id);
      }
    }
    assembler.take(view, line, record, when);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  assembler.finish();
  return 0;
}
