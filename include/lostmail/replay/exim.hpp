#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lostmail/core/result.hpp"
#include "lostmail/replay/trial.hpp"

namespace lostmail::replay {

/// An Exim that hosts tests (`-bh`, `-be`): its own configuration, copied, with the lists of this
/// program replaced by scratch files and a spool of its own. No mail is taken, no hints are
/// written; routing asks DNS. Callouts dial the senders' servers, and only where `live` says so
/// (`-bhc`).
class EximServer : public Server {
 public:
  struct Setup {
    std::string program;  ///< empty: exim4 or exim of the usual folders
    std::string config;   ///< empty: the one that the program names
    std::string scratch;  ///< folder for scratch files; empty: /run for root, else the system's own
    bool live = false;
  };

  /// Errors: not_found (no Exim, no configuration), permission_denied, io_error (Exim refuses the
  /// copy; the message holds its words).
  [[nodiscard]] static Result<std::unique_ptr<EximServer>> open(const Setup& setup);
  ~EximServer() override;

  /// Which of `paths` the configuration reads, macros that hold the folder included.
  [[nodiscard]] std::vector<std::string> lists_read(const std::vector<std::string>& paths) const;

  /// Puts scratch files in the place of lists. For each: the path that the configuration has, its
  /// text without the entry and with it.
  struct List {
    std::string path, before, after;
  };
  [[nodiscard]] Result<void> use(const std::vector<List>& lists);

  /// Whether the lookup that reads list `path` finds `address` (of the characters that keys may
  /// hold) once the entry is in it (`-be`); by its domain where `by_domain` and it is no plain
  /// list.
  [[nodiscard]] Result<bool> finds(const std::string& path, const std::string& address,
                                   bool by_domain);

  [[nodiscard]] Result<Answer> ask(const Transaction& transaction, bool with_entry) override;

  [[nodiscard]] const std::string& program() const;
  [[nodiscard]] const std::string& config() const;

 private:
  struct Impl;
  explicit EximServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lostmail::replay
