#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/host.hpp"
#include "lostmail/core/record.hpp"

namespace lostmail::assemble {

/// Undoes str2prt() once: `\\`, `\t`, `\n`, `\r`, `\ooo`. Line breaks become Exim's spelling again,
/// the two characters backslash and n, since `text` fields keep one spelling for both MTAs.
[[nodiscard]] std::string unescape(std::string_view text);

/// unescape() for those who only look at it: most texts hold no escape and stay where they are.
class Unescaped {
 public:
  explicit Unescaped(std::string_view text);
  Unescaped(const Unescaped&) = delete;
  Unescaped& operator=(const Unescaped&) = delete;
  [[nodiscard]] std::string_view text() const { return text_; }  ///< good as long as this is

 private:
  std::string room_;
  std::string_view text_;
};

/// The `relay=` value: `name [ip]`, `[ip]`, `name [ip] (may be forged)`, `user@host [ip]`,
/// `alice@localhost`.
struct Relay {
  std::optional<std::string> name;
  std::optional<std::string> ip;
  bool may_be_forged = false;

  [[nodiscard]] std::optional<ClientHost> client() &&;  ///< nullopt without an address
  [[nodiscard]] RemoteHost remote() const;
};
[[nodiscard]] Relay parse_relay(std::string_view relay);

/// `a,b,"c, d"@e` at its commas outside quotes.
[[nodiscard]] std::vector<std::string_view> split_at_commas(std::string_view list);

/// local, prog, *file*, *include* and the usual local delivery agents.
[[nodiscard]] bool is_local_mailer(std::string_view mailer);

/// What the remote server answered, from `reply=`, else from `stat=Deferred: 4xx …`, else by `dsn=`
/// and `stat=` alone (8.12 to 8.15: no text). nullopt: no server refused anything.
struct RemoteAnswer {
  bool permanent = true;
  std::string text;
};
[[nodiscard]] std::optional<RemoteAnswer> remote_answer(const SendmailRecord& to);

/// Which command was answered, by the fingerprint that usersmtp.c leaves in dsn= and stat=; nullopt
/// where it is not unique.
[[nodiscard]] std::optional<Stage> stage_of_outcome(const SendmailRecord& to, bool permanent);

}  // namespace lostmail::assemble
