#include "lostmail/report/mail.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/plain.hpp"

namespace lostmail::report {
namespace {

/// RFC 2045 §6.8, lines of 76 characters.
std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve(bytes.size() * 4 / 3 + bytes.size() / 54 + 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 0x3f];
    if (i / 3 % 19 == 18) out += '\n';
  }
  if (!out.empty() && out.back() != '\n') out += '\n';
  return out;
}

}  // namespace

Result<void> check_recipient(std::string_view address) {
  const bool plain_bytes = std::all_of(address.begin(), address.end(), [](char c) {
    return c > ' ' && static_cast<unsigned char>(c) < 0x7f &&
           std::string_view(",;:\"\\()<>[]|`$").find(c) == std::string_view::npos;
  });
  const auto at = address.find('@');
  if (at == std::string_view::npos && address.find('/') != std::string_view::npos)
    return fail(ErrorKind::invalid_argument, fit(address, 60), "is a path, no address to mail to");
  const bool shape = !address.empty() && address.size() <= 254 && address.front() != '-' &&
                     at != 0 && at + 1 != address.size() && at == address.rfind('@');
  if (plain_bytes && shape) return {};
  return fail(ErrorKind::invalid_argument, fit(address, 60),
              "is no address to mail to: give one plain user@domain");
}

std::string mime_message(const Mail& mail) {
  static constexpr std::string_view kBoundary =
      "=_lostmail_report_part";  // no base64, no text line
  std::string out;
  if (!mail.from.empty()) out += fmt::format("From: {}\n", fit(mail.from, 254));
  out += "To: ";
  for (std::size_t i = 0; i < mail.to.size(); ++i)
    out += (i == 0 ? "" : ",\n ") + fit(mail.to[i], 254);
  out += fmt::format(
      "\nSubject: {}\n"
      "Auto-Submitted: auto-generated\n"
      "MIME-Version: 1.0\n"
      "Content-Type: multipart/alternative; boundary=\"{}\"\n\n"
      "--{}\nContent-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\n{}\n"
      "--{}\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{}\n"
      "--{}--\n",
      fit(mail.subject, 200), kBoundary, kBoundary, mail.text, kBoundary, base64(mail.html),
      kBoundary);
  return out;
}

}  // namespace lostmail::report
