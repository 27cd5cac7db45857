#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <tsl/robin_set.h>

#include "lostmail/core/case.hpp"
#include "lostmail/core/choice.hpp"
#include "lostmail/core/event.hpp"
#include "lostmail/core/figures.hpp"
#include "lostmail/core/outage.hpp"
#include "lostmail/core/result.hpp"
#include "lostmail/core/stretch.hpp"

namespace lostmail::store {

/// Which refusals a question is about. Absent: all.
struct Selection {
  std::optional<std::int64_t> since, until;  ///< UTC seconds; since ≤ time < until
  std::optional<Direction> direction;
  std::optional<Variant> variant;
  std::optional<Cause> cause;
  std::optional<AddressChoice> from, to;  ///< envelope sender, recipient
  std::optional<HostChoice> client;       ///< the other host: client, or server that refused
  /// Inbound refusals that DNS decided in these times are left out: our own DNS was at fault.
  std::vector<Outage> outages;
  /// Lower case; mail to it (inbound) or from it (outbound, internal).
  std::optional<std::string> local_domain;
  std::optional<std::string> id;  ///< of a refusal (16 hex digits), or a queue id
};

/// A refusal as the store holds it, with what became of its case.
struct StoredRefusal {
  ClassifiedRefusal refusal;
  std::optional<std::int64_t> delivered;  ///< UTC seconds: latest delivery of its sender and
                                          ///< recipient that the logs showed
};

/// A sender of ours that other servers refuse because it does not verify there: a script's
/// `nobody@host`, a mailbox that takes no bounces.
struct RefusedSender {
  std::string sender;
  std::uint64_t refusals = 0;
  std::uint64_t servers = 0;         ///< distinct servers that refused it
  Variant variant = Variant::other;  ///< of the last refusal
  Cause cause = Cause::as_stated;    ///< likewise
  std::int64_t first = 0, last = 0;  ///< UTC seconds
};

/// How far one log was read. A log is known by its decompressed content: by a hash over its first
/// `head_length` bytes, and one over the `tail_length` bytes before `offset`.
struct LogState {
  std::int64_t number = 0;  ///< in the store, from 1
  std::string path;         ///< absolute, where it lay last; "-" for standard input, all of it
  std::uint64_t head_length = 0, head_hash = 0;
  std::uint64_t tail_length = 0, tail_hash = 0;
  std::uint64_t offset = 0;  ///< of the next line, decompressed
  std::uint64_t line = 0;    ///< lines read
  std::uint64_t rewind_offset = 0,
                rewind_line =
                    0;  ///< where reading goes on: far enough back to understand what is new
  bool packed = false;
  std::optional<std::int64_t> first, last;  ///< UTC seconds of the first and last record
  LineCounts counts;
  std::string problem;   ///< of the last reading; empty: none
  bool damaged = false;  ///< the problem is the file's content: it stays until the file changes
  bool year_inferred = false;
  /// Another log lies in its place and it was found nowhere: what it held from `last` until then
  /// (UTC seconds), if anything, was never read.
  std::optional<std::int64_t> missing_until;
  std::uint64_t bytes_lost = 0;  ///< of that, what is known to have been there
  /// The file as it lay when it was read: where nothing of it changed, it need not be opened.
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t changed_nanos = 0;
};

/// A further file that holds what a log holds, as it lay when that was seen.
struct LogCopy {
  std::int64_t log = 0;
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t changed_nanos = 0;
};

struct ShapeCount {
  std::string shape;
  std::uint64_t lines = 0;
  std::string example;
  std::string file;
  std::uint64_t line = 0;
};

/// The decision in force about a whitelist entry. Times are UTC seconds; 0: never, not yet.
struct Decision {
  std::string id;    ///< of the proposal
  std::string list;  ///< "exim-senders", "sendmail-access", …
  std::string key;
  std::string value;
  std::string reason;  ///< of the evidence
  std::string note;    ///< of the person; may be empty
  std::string state;   ///< approved, rejected, expired
  std::string by;
  std::uint64_t attempts = 0;  ///< that the decision was made on, with their first and last time
  std::int64_t first = 0, last = 0, decided = 0, expires = 0;
  std::int64_t exported = 0;  ///< first written into a list since the decision
  std::string proof;          ///< proven, useless, too-wide; empty: not tried
  std::string proof_text;     ///< what the trial showed
  std::int64_t proved = 0;
};

/// One decision that was made, perhaps no longer in force.
struct DecisionMade {
  std::string id, state, note, by;
  std::int64_t decided = 0;
};

/// A list file that was written.
struct WrittenList {
  std::string path;    ///< absolute
  std::string format;  ///< "exim-senders", "debian-exim4", …
  std::string name;    ///< of the file within the format
  std::int64_t written = 0;
};

struct Totals {
  std::uint64_t refusals = 0;
  std::uint64_t cases = 0;
  std::optional<std::int64_t> first, last;  ///< UTC seconds
  std::uint64_t bytes = 0;                  ///< of the store's file
};

/// What the store keeps of a delivery. Addresses are hashes, those of `address.hash`.
struct Correspondence {
  std::uint64_t message = 0;                ///< as in Delivery
  std::optional<std::int64_t> sender_hash;  ///< absent: the message's arrival will tell it
  std::int64_t recipient_hash = 0;
  std::int64_t time = 0;  ///< UTC seconds
};

/// The one SQLite file. Readers may ask while another process writes (WAL). One thread at a time.
class Store {
 public:
  static constexpr int kVersion = 3;  ///< of the schema

  /// Errors: not_found (no store), permission_denied, newer_version, damaged, locked.
  [[nodiscard]] static Result<Store> open(const std::filesystem::path& file);
  /// Makes the store, mode 0640, and its folder where there is none. Waits so long for who holds it
  /// against readers: a first load. Errors as `open`, io_error.
  [[nodiscard]] static Result<Store> open_or_create(const std::filesystem::path& file,
                                                    int wait_seconds = 60);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // Writing: one transaction from begin() to commit(); without commit() nothing of it is kept.
  /// Waits for another writer so long. Errors: locked.
  [[nodiscard]] Result<void> begin(int wait_seconds = 60);
  [[nodiscard]] Result<void> commit();
  void rollback();
  /// Notes an ingest; in a transaction with its rows, or alone.
  [[nodiscard]] Result<void> note_run(std::int64_t utc_seconds);

  /// Says that this refusal is added soon: what that will look at is fetched from memory meanwhile.
  /// It stays where it is until then.
  void expect(const ClassifiedRefusal& refusal);
  /// Adds a refusal, or fills in what a row of that id lacks. True: it is new.
  [[nodiscard]] Result<bool> add(const ClassifiedRefusal& refusal);
  [[nodiscard]] Result<void> add(const Delivery& delivery);
  /// The same in two parts, of which the first may run beside a thread that writes. nullopt:
  /// nothing is kept.
  [[nodiscard]] std::optional<Correspondence> correspondence_of(const Delivery& delivery) const;
  [[nodiscard]] Result<void> add(const Correspondence& correspondence);
  /// Deliveries into mailboxes of a domain: it is one of ours.
  void add_local_deliveries(std::string_view domain, std::uint64_t times);
  /// How the store knows a refusal: not at all, as the end of a log left it, or for good.
  enum class Known { absent, provisional, complete };
  [[nodiscard]] Result<Known> known(const Refusal& refusal);
  /// In place of a provisional row of that id.
  [[nodiscard]] Result<void> replace(ClassifiedRefusal refusal);
  /// Sets the cause of the row of that id, where this one has one: it was read with more context.
  [[nodiscard]] Result<void> set_cause(const ClassifiedRefusal& refusal);

  /// Takes out the refusals before `horizon` (UTC seconds, when a day begins); their daily counts
  /// stay as they are. A transaction of its own. Gives how many went.
  [[nodiscard]] Result<std::uint64_t> prune(std::int64_t horizon);
  /// The latest horizon; 0: never pruned. Refusals before it must not be added.
  [[nodiscard]] Result<std::int64_t> pruned_before();
  /// How many were pruned of the days (UTC) that the time touches: of these only counts are left.
  /// Bounds as in Selection.
  struct Pruned {
    std::uint64_t refusals = 0;
    bool at_most = false;  ///< some stand on a day that lies in that time in part
  };
  [[nodiscard]] Result<Pruned> pruned_refusals(std::optional<std::int64_t> since,
                                               std::optional<std::int64_t> until);
  /// When ingest was done last, though nothing was new. UTC seconds; 0: never.
  [[nodiscard]] Result<std::int64_t> last_run();

  // Messages across runs: what came in and is not done with, and what waits for a sender.
  using Messages = tsl::robin_set<std::uint64_t>;
  /// Those for whose sender something waits.
  [[nodiscard]] Messages wanted_messages();
  /// Those that open_message() knows.
  [[nodiscard]] Messages open_messages();
  /// The sender of all that waits for it.
  [[nodiscard]] Result<void> set_sender(const Arrival& arrival);
  [[nodiscard]] Result<void> put_open(const Arrival& arrival, std::int64_t now);
  /// nullopt: unknown, or an error, which the next call tells.
  [[nodiscard]] std::optional<Arrival> open_message(std::uint64_t message);
  /// Forgets a message that ended in the log that told it.
  void close(std::uint64_t message, std::int64_t log);
  /// Forgets messages that nothing was heard of for too long, `now` in UTC seconds.
  void forget_old_messages(std::int64_t now);
  [[nodiscard]] Result<void> add_not_understood(std::string_view shape, std::string_view line,
                                                const SourceRef& source);
  /// A log of a number that the store does not have yet is new.
  [[nodiscard]] Result<void> put(const LogState& log);
  /// A log of this transaction has turned out to be one that is put: a copy of it.
  [[nodiscard]] Result<void> is_copy(std::int64_t copy, std::int64_t of);
  [[nodiscard]] Result<void> put(const LogCopy& copy);
  [[nodiscard]] Result<void> put(const Decision& decision);
  /// Keeps the decision beside all earlier ones of its id.
  [[nodiscard]] Result<void> add(const DecisionMade& made);
  [[nodiscard]] Result<void> put(const WrittenList& list);

  // Asking.
  [[nodiscard]] Result<std::vector<LogState>> logs();
  [[nodiscard]] Result<std::vector<LogCopy>> log_copies();
  /// What a report says of a window, in one pass over its refusals. `now` and the queue lifetime
  /// (seconds) decide verdicts; tops have at most `limit` rows.
  [[nodiscard]] Result<Figures> figures(const Selection& selection, std::int64_t now,
                                        std::int64_t queue_lifetime, std::size_t limit);
  /// Inbound refusals that DNS answers decided, for the diagnosis of our own resolver.
  [[nodiscard]] Result<std::vector<BusyTime>> busy_dns_times(const Selection& selection);
  [[nodiscard]] Result<std::vector<DnsRefusal>> dns_refusals(const Selection& selection);
  /// The newest first.
  [[nodiscard]] Result<std::vector<StoredRefusal>> refusals(const Selection& selection,
                                                            std::size_t limit);
  /// Own senders that fail verification elsewhere, the most refused first.
  [[nodiscard]] Result<std::vector<RefusedSender>> refused_own_senders(const Selection& selection,
                                                                       std::size_t limit);
  [[nodiscard]] Result<std::vector<SenderEvidence>> sender_evidence(const Selection& selection);
  [[nodiscard]] Result<std::vector<ClientRecord>> client_records(const Selection& selection);
  [[nodiscard]] Result<std::set<std::string>> local_domains();
  [[nodiscard]] Result<std::vector<ShapeCount>> not_understood(std::size_t limit);
  [[nodiscard]] Result<std::vector<Decision>> decisions();           ///< by list and key
  [[nodiscard]] Result<std::vector<DecisionMade>> decisions_made();  ///< the oldest first
  [[nodiscard]] Result<std::vector<WrittenList>> written_lists();
  [[nodiscard]] Result<Totals> totals();
  [[nodiscard]] Result<LineCounts> line_counts();
  /// The stretches for which the logs that tell of deliveries were read, in order; kQuietSeconds
  /// parts them, and where bytes of a log are known to be lost.
  [[nodiscard]] Result<std::vector<Stretch>> covered();

  struct Impl;  ///< the room's own

 private:
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lostmail::store
