#include "assemble/context.hpp"

namespace lostmail::assemble {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The length of `5.1.8` at the start of `text`; RFC 3463 §2 allows up to three digits each in the
/// last two.
std::size_t enhanced_code_length(std::string_view text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5') || text[1] != '.')
    return 0;
  std::size_t at = 2;
  for (int part = 0; part < 2; ++part) {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == begin || at - begin > 3) return 0;
    if (part == 0) {
      if (at == text.size() || text[at] != '.') return 0;
      ++at;
    }
  }
  return at == text.size() || text[at] == ' ' ? at : 0;
}

}  // namespace

bool is_loopback(std::string_view ip) { return ip == "::1" || ip.starts_with("127."); }

void read_codes(std::string_view reply, Refusal& refusal) {
  if (reply.size() < 3 || (reply[0] != '4' && reply[0] != '5') || !is_digit(reply[1]) ||
      !is_digit(reply[2]) ||
      (reply.size() > 3 && reply[3] != ' ' && reply[3] != '-' && reply[3] != ',')) {
    return;
  }
  refusal.reply_code = (reply[0] - '0') * 100 + (reply[1] - '0') * 10 + (reply[2] - '0');
  const auto rest = reply.size() > 4 ? reply.substr(4) : std::string_view();
  if (const auto length = enhanced_code_length(rest))
    refusal.enhanced_code = std::string(rest.substr(0, length));
}

}  // namespace lostmail::assemble
