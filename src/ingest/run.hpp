#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ingest/crew.hpp"
#include "ingest/log_identity.hpp"
#include "ingest/store_queue.hpp"
#include "ingest/store_sink.hpp"
#include "lostmail/ingest/ingest.hpp"

namespace lostmail::ingest {

/// One run of ingest, within the store's transaction: which logs are new, which known ones bear on
/// them, the history, and the positions.
class Run {
 public:
  Run(Settings settings, std::optional<std::string> host, const classify::PatternSet& patterns,
      store::Store& store);

  /// Reads what is new and commits. Errors: those of the store.
  [[nodiscard]] Result<IngestSummary> all(const std::vector<input::LogList::Item>& logs);

 private:
  using Items = std::vector<input::LogList::Item>;

  /// A log and how far it was read when the run began.
  struct Known {
    input::LogList::Item item;
    store::LogState state;
    bool unchanged = false;
  };

  void recognise(const Items& logs);
  void add_rotated();
  void add_neighbours();
  [[nodiscard]] Result<void> read_all();
  bool take(const input::LogList::Item& item);
  [[nodiscard]] bool takes_part(std::int64_t number) const;
  [[nodiscard]] bool was_displaced(const store::LogState& known) const;
  [[nodiscard]] Result<void> note_moves();
  [[nodiscard]] Result<void> note_losses();
  [[nodiscard]] Result<void> put_states();
  [[nodiscard]] Result<void> note_copy(const store::LogState& state, std::int64_t log);
  [[nodiscard]] Result<void> put_standard_input(const LogOutcome& outcome);
  void read_followers();
  void read_again(const std::vector<store::LogState>& logs, std::int64_t end);
  [[nodiscard]] std::optional<std::filesystem::path> whereabouts(const store::LogState& known);
  [[nodiscard]] std::vector<LogOutcome> read(const Items& items, const Settings& settings);

  Settings settings_;
  std::optional<std::string> host_;
  store::Store& store_;
  StoreSink sink_;
  Crew crew_;
  StoreQueue queue_;
  std::int64_t horizon_ = 0;  ///< UTC seconds: what is older was pruned
  std::optional<LogIdentity> identity_;
  std::map<std::filesystem::path, Known> logs_;            ///< all that take part
  std::map<std::filesystem::path, std::int64_t> numbers_;  ///< of files that were looked at
};

}  // namespace lostmail::ingest
