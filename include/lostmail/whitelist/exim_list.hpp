#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"
#include "lostmail/whitelist/entry.hpp"
#include "lostmail/whitelist/list_file.hpp"

namespace lostmail::whitelist {

/// The key of a sender in a file that Exim reads with `nwildlsearch`: the address in lower case.
/// Takes only what is a literal there, in a plain list file, and under `wildlsearch`, which expands
/// its keys, `${run{}}` included:
/// - A local part of `A-Za-z0-9.%&'+/=?_{|}~-`, no `/` first: Exim would open a file of that name,
///   and without one end each session that reads the list.
/// - So no `*` (suffix), `^` (regex), `!` (negation: as the last key it makes the list match
///   everybody), `;` (lookup type), `$` and `\` (expansion); no `:`, `"`, `#` or blank, which end
///   or quote a key; no control character, no byte from 0x80 up.
/// - One `@`, and a domain of two or more labels that is no public suffix and no address literal.
/// - 320 bytes at most.
/// Errors: invalid_argument; `where` is the address made printable.
[[nodiscard]] Result<std::string> nwildlsearch_key(std::string_view address);

/// The key of a client in a plain host list: one address, canonical, never a network. IPv4-mapped
/// IPv6 becomes IPv4, as Exim has it. Errors: invalid_argument for names, loopback, unspecified,
/// multicast and broadcast addresses.
[[nodiscard]] Result<std::string> host_key(std::string_view ip);

/// The block of the sender file (List::exim_senders; entries of other lists are passed over),
/// sorted. Outside comments each line is one key that nwildlsearch_key() made. Entries that expired
/// before `now` are left out.
[[nodiscard]] ListFile exim_senders_file(std::span<const Entry> entries, std::int64_t now);

/// The block of the host file (List::exim_hosts), likewise with host_key().
[[nodiscard]] ListFile exim_hosts_file(std::span<const Entry> entries, std::int64_t now);

/// What to put in Exim's configuration so that the sender file at `path` is used, for 4.94 and
/// later: list definition, ACL statement, what never to write, how to test. The exemption stands in
/// the statement of the verification itself, so that it lifts nothing else. Errors:
/// invalid_argument where `path` is not absolute or holds other bytes than `A-Za-z0-9/._-`.
[[nodiscard]] Result<std::string> exim_senders_acl(std::string_view path);

/// Likewise for the host file and the checks of reverse DNS and HELO.
[[nodiscard]] Result<std::string> exim_hosts_acl(std::string_view path);

}  // namespace lostmail::whitelist
