#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"
#include "lostmail/core/vocabulary.hpp"

namespace lostmail::whitelist {

/// The lists that an entry can go to. How each is read, and what it lifts: see export.hpp.
enum class List : std::uint8_t {
  exim_senders,                   ///< addresses that skip sender verification
  exim_callout_sender_domains,    ///< sender domains that skip the callout alone
  exim_callout_receiver_domains,  ///< local domains that opt out of the callout; by a person only
  exim_sender_verify_domains,     ///< sender domains that skip verification by routing
  exim_auto_senders,              ///< shapes of automatic senders that skip the callout
  exim_hosts,       ///< client addresses that skip reverse DNS and HELO checks, a plain host list
  sendmail_access,  ///< the access map: tagged keys, value OK
  cpanel,           ///< client addresses, tagged with the file of cPanel that takes them
};

/// Whose configuration reads the lists. A stock configuration has lists of its own, and for some
/// checks those are the only way in.
enum class Platform : std::uint8_t {
  exim,    ///< plain Exim, or any Exim whose administrator writes the ACLs
  debian,  ///< exim4-config
  cpanel,
  directadmin,
};

}  // namespace lostmail::whitelist

namespace lostmail {

/// As options, columns and files spell them: `name_of(list)`, `from_name<whitelist::List>(text)`.
template <>
struct Words<whitelist::List> {
  static constexpr std::array<Word<whitelist::List>, 8> list{{
      {whitelist::List::exim_senders, "exim-senders"},
      {whitelist::List::exim_callout_sender_domains, "exim-callout-sender-domains"},
      {whitelist::List::exim_callout_receiver_domains, "exim-callout-receiver-domains"},
      {whitelist::List::exim_sender_verify_domains, "exim-sender-verify-domains"},
      {whitelist::List::exim_auto_senders, "exim-auto-senders"},
      {whitelist::List::exim_hosts, "exim-hosts"},
      {whitelist::List::sendmail_access, "sendmail-access"},
      {whitelist::List::cpanel, "cpanel"},
  }};
};

template <>
struct Words<whitelist::Platform> {
  static constexpr std::array<Word<whitelist::Platform>, 4> list{{
      {whitelist::Platform::exim, "exim"},
      {whitelist::Platform::debian, "debian"},
      {whitelist::Platform::cpanel, "cpanel"},
      {whitelist::Platform::directadmin, "directadmin"},
  }};
};

}  // namespace lostmail

namespace lostmail::whitelist {

/// What a run against the real mail server showed of an entry.
enum class Proof : std::uint8_t {
  none,      ///< not tried
  proven,    ///< lets in what was refused, and nothing else that was tried
  useless,   ///< changes nothing: the check does not read the list, or another check refuses
  too_wide,  ///< lets in what must stay out
};

}  // namespace lostmail::whitelist

namespace lostmail {

template <>
struct Words<whitelist::Proof> {
  static constexpr std::array<Word<whitelist::Proof>, 4> list{{
      {whitelist::Proof::none, ""},
      {whitelist::Proof::proven, "proven"},
      {whitelist::Proof::useless, "useless"},
      {whitelist::Proof::too_wide, "too-wide"},
  }};
};

}  // namespace lostmail

namespace lostmail::whitelist {

/// An entry that a person approved, as the store keeps it. Times are seconds since 1970, UTC.
struct Entry {
  List list = List::exim_senders;
  std::string key;     ///< as canonical_key() has it
  std::string value;   ///< "OK" for Sendmail, else empty
  std::string reason;  ///< why, for the comment above the entry
  std::string note;    ///< what the person wrote; may be empty
  std::uint64_t attempts = 0;
  std::int64_t first = 0, last = 0;
  std::int64_t approved = 0;
  std::int64_t expires = 0;  ///< 0: never
  std::string approved_by;
  Proof proof = Proof::none;
};

/// The one form in which `list` holds `text`: `user@domain`, a domain, an IP address,
/// `bounce-*@domain` (see auto_senders.hpp), `From:user@domain`, `Connect:192.0.2.7`,
/// `senderverifybypasshosts:192.0.2.7`. Sendmail's and cPanel's tags may be left out of `text`
/// where the rest tells them. Errors: invalid_argument; `where` is the text made printable.
[[nodiscard]] Result<std::string> canonical_key(List list, std::string_view text);

/// "OK" in the access map, else empty.
[[nodiscard]] std::string_view value_of(List list);

/// The gate in front of every list file: passes an entry only where list, key and value are what
/// this room would have built itself, byte for byte. A store that somebody edited by hand cannot
/// get past it. Errors: invalid_argument, `where` is the key made printable.
[[nodiscard]] Result<void> check(const Entry& entry);

/// Eight hex digits that name an entry: a hash of list and key, the same in every run. Strangers
/// choose keys, so two may share an id by intent: `suggest()` withholds both.
[[nodiscard]] std::string entry_id(List list, std::string_view key);

/// One attempt as a list sees it. Texts as logged; empty where the log has none.
struct Envelope {
  std::string sender;
  std::string client_ip;
  std::string recipient;
};

/// The mail server would find `envelope` in the list by this entry: this room's own reading of each
/// lookup. `check(entry)` passed.
[[nodiscard]] bool covers(const Entry& entry, const Envelope& envelope);

/// The entry is there to lift checks of this family: a later refusal of it says that it did not.
[[nodiscard]] bool is_meant_for(const Entry& entry, Family family);

}  // namespace lostmail::whitelist
