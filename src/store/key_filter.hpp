#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lostmail::store {

class Database;

/// A Bloom filter as the store keeps it: which keys some rows may have. Three in a thousand that
/// none has are taken for such that may be there. Twelve bits a key; as bytes, so that it reads the
/// same on every machine.
class KeyFilter {
 public:
  /// `keys` in any order, also more than once.
  [[nodiscard]] static std::string of(const std::vector<std::uint64_t>& keys);
  [[nodiscard]] static bool may_hold(std::string_view bits, std::uint64_t key);
  /// `bits` with further keys.
  static void add(std::string& bits, std::uint64_t key);

  /// Makes the SQL function `may_hold(bits, key, …)` known to a connection: true where one of the
  /// keys may be there.
  static void declare(Database& database);
};

/// A text as a key.
[[nodiscard]] std::uint64_t text_key(std::string_view text);

/// A domain's number (word.id) as a key, apart from those of addresses.
[[nodiscard]] inline std::uint64_t domain_key(std::int64_t word) {
  return static_cast<std::uint64_t>(word) | std::uint64_t{1} << 62U;
}

}  // namespace lostmail::store
