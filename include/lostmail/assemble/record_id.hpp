#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace lostmail::assemble {

/// 64 bits over the parts in order, each ended so that ("ab","c") differs from ("a","bc"). Never
/// changes: stored ids rest on it.
[[nodiscard]] std::uint64_t hash_of(std::initializer_list<std::string_view> parts);

/// For tables of one run. A stranger who chooses a text of the log must not be able to choose one
/// whose hash is that of another's: `salt` is a number that nobody outside knows.
[[nodiscard]] std::uint64_t salted_hash(std::string_view text, std::uint64_t salt);

/// Such a number.
[[nodiscard]] std::uint64_t random_salt();

/// A queue id as a number. `host` is that of the log for Sendmail; Exim's ids are unique enough
/// without, and a mainlog does not name it.
[[nodiscard]] std::uint64_t message_key(std::string_view host, std::string_view queue_id);
/// The same in two steps, for many messages of one host.
[[nodiscard]] std::uint64_t host_key(std::string_view host);
[[nodiscard]] std::uint64_t message_key(std::uint64_t host_key, std::string_view queue_id);

/// A hash made from another and a number; 0 leaves it as it is.
[[nodiscard]] std::uint64_t nth(std::uint64_t hash, std::uint64_t number);

}  // namespace lostmail::assemble
