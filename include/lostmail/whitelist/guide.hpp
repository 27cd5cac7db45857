#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"
#include "lostmail/whitelist/callout_cost.hpp"
#include "lostmail/whitelist/export.hpp"

/// The configuration that makes each list count, as text for an administrator: Exim 4.94 and later,
/// Sendmail 8.12 and later.
namespace lostmail::whitelist {

enum class Guide : std::uint8_t { exim, sendmail, cpanel, debian, directadmin };

/// What to put into the configuration so that the file at `path` counts: the definition, the ACL
/// statement or the command. The exemption stands in the statement of the check itself, so that it
/// lifts nothing else. Errors: invalid_argument where `path` is not absolute or holds other bytes
/// than `A-Za-z0-9/._-`.
[[nodiscard]] Result<std::string> use_of(const Target& target, std::string_view path);

/// The whole way, step by step; the lists lie in `folder` (Exim) or at `folder`/access (Sendmail).
/// Without `cost` the store knows of no callout. Errors: as use_of().
[[nodiscard]] Result<std::string> guide_text(Guide guide, std::string_view folder,
                                             const std::optional<CalloutCost>& cost);

}  // namespace lostmail::whitelist

namespace lostmail {

template <>
struct Words<whitelist::Guide> {
  static constexpr std::array<Word<whitelist::Guide>, 5> list{{
      {whitelist::Guide::exim, "exim"},
      {whitelist::Guide::sendmail, "sendmail"},
      {whitelist::Guide::cpanel, "cpanel"},
      {whitelist::Guide::debian, "debian"},
      {whitelist::Guide::directadmin, "directadmin"},
  }};
};

}  // namespace lostmail
