#pragma once

#include <memory>
#include <string>

#include "lostmail/core/result.hpp"
#include "lostmail/replay/trial.hpp"

namespace lostmail::replay {

/// A Sendmail in address test mode (`-bt`): its own configuration, copied, with an access map of
/// this program in place of its own. The rulesets check_relay, check_mail and check_rcpt are asked
/// as a session would; no mail is taken. Milters are not asked.
class SendmailServer : public Server {
 public:
  struct Setup {
    std::string program;  ///< empty: sendmail of the usual folders
    std::string makemap;  ///< empty: makemap of the usual folders
    std::string config;   ///< empty: /etc/mail/sendmail.cf
    std::string scratch;  ///< folder for scratch files; empty: /run for root, else the system's own
  };

  /// Errors: not_found (no Sendmail, no configuration, no access map in it), io_error.
  [[nodiscard]] static Result<std::unique_ptr<SendmailServer>> open(const Setup& setup);
  ~SendmailServer() override;

  /// The text that the access map is made of: the map's path without `.db`.
  [[nodiscard]] const std::string& access_path() const;

  /// The text without the entry and with it; both go through makemap. Errors: io_error with its
  /// words.
  [[nodiscard]] Result<void> use(const std::string& before, const std::string& after);

  /// The value of `key` in the map with the entry; empty: none.
  [[nodiscard]] Result<std::string> value_of(const std::string& key);

  [[nodiscard]] Result<Answer> ask(const Transaction& transaction, bool with_entry) override;

  [[nodiscard]] const std::string& program() const;
  [[nodiscard]] const std::string& config() const;

 private:
  struct Impl;
  explicit SendmailServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lostmail::replay
