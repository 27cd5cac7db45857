#include "lostmail/store/store.hpp"
#include "store/database.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {

Result<void> Store::put(const Decision& decision) {
  auto& database = *impl_->database;
  Statement insert(
      database,
      "INSERT OR REPLACE INTO decision(id, list, key, value, reason, note, state, "
      "decided_by, attempts, first, last, decided, expires, exported, proof, "
      "proof_text, proved) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(decision.id).bind(decision.list).bind(decision.key).bind(decision.value);
  insert.bind(decision.reason).bind(decision.note).bind(decision.state).bind(decision.by);
  insert.bind(static_cast<std::int64_t>(decision.attempts));
  insert.bind(decision.first).bind(decision.last).bind(decision.decided).bind(decision.expires);
  insert.bind(decision.exported).bind(decision.proof).bind(decision.proof_text);
  insert.bind(decision.proved).run();
  return database.take_error();
}

Result<void> Store::add(const DecisionMade& made) {
  auto& database = *impl_->database;
  Statement insert(database,
                   "INSERT INTO decision_made(id, state, note, decided_by, decided)"
                   " VALUES (?, ?, ?, ?, ?)");
  insert.bind(made.id).bind(made.state).bind(made.note).bind(made.by).bind(made.decided).run();
  return database.take_error();
}

Result<void> Store::put(const WrittenList& list) {
  auto& database = *impl_->database;
  Statement insert(database,
                   "INSERT OR REPLACE INTO list_file(path, format, name, written)"
                   " VALUES (?, ?, ?, ?)");
  insert.bind(list.path).bind(list.format).bind(list.name).bind(list.written).run();
  return database.take_error();
}

Result<std::vector<Decision>> Store::decisions() {
  std::vector<Decision> decisions;
  Statement query(*impl_->database,
                  "SELECT id, list, key, value, reason, note, state, decided_by, attempts, first, "
                  "last, decided, expires, exported, proof, proof_text, proved FROM decision"
                  " ORDER BY list, key");
  while (query.step()) {
    decisions.push_back({query.text(0), query.text(1), query.text(2), query.text(3), query.text(4),
                         query.text(5), query.text(6), query.text(7),
                         static_cast<std::uint64_t>(query.integer(8)), query.integer(9),
                         query.integer(10), query.integer(11), query.integer(12), query.integer(13),
                         query.text(14), query.text(15), query.integer(16)});
  }
  if (auto ok = impl_->database->take_error(); !ok) return tl::unexpected(ok.error());
  return decisions;
}

Result<std::vector<DecisionMade>> Store::decisions_made() {
  std::vector<DecisionMade> made;
  Statement query(*impl_->database,
                  "SELECT id, state, note, decided_by, decided FROM decision_made ORDER BY n");
  while (query.step()) {
    made.push_back({query.text(0), query.text(1), query.text(2), query.text(3), query.integer(4)});
  }
  if (auto ok = impl_->database->take_error(); !ok) return tl::unexpected(ok.error());
  return made;
}

Result<std::vector<WrittenList>> Store::written_lists() {
  std::vector<WrittenList> lists;
  Statement query(*impl_->database,
                  "SELECT path, format, name, written FROM list_file ORDER BY path");
  while (query.step()) {
    lists.push_back({query.text(0), query.text(1), query.text(2), query.integer(3)});
  }
  if (auto ok = impl_->database->take_error(); !ok) return tl::unexpected(ok.error());
  return lists;
}

}  // namespace lostmail::store
