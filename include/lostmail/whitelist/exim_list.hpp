#pragma once

#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"

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

}  // namespace lostmail::whitelist
