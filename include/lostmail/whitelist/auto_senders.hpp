#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"

/// Senders that programs use: lists, bounces, daemons. One condition for a shape of local part
/// stands for addresses that change with each message. Shapes are a closed list, so that nothing of
/// a stranger's local part enters a regex.
namespace lostmail::whitelist {

/// A shape of local part.
struct Shape {
  std::string_view name;   ///< before the `@` of a key: `bounce-*`
  std::string_view regex;  ///< PCRE for the local part, without anchors, colon and blank
  bool changing = false;   ///< likely another address in each message (VERP, SRS, BATV)
  bool (*fits)(std::string_view local_part) = nullptr;  ///< what `regex` says; lower case
};

/// All shapes; where two fit an address, the first is meant.
[[nodiscard]] std::span<const Shape> shapes();

/// The shape of `address`; null where it is no automatic sender's.
[[nodiscard]] const Shape* shape_of(std::string_view address);

/// `bounce-*@lists.example.org`, or `bounce-*@*` for any domain: the key of
/// List::exim_auto_senders.
struct AutoSenders {
  const Shape* shape = nullptr;
  std::string domain;  ///< lower case; empty: any

  /// Errors: invalid_argument for a name that is no shape, and for domains that no list may hold.
  [[nodiscard]] static Result<AutoSenders> parse(std::string_view key);
  [[nodiscard]] std::string key() const;
  /// Anchored at both ends, the domain's dots escaped: `^bounce-[^@]*@lists\.example\.org$`.
  [[nodiscard]] std::string regex() const;
  [[nodiscard]] bool covers(std::string_view address) const;
};

}  // namespace lostmail::whitelist
