#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "lostmail/core/log_time.hpp"
#include "lostmail/report/json.hpp"

/// What the JSON of a report and of a status are written with.
namespace lostmail::report {

using Json = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

inline void put_text(Json& json, std::string_view text) {
  const std::string safe = printable(text);
  json.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
}
inline void put(Json& json, const char* key, std::string_view text) {
  json.Key(key);
  put_text(json, text);
}
inline void put(Json& json, const char* key, std::uint64_t number) {
  json.Key(key);
  json.Uint64(number);
}
inline void put_or_null(Json& json, const char* key, std::string_view text) {
  if (!text.empty()) return put(json, key, text);
  json.Key(key);
  json.Null();
}
inline void put_or_null(Json& json, const char* key, std::optional<std::uint64_t> number) {
  if (number) return put(json, key, *number);
  json.Key(key);
  json.Null();
}
inline void put_time(Json& json, const char* key, std::optional<std::int64_t> utc) {
  put_or_null(json, key, utc ? utc_rfc3339(*utc) : std::string());
}

template <typename Rows, typename Put>
void put_list(Json& json, const char* key, const Rows& rows, Put put_row) {
  json.Key(key);
  json.StartArray();
  for (const auto& row : rows) {
    json.StartObject();
    put_row(row);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace lostmail::report
