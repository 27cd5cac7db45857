#pragma once

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

/// Every question is about these; conditions on the kind are conditions on `kd`. Of a range in
/// time, `b` are the stretches of rows that can hold it.
[[nodiscard]] inline std::string from(const Selection& selection, bool with_kind = true) {
  const bool in_time = selection.since || selection.until;
  return std::string(" FROM ") +
         (in_time ? "stretch b CROSS JOIN refusal r ON r.n BETWEEN b.first_n AND b.last_n"
                  : "refusal r") +
         (with_kind ? " JOIN kind kd ON kd.id = r.kind" : "");
}
/// Deliveries between a refusal's sender `s` and recipient `t`.
inline constexpr const char* kJoinDeliveries =
    " LEFT JOIN correspondence k ON k.pair = (s.hash << 32) | (t.hash & 4294967295)";

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

/// The WHERE of a selection over from(), and its values in order.
class Where {
 public:
  Where(Store::Impl& impl, const Selection& selection) : impl_(impl) {
    if (selection.since) {
      add("b.last >= ?", *selection.since);
      add("r.time >= ?", *selection.since);
    }
    if (selection.until) {
      add("b.first < ?", *selection.until);
      add("r.time < ?", *selection.until);
    }
    if (selection.direction)
      add("kd.direction = ?", static_cast<std::int64_t>(*selection.direction));
    if (selection.variant) add("kd.variant = ?", static_cast<std::int64_t>(*selection.variant));
    if (selection.cause) add("kd.cause = ?", static_cast<std::int64_t>(*selection.cause));
    if (selection.from) add_address("r.sender", *selection.from);
    if (selection.to) add_address("r.recipient", *selection.to);
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
  void add_address(const std::string& column, const AddressChoice& choice) {
    if (choice.is_domain()) {
      add(column +
              " IN (SELECT id FROM address WHERE domain IN (SELECT id FROM word WHERE hash = ?",
          impl_.words.hash_of(choice.text()));
      add("text = ?))", choice.text());
    } else {
      add(column + " IN (SELECT id FROM address WHERE hash = ?",
          impl_.addresses.hash_of(choice.text()));
      add(address_text("address") + " = ? COLLATE NOCASE)", choice.text());
    }
  }
  void add_local_domain(const std::string& domain) {
    add("(CASE kd.direction WHEN 0 THEN r.recipient ELSE r.sender END) IN (SELECT id FROM address"
        " WHERE domain IN (SELECT id FROM word WHERE hash = ?",
        impl_.words.hash_of(domain));
    add("text = ?))", domain);
  }
  /// Networks and names are told by code, so the peers that are one are looked up first.
  void add_host(const HostChoice& choice) {
    const bool name = choice.kind() == HostChoice::Kind::name;
    const bool address = choice.kind() == HostChoice::Kind::address;
    Statement peers(*impl_.database, "SELECT id, " + (name ? "name" : peer_ip_text("peer")) +
                                         " FROM peer WHERE " +
                                         (address ? "ip = ?"
                                          : name  ? "name IS NOT NULL"
                                                  : "ip IS NOT NULL"));
    if (address) {
      const std::string ip(choice.text());
      const auto number = ipv4_number(ip);
      number ? peers.bind(*number) : peers.bind(ip);
    }
    std::string ids;
    while (peers.step()) {
      const std::string text = peers.text(1);
      if (name ? choice.matches_name(text) : choice.matches_ip(text))
        ids += (ids.empty() ? "" : ",") + std::to_string(peers.integer(0));
    }
    text_ += " AND (r.client IN (" + ids + ") OR r.remote IN (" + ids + "))";
  }
  void add_id(const std::string& id) {
    std::uint64_t number = 0;
    const char* end = id.data() + id.size();
    const auto [next, code] = std::from_chars(id.data(), end, number, 16);
    if (id.size() == 16 && code == std::errc() && next == end) {
      // As kFindRow, in values that are bound one by one.
      add("r.id >> 32 = ?", static_cast<std::int64_t>(number) >> 32);
      add("+r.id = ?", static_cast<std::int64_t>(number));
    } else {
      add("r.queue_id = ?", id);
    }
  }

  Store::Impl& impl_;
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
