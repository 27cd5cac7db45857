#include "lostmail/parse/journal.hpp"

#include <charconv>

#include <fmt/format.h>
#include <rapidjson/document.h>

#include "lostmail/core/log_time.hpp"

namespace lostmail::parse {
namespace {

/// A field's bytes: a string, or the array of numbers that journald writes for what is not UTF-8.
std::string bytes_of(const rapidjson::Value& entry, const char* field) {
  const auto found = entry.FindMember(field);
  if (found == entry.MemberEnd()) return {};
  if (found->value.IsString()) return {found->value.GetString(), found->value.GetStringLength()};
  std::string bytes;
  if (found->value.IsArray()) {
    for (const auto& number : found->value.GetArray()) {
      if (number.IsUint() && number.GetUint() < 256) bytes += static_cast<char>(number.GetUint());
    }
  }
  return bytes;
}

}  // namespace

std::optional<std::string> journal_text(std::string_view json) {
  if (!json.starts_with('{')) return std::nullopt;
  rapidjson::Document entry;
  entry.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (entry.HasParseError() || !entry.IsObject()) return std::nullopt;
  const std::string message = bytes_of(entry, "MESSAGE");
  const std::string stamp = bytes_of(entry, "__REALTIME_TIMESTAMP");
  LogTime time;
  const auto [end, code] =
      std::from_chars(stamp.data(), stamp.data() + stamp.size(), time.utc_micros);
  if (message.empty() || code != std::errc() || end != stamp.data() + stamp.size() ||
      time.utc_micros < 0 || time.utc_micros > 4'102'444'800'000'000) {
    return std::nullopt;
  }
  time.has_fraction = true;
  const std::string host = bytes_of(entry, "_HOSTNAME");
  std::string ident = bytes_of(entry, "SYSLOG_IDENTIFIER");
  if (ident.empty()) ident = bytes_of(entry, "_COMM");
  std::string pid = bytes_of(entry, "SYSLOG_PID");
  if (pid.empty()) pid = bytes_of(entry, "_PID");
  return fmt::format("{} {} {}{}: {}", time.to_rfc3339(), host.empty() ? "localhost" : host,
                     ident.empty() ? "unknown" : ident, pid.empty() ? "" : "[" + pid + "]",
                     message);
}

}  // namespace lostmail::parse
