#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/result.hpp"

/// Whether a whitelist entry works on the real mail server: a refused transaction of the log is put
/// to it without the entry and with it, and so are transactions that must stay refused.
namespace lostmail::replay {

/// An SMTP transaction as a client makes it.
struct Transaction {
  std::string client_ip;
  std::string client_name;  ///< by reverse DNS; empty: none
  std::string helo;
  std::string sender;  ///< empty: the null reverse-path
  std::string recipient;
  bool with_message = false;  ///< goes on to DATA: the check that refused looks at the header
};

/// What the mail server said to it.
struct Answer {
  bool accepted = false;         ///< each command was answered 2xx (3xx for DATA)
  std::string reply;             ///< the refusal, else the last reply; on one line
  std::size_t checks = 0;        ///< verifications of sender or client that it came to
  bool callout_omitted = false;  ///< one of them would have asked the sender's server
};

/// What the key of an entry names.
enum class Names : std::uint8_t { sender, sender_domain, sender_shape, client, recipient_domain };

/// A mail server that can be asked without and with one entry in its lists.
class Server {
 public:
  virtual ~Server() = default;
  [[nodiscard]] virtual Result<Answer> ask(const Transaction& transaction, bool with_entry) = 0;
};

enum class Finding : std::uint8_t {
  proven,
  useless,
  too_wide,
};

/// One transaction, without and with the entry.
struct Comparison {
  std::string what;  ///< "the refused mail", "an unlisted sender" …
  Transaction transaction;
  Answer before, after;

  [[nodiscard]] bool is_same() const {
    return before.accepted == after.accepted && before.checks == after.checks;
  }
};

struct Trial {
  Finding finding = Finding::useless;
  std::string text;                     ///< why, in one sentence
  std::vector<Comparison> comparisons;  ///< the refused mail first
};

/// Transactions that the entry for `refused` must not change.
struct Control {
  std::string what;
  Transaction transaction;
  bool must_be_refused = false;  ///< in any case; else only the same as before
};
[[nodiscard]] std::vector<Control> controls_for(Names names, const Transaction& refused);

/// Asks and judges:
/// - proven: refused before and accepted after; or, where only a callout refuses and none is made,
///   the verification was reached before and is skipped after. No control changed.
/// - too_wide: a control is let in after that was refused before, or skips a check.
/// - useless: everything else.
/// Errors: those of the server.
[[nodiscard]] Result<Trial> try_entry(Server& server, Names names, const Transaction& refused);

/// A host name, or an address literal, that a HELO command can carry as it is; `ip` in brackets for
/// anything else: the log's is a stranger's text.
[[nodiscard]] std::string safe_helo(std::string_view helo, std::string_view ip);

}  // namespace lostmail::replay
