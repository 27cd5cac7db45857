#include "lostmail/assemble/record_id.hpp"

#include <random>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lostmail::assemble {

std::uint64_t hash_of(std::initializer_list<std::string_view> parts) {
  std::uint64_t hash = 0x6c6f73746d61696cULL;  // "lostmail"
  for (const auto part : parts)
    hash = XXH3_64bits_withSeed(part.data(), part.size(), hash + part.size());
  return hash;
}

std::uint64_t salted_hash(std::string_view text, std::uint64_t salt) {
  return XXH3_64bits_withSeed(text.data(), text.size(), salt);
}

std::uint64_t random_salt() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

std::uint64_t message_key(std::string_view host, std::string_view queue_id) {
  static const std::uint64_t no_host =
      hash_of({std::string_view()});  // each line of a message asks
  const std::uint64_t of_host = host.empty() ? no_host : hash_of({host});
  return XXH3_64bits_withSeed(queue_id.data(), queue_id.size(), of_host + queue_id.size());
}

std::uint64_t nth(std::uint64_t hash, std::uint64_t number) {
  return number == 0 ? hash : XXH3_64bits_withSeed(&number, sizeof number, hash);
}

}  // namespace lostmail::assemble
