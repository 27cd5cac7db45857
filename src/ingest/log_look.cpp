#include "lostmail/ingest/log_look.hpp"

#include <algorithm>
#include <cstdlib>

#include "lostmail/parse/timestamp.hpp"

namespace lostmail::ingest {
namespace {

/// Exim's own stamp, with the zone of syslog's where both show the same time of day: two clocks of
/// one machine, perhaps a queue of some minutes apart.
LogStamp in_frame(LogStamp own, const std::optional<SyslogFrame>& frame) {
  constexpr int kDay = 24 * 60, kMostApart = 14;  // below the least difference of two zones
  if (own.offset_minutes || !frame || !frame->stamp.offset_minutes) return own;
  const auto minute_of = [](const LogStamp& stamp) { return stamp.hour * 60 + stamp.minute; };
  const int apart = std::abs(minute_of(own) - minute_of(frame->stamp));
  if (std::min(apart, kDay - apart) <= kMostApart)
    own.likely_offset_minutes = frame->stamp.offset_minutes;
  return own;
}

}  // namespace

std::string_view fresh_queue_id(const Record& record) {
  const auto* sendmail = std::get_if<SendmailRecord>(&record.body);
  if (sendmail == nullptr || !record.frame || record.frame->stamp.offset_minutes) return {};
  using Kind = SendmailRecord::Kind;
  if (sendmail->kind != Kind::from && sendmail->kind != Kind::ruleset &&
      sendmail->kind != Kind::user_error)
    return {};
  return sendmail->queue_id;
}

bool is_of_mta(const Record& record) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body))
    return exim->kind != EximRecord::Kind::continuation;
  return std::holds_alternative<SendmailRecord>(record.body) ||
         std::holds_alternative<EximPart>(record.body);
}

bool is_binary(std::string_view block) {
  const auto odd = std::count_if(block.begin(), block.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r' && byte != 0) ||
           byte == 0x7f;
  });
  const auto zeros = std::count(block.begin(), block.end(), '\0');
  const bool has_lines = block.find('\n') != std::string_view::npos;
  return static_cast<std::size_t>(odd) * 20 > block.size() ||
         (static_cast<std::size_t>(zeros) * 10 > block.size() && !has_lines);
}

std::optional<LogStamp> stamp_of(const Record& record) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body);
      exim != nullptr && !exim->stamp_text.empty()) {
    return in_frame(exim->stamp, record.frame);
  }
  if (const auto* part = std::get_if<EximPart>(&record.body)) {
    // Exim's own stamp stands in the first part alone; the others belong to it, whatever syslog's
    // clock says.
    if (part->number > 1) return std::nullopt;
    if (const auto own = parse::exim_stamp(part->text)) return in_frame(own->stamp, record.frame);
  }
  return record.frame ? std::optional(record.frame->stamp) : std::nullopt;
}

}  // namespace lostmail::ingest
