#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lostmail/store/store.hpp"
#include "store/database.hpp"

/// What the questions share.
namespace lostmail::store {

/// `family IN (…)` for the families that concern the sender; its client's host is one of them.
[[nodiscard]] inline std::string sender_families(bool with_client = true) {
  return "(" + std::to_string(static_cast<int>(Family::sender_verify)) + ", " +
         std::to_string(static_cast<int>(Family::sender_domain)) +
         (with_client ? ", " + std::to_string(static_cast<int>(Family::client_identity)) : "") +
         ")";
}

/// The WHERE of a selection over `refusal r`, and its values in order.
class Where {
 public:
  Where(Database& database, const Selection& selection) : database_(database) {
    if (selection.since) add("r.time >= ?", *selection.since * 1'000'000);
    if (selection.until) add("r.time < ?", *selection.until * 1'000'000);
    if (selection.direction)
      add("r.direction = ?", static_cast<std::int64_t>(*selection.direction));
    if (selection.variant) add("r.variant = ?", static_cast<std::int64_t>(*selection.variant));
    if (selection.cause) add("r.cause = ?", static_cast<std::int64_t>(*selection.cause));
    if (selection.from) add_address("r.sender", *selection.from);
    if (selection.to) add_address("r.recipient", *selection.to);
    if (selection.client) add_host(*selection.client);
    if (selection.id) add_id(*selection.id);
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  void bind(Statement& statement) const {
    for (const auto& value : values_)
      std::visit([&](const auto& held) { statement.bind(held); }, value);
  }

 private:
  using Value = std::variant<std::int64_t, std::string>;
  void add(const std::string& condition, Value value) {
    text_ += " AND " + condition;
    values_.push_back(std::move(value));
  }
  void add_address(const std::string& column, const AddressChoice& choice) {
    add(column + (choice.is_domain()
                      ? " IN (SELECT id FROM address WHERE domain ="
                        " (SELECT id FROM word WHERE text = ?))"
                      : " IN (SELECT id FROM address WHERE text = ? COLLATE NOCASE)"),
        choice.text());
  }
  /// Networks and names are told by code, so the words that are one are looked up first.
  void add_host(const HostChoice& choice) {
    const bool name = choice.kind() == HostChoice::Kind::name;
    Statement words(database_, choice.kind() == HostChoice::Kind::address
                                   ? "SELECT id, text FROM word WHERE text = ?"
                               : name ? "SELECT id, text FROM word WHERE text LIKE '%' || ?"
                                      : "SELECT id, text FROM word WHERE text GLOB '[0-9a-f:]*'");
    if (choice.kind() != HostChoice::Kind::network) words.bind(choice.text());
    std::string ids;
    while (words.step()) {
      const std::string word = words.text(1);
      if (name ? choice.matches_name(word) : choice.matches_ip(word))
        ids += (ids.empty() ? "" : ",") + std::to_string(words.integer(0));
    }
    const std::string column = name ? "name" : "ip";
    text_ += " AND (r.client_" + column + " IN (" + ids + ") OR r.remote_" + column + " IN (" +
             ids + "))";
  }
  void add_id(const std::string& id) {
    std::uint64_t number = 0;
    const char* end = id.data() + id.size();
    const auto [next, code] = std::from_chars(id.data(), end, number, 16);
    if (id.size() == 16 && code == std::errc() && next == end) {
      add("r.id = ?", static_cast<std::int64_t>(number));
    } else {
      add("r.queue_id = ?", id);
    }
  }

  Database& database_;
  std::string text_ = " WHERE 1";
  std::vector<Value> values_;
};

template <typename Enum>
[[nodiscard]] std::optional<Enum> maybe_word(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return static_cast<Enum>(row.integer(column));
}

template <typename Row>
[[nodiscard]] Result<std::vector<Row>> checked(Database& database, std::vector<Row> rows) {
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return rows;
}

[[nodiscard]] inline std::uint64_t count(const Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

}  // namespace lostmail::store
