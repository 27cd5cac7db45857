#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"
#include "lostmail/core/vocabulary.hpp"

namespace lostmail::whitelist {

/// The lists that an entry can go to.
enum class List : std::uint8_t {
  exim_senders,     ///< addresses that skip sender verification, read with `nwildlsearch`
  exim_hosts,       ///< client addresses that skip reverse DNS and HELO checks, a plain host list
  sendmail_access,  ///< the access map: tagged keys, value OK
};

}  // namespace lostmail::whitelist

namespace lostmail {

/// As options, columns and files spell them: `name_of(list)`, `from_name<whitelist::List>(text)`.
template <>
struct Words<whitelist::List> {
  static constexpr std::array<Word<whitelist::List>, 3> list{{
      {whitelist::List::exim_senders, "exim-senders"},
      {whitelist::List::exim_hosts, "exim-hosts"},
      {whitelist::List::sendmail_access, "sendmail-access"},
  }};
};

}  // namespace lostmail

namespace lostmail::whitelist {

/// An entry that a person approved, as the store keeps it. Times are seconds since 1970, UTC.
struct Entry {
  List list = List::exim_senders;
  std::string key;     ///< `user@domain`, an IP address, `From:user@domain` or `Connect:192.0.2.7`
  std::string value;   ///< "OK" for Sendmail, else empty
  std::string reason;  ///< why, for the comment above the entry
  std::uint64_t attempts = 0;
  std::int64_t first = 0, last = 0;
  std::int64_t approved = 0;
  std::int64_t expires = 0;  ///< 0: never
  std::string approved_by;
};

/// The gate in front of every list file: passes an entry only where list, key and value are what
/// this room would have built itself, byte for byte. A store that somebody edited by hand cannot
/// get past it. Errors: invalid_argument, `where` is the key made printable.
[[nodiscard]] Result<void> check(const Entry& entry);

/// Eight hex digits that name an entry: a hash of list and key, the same in every run. Strangers
/// choose keys, so two may share an id by intent: `suggest()` withholds both.
[[nodiscard]] std::string entry_id(List list, std::string_view key);

}  // namespace lostmail::whitelist
