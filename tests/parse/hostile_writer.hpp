#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

// What strangers choose (HELO names, quoted local parts, remote replies, header values) imitates
// the grammar around it. A writer that follows the MTA's own escaping places it in a line; the
// record then holds those values, or says `doubtful`.
namespace lostmail::parse {

inline constexpr int kHostileRounds = 20'000;

/// Pieces of both grammars, and what breaks scanners.
inline const std::vector<std::string> kPieces{
    " F=<x@evil.example>",
    ") [6.6.6.6]",
    ") [6.6.6.6]:25",
    " rejected RCPT <z@z.example>: Sender verify failed",
    " temporarily rejected ",
    " sender verify fail for <v@v.example>: ",
    "H=evil [6.6.6.6]",
    " U=root",
    " X=TLS",
    ": ",
    " : ",
    "SMTP error from remote mail server after RCPT TO:<a@b>: 550 no",
    ", relay=evil [6.6.6.6]",
    ", reject=550 5.7.1 no",
    ", stat=Sent (ok)",
    ", dsn=2.0.0",
    ", reply=250 ok",
    ", delay=00:00:00",
    ", ctladdr=x",
    ", [more]",
    "<",
    ">",
    "[",
    "]",
    "(",
    ")",
    "=",
    "\\",
    " ",
    "...",
    "... User unknown",
    "2024-05-01 10:00:00 ",
    "=> ",
    "** ",
    "<= ",
    " DT=3s",
    " R=r T=t",
    "arg2=",
    "\xc3\xa9",
    "a",
    "Z9",
    "host.example"};

class HostileWriter {
 public:
  explicit HostileWriter(unsigned seed) : random_(seed) {}

  std::size_t number(std::size_t below) { return random_() % below; }
  std::string pieces(std::size_t most) {
    std::string text;
    for (std::size_t i = number(most + 1); i > 0; --i) text += kPieces[number(kPieces.size())];
    return text;
  }
  /// Letters, digits, dots and hyphens: what Exim takes for a HELO name unless
  /// helo_accept_junk_hosts is set.
  std::string helo() {
    if (number(8) == 0) return "[6.6.6.6]";
    if (number(8) == 0) return "[IPv6:2001:db8::6]";
    std::string name;
    for (std::size_t i = 1 + number(12); i > 0; --i) name += "abcXYZ019.-"[number(11)];
    return name;
  }
  /// An atom, or a quoted string (RFC 5321 §4.1.2: quote and backslash are escaped).
  std::string address() {
    static const std::vector<std::string> kDomains{"c.example", "sub.d.example", "xn--e1a.example"};
    const auto& domain = kDomains[number(kDomains.size())];
    if (number(2) == 0) return "user" + std::to_string(number(100)) + "@" + domain;
    std::string local = "\"";
    for (const char c : pieces(4)) {
      if (c == '"' || c == '\\') local += '\\';
      local += c;
    }
    return local + "\"@" + domain;
  }
  /// string.c string_printing3(): bytes beyond ASCII become \ooo, a backslash is not doubled.
  std::string reply(std::string_view code) {
    std::string text(code);
    text += ' ';
    for (const char c : pieces(5)) {
      if (static_cast<unsigned char>(c) < 0x80) {
        text += c;
      } else {
        text += "\\303";
      }
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

/// conf.c sm_syslog(): str2prt() doubles backslashes and writes other bytes as \ooo.
inline std::string sendmail_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\\\";
    } else if (static_cast<unsigned char>(c) < 0x80) {
      result += c;
    } else {
      result += "\\303";
    }
  }
  return result;
}

}  // namespace lostmail::parse
