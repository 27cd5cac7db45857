#pragma once

#include <optional>
#include <string>
#include <utility>

#include "assemble/held.hpp"
#include "assemble/open_messages.hpp"
#include "lostmail/assemble/assembler.hpp"

namespace lostmail::assemble {

/// What both grammars' assemblers share: one history has one queue and one memory.
struct Context {
  Context(Assembler::Settings given, EventSink& events)
      : settings(std::move(given)),
        sink(events),
        held(Assembler::kMaxHeld),
        open(Assembler::kMaxOpen, settings, sink) {}

  Assembler::Settings settings;
  EventSink& sink;
  HeldQueue held;
  OpenMessages open;
  std::int64_t now = 0;  ///< UTC seconds of the line at hand

  [[nodiscard]] std::optional<std::string> host_of(const Record& record) const {
    if (settings.host) return settings.host;
    if (record.frame && !record.frame->host.empty()) return std::string(record.frame->host);
    return std::nullopt;
  }
  /// Part of each id, so that equal lines of two servers stay two; empty without --host.
  [[nodiscard]] std::string_view id_host() const {
    return settings.host ? std::string_view(*settings.host) : std::string_view();
  }
};

/// The place of the line at hand.
struct Place {
  LogView& log;
  const Line& line;
  const LogTime& when;

  [[nodiscard]] SourceRef source() const {
    return {log.name, line.number, line.offset, log.rank, log.seen_before, log.number};
  }
};

/// True for the loopback addresses: a client or server there is this machine.
[[nodiscard]] bool is_loopback(std::string_view ip);

/// `550`, `5.1.8` at the start of a reply's text, where they stand; sets them in `refusal`.
void read_codes(std::string_view reply, Refusal& refusal);

}  // namespace lostmail::assemble
