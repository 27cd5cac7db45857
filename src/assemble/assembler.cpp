#include "lostmail/assemble/assembler.hpp"

#include "assemble/context.hpp"
#include "assemble/exim_assembler.hpp"
#include "assemble/sendmail_assembler.hpp"

namespace lostmail::assemble {

struct Assembler::Impl {
  Impl(Settings settings, EventSink& sink)
      : context(std::move(settings), sink), exim(context), sendmail(context) {}

  bool take(const Place& place, const Record& record) {
    if (const auto* body = std::get_if<EximRecord>(&record.body))
      return exim.take(place, record, *body);
    if (const auto* body = std::get_if<SendmailRecord>(&record.body))
      return sendmail.take(place, record, *body);
    if (const auto* body = std::get_if<EximPart>(&record.body))
      return exim.take_part(place, record, *body);
    if (const auto* body = std::get_if<Repeated>(&record.body)) {
      ++place.log.counts.continuation;
      return sendmail.take_repeated(place, record, *body);
    }
    if (std::holds_alternative<OtherProgram>(record.body)) {
      ++place.log.counts.other_program;
      return true;
    }
    return place.line.text.empty();
  }

  Context context;
  EximAssembler exim;
  SendmailAssembler sendmail;
  std::int64_t next_look = 0;
};

Assembler::Assembler(Settings settings, EventSink& sink)
    : impl_(std::make_unique<Impl>(std::move(settings), sink)) {}
Assembler::~Assembler() = default;

bool Assembler::takes_deliveries() const { return impl_->context.settings.deliveries; }

void Assembler::expect(const Record& record) {
  if (const auto* body = std::get_if<SendmailRecord>(&record.body))
    impl_->sendmail.expect(record, *body);
}

void Assembler::take(LogView& log, const Line& line, const Record& record, const LogTime& when) {
  Context& context = impl_->context;
  const std::int64_t now = when.utc_seconds();
  if (now != context.now) {
    context.now = now;
    context.held.release(now, false, context.sink);
    if (now >= impl_->next_look || now + 60 < impl_->next_look) {
      impl_->next_look = now + 8;
      impl_->exim.give_up_waiting(now);
    }
  }
  LineCounts ignored;
  if (log.seen_before) ignored = log.counts;
  ++log.counts.lines;
  const Place place{log, line, when};
  const bool understood = impl_->take(place, record);
  if (log.seen_before) {
    log.counts = ignored;
    return;
  }
  if (understood) return;
  ++log.counts.not_understood;
  context.sink.on_not_understood(line.text, place.source());
}

void Assembler::end_of(const LogView& log) {
  impl_->context.held.end_of(log.name.get(), impl_->context.now);
}

void Assembler::finish(std::optional<std::int64_t> now) {
  impl_->exim.finish(now);
  impl_->sendmail.finish();
  impl_->context.held.release(0, true, impl_->context.sink);
  impl_->context.open.hand_over();
}

}  // namespace lostmail::assemble
