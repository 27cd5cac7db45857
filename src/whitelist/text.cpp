#include "whitelist/text.hpp"

#include <fmt/format.h>

#include "lostmail/core/log_time.hpp"

namespace lostmail::whitelist {

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7f;
    if (result.size() + (plain ? 1 : 4) > limit) return result + "...";
    if (plain) {
      result += c;
    } else {
      result += fmt::format("\\{:03o}", byte);
    }
  }
  return result;
}

std::string date(std::int64_t utc_seconds) {
  const std::string stamp = utc_rfc3339(utc_seconds);
  return stamp.substr(0, stamp.find('T'));
}

}  // namespace lostmail::whitelist
