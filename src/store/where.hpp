#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"

/// What the questions share.
namespace lostmail::store {

/// `family IN (…)` for the families that concern the sender; its client's host is one of them.
[[nodiscard]] inline std::string sender_families(bool with_client = true) {
  return "(" + std::to_string(static_cast<int>(Family::sender_verify)) + ", " +
         std::to_string(static_cast<int>(Family::sender_domain)) +
         (with_client ? ", " + std::to_string(static_cast<int>(Family::client_identity)) : "") +
         ")";
}

/// Inbound, and what was refused rests on an answer of DNS.
[[nodiscard]] inline std::string decided_by_dns() {
  const auto number = [](auto word) { return std::to_string(static_cast<int>(word)); };
  return "(kd.direction = 0 AND (kd.cause IN (" + number(Cause::ptr_missing) + ", " +
         number(Cause::ptr_mismatch) + ", " + number(Cause::dns_temporary) + ", " +
         number(Cause::domain_nonexistent) + ", " + number(Cause::unroutable) + ", " +
         number(Cause::mx_unusable) + ") OR kd.variant IN (" + number(Variant::no_reverse_lookup) +
         ", " + number(Variant::domain_not_found) + ", " +
         number(Variant::sender_domain_unresolved) + ")))";
}

/// The FROM and WHERE of a selection, and its values in order. Refusals are `r`, their kind is
/// `kd`.
class Where {
 public:
  Where(Store::Impl& impl, const Selection& selection) : impl_(impl) {
    in_stretches_ = selection.since || selection.until;
    since_ = selection.since.has_value();
    if (selection.since) {
      in_window_ += " AND b.last >= " + std::to_string(*selection.since);
      add("r.time >= ?", *selection.since);
    }
    if (selection.until) {
      in_window_ += " AND b.first < " + std::to_string(*selection.until);
      add("r.time < ?", *selection.until);
    }
    if (selection.direction)
      add("kd.direction = ?", static_cast<std::int64_t>(*selection.direction));
    if (selection.variant) add("kd.variant = ?", static_cast<std::int64_t>(*selection.variant));
    if (selection.cause) add("kd.cause = ?", static_cast<std::int64_t>(*selection.cause));
    if (selection.from) add_address("r.sender", Filter::sender, *selection.from);
    if (selection.to) add_address("r.recipient", Filter::recipient, *selection.to);
    if (selection.client) add_host(*selection.client);
    for (const auto& outage : selection.outages) {
      add("NOT (r.time >= ?", outage.first);
      values_.emplace_back(outage.last);
      text_ += " AND r.time <= ? AND " + decided_by_dns() + ")";
    }
    if (selection.local_domain) add_local_domain(*selection.local_domain);
    if (selection.id) add_id(*selection.id);
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  /// `b` are the stretches that can hold what is asked for. A filter comes before them, since it is
  /// read from front to back.
  [[nodiscard]] std::string from(bool with_kind = true) const {
    const std::string kind = with_kind ? " CROSS JOIN kind kd ON kd.id = r.kind" : "";
    if (!in_stretches_) return " FROM stored_refusal r" + kind;
    return " FROM " +
           (filters_.empty()
                ? "stretch b"
                : filters_ + " CROSS JOIN stretch b ON b.first_n = " + first_filter_ + ".first_n") +
           " CROSS JOIN stored_refusal r ON r.n BETWEEN b.first_n AND b.last_n" + in_window_ + kind;
  }
  /// True: it has a condition on `kd`.
  [[nodiscard]] bool asks_kind() const { return text_.find("kd.") != std::string::npos; }
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
  void add(const std::string& condition) { text_ += " AND " + condition; }
  /// Only stretches that may hold one of the keys are looked at.
  void add_filter(Filter filter, const std::vector<std::uint64_t>& keys) {
    add(may_hold(filter, keys));
  }
  [[nodiscard]] std::string may_hold(Filter filter, const std::vector<std::uint64_t>& keys) {
    std::string condition = "may_hold(" + joined(filter) + ".bits";
    for (const auto key : keys) condition += ", " + std::to_string(static_cast<std::int64_t>(key));
    return condition + ")";
  }
  /// Its table, which the refusals are asked by from here on.
  [[nodiscard]] std::string joined(Filter filter) {
    const auto at = static_cast<std::size_t>(filter);
    const std::string table = kFilterTables[at];
    in_stretches_ = true;
    if (std::exchange(is_joined_[at], true)) return table;
    if (filters_.empty()) {
      filters_ = first_filter_ = table;
      if (since_) add_bounds();
    } else {
      filters_ +=
          " CROSS JOIN " + table + " ON " + table + ".first_n = " + first_filter_ + ".first_n";
    }
    return table;
  }
  /// Of a short window of time not all of a filter is read.
  void add_bounds() {
    Statement bounds(*impl_.database,
                     "SELECT min(first_n), max(first_n) FROM stretch b WHERE 1" + in_window_);
    if (!bounds.step()) return;
    add(first_filter_ + ".first_n BETWEEN " + std::to_string(bounds.integer(0)) + " AND " +
        std::to_string(bounds.integer(1)));
  }
  void add_address(const std::string& column, Filter filter, const AddressChoice& choice) {
    if (choice.is_domain()) return add_domain(column, filter, choice.text());
    const auto ids = impl_.addresses.find(choice.text());
    if (!ids.empty()) add_filter(filter, keys_of(ids));
    add(column + " IN " + list_of(ids));
  }
  void add_domain(const std::string& column, Filter filter, const std::string& domain) {
    const auto number = impl_.words.find(domain);
    if (!number) return add("0");
    const std::uint64_t key = domain_key(*number);
    add_filter(filter, {key});
    const std::string word = std::to_string(*number);
    // All addresses of a domain are known only after a look at all; each row's own costs as much as
    // some of those.
    if (is_rare(filter, key)) {
      add("(SELECT domain FROM address WHERE id = " + column + ") = " + word);
    } else {
      add(column + " IN (SELECT id FROM address WHERE domain = " + word + ")");
    }
  }
  [[nodiscard]] bool is_rare(Filter filter, std::uint64_t key) const {
    Statement parts(*impl_.database, std::string("SELECT count(*), sum(may_hold(bits, ?)) FROM ") +
                                         kFilterTables[static_cast<std::size_t>(filter)]);
    parts.bind(static_cast<std::int64_t>(key));
    return parts.step() && parts.integer(1) < parts.integer(0) / 8;
  }
  /// One domain of many has refusals in few of the stretches.
  void add_local_domain(const std::string& domain) {
    const auto number = impl_.words.find(domain);
    if (!number) return add("0");
    const std::vector<std::uint64_t> key{domain_key(*number)};
    const std::string sender = may_hold(Filter::sender, key);
    add("(" + sender + " OR " + may_hold(Filter::recipient, key) + ")");
    add("(CASE kd.direction WHEN 0 THEN r.recipient ELSE r.sender END) IN (SELECT id FROM address"
        " WHERE domain = ?)",
        *number);
  }
  /// Networks and names are told by code, so the peers that are one are looked up first.
  void add_host(const HostChoice& choice) {
    const std::vector<std::int64_t> ids = choice.kind() == HostChoice::Kind::address
                                              ? impl_.peers.find(choice.text())
                                              : peers_of(choice);
    if (!ids.empty() && ids.size() <= kMostKeys) add_filter(Filter::peer, keys_of(ids));
    const std::string list = list_of(ids);
    add("(r.client IN " + list + " OR r.remote IN " + list + ")");
  }
  void add_id(const std::string& id) {
    std::uint64_t number = 0;
    const char* end = id.data() + id.size();
    const auto [next, code] = std::from_chars(id.data(), end, number, 16);
    if (id.size() == 16 && code == std::errc() && next == end) {
      add_filter(Filter::id, {number});
      add("r.id = ?", static_cast<std::int64_t>(number));
    } else {
      add_filter(Filter::id, {text_key(id)});
      add("r.queue_id = ?", id);
    }
  }

  [[nodiscard]] std::vector<std::int64_t> peers_of(const HostChoice& choice) const {
    const bool name = choice.kind() == HostChoice::Kind::name;
    Statement peers(*impl_.database, "SELECT id, " + (name ? "name" : peer_ip_text("peer")) +
                                         " FROM peer WHERE " + (name ? "name" : "ip") +
                                         " IS NOT NULL");
    std::vector<std::int64_t> ids;
    while (peers.step()) {
      const std::string text = peers.text(1);
      if (name ? choice.matches_name(text) : choice.matches_ip(text))
        ids.push_back(peers.integer(0));
    }
    return ids;
  }
  [[nodiscard]] static std::string list_of(const std::vector<std::int64_t>& numbers) {
    std::string list = "(";
    for (const auto number : numbers)
      list += (list.size() == 1 ? "" : ",") + std::to_string(number);
    return list + ")";
  }
  [[nodiscard]] static std::vector<std::uint64_t> keys_of(const std::vector<std::int64_t>& ids) {
    return {ids.begin(), ids.end()};
  }

  static constexpr std::size_t kMostKeys = 100;  ///< a function of SQLite takes no more than that

  Store::Impl& impl_;
  bool in_stretches_ = false;
  bool since_ = false;
  std::string in_window_;  ///< conditions on `b`
  std::string filters_, first_filter_;
  std::array<bool, kFilterTables.size()> is_joined_{};
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
