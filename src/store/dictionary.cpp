#include "store/dictionary.hpp"

namespace lostmail::store {

Dictionary::Dictionary(Database& database)
    : database_(database),
      find_(database, "SELECT id FROM word WHERE text = ?"),
      insert_(database, "INSERT INTO word(text) VALUES (?)") {}

std::int64_t Dictionary::id_of(std::string_view text) {
  std::string key(text);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  std::int64_t id = 0;
  if (find_.bind(text).step()) id = find_.integer(0);
  find_.reset();
  if (id == 0) {
    insert_.bind(text).run();
    id = sqlite3_last_insert_rowid(database_.handle());
  }
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.emplace(std::move(key), id);
  return id;
}

AddressBook::AddressBook(Database& database, Dictionary& words)
    : database_(database),
      words_(words),
      find_(database, "SELECT id FROM address WHERE text = ?"),
      insert_(database, "INSERT INTO address(text, domain) VALUES (?, ?)") {}

std::int64_t AddressBook::id_of(std::string_view address) {
  std::string key(address);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  std::int64_t id = 0;
  if (find_.bind(address).step()) id = find_.integer(0);
  find_.reset();
  if (id == 0) {
    const auto at = address.rfind('@');
    insert_.bind(address);
    if (at == std::string_view::npos || at + 1 == address.size()) {
      insert_.bind_null();
    } else {
      insert_.bind(words_.id_of(address.substr(at + 1)));
    }
    insert_.run();
    id = sqlite3_last_insert_rowid(database_.handle());
  }
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.emplace(std::move(key), id);
  return id;
}

}  // namespace lostmail::store
