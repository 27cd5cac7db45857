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
  static const std::uint64_t no_host = host_key({});  // each line of an Exim message asks
  return message_key(host.empty() ? no_host : host_key(host), queue_id);
}

std::uint64_t host_key(std::string_view host) { return hash_of({host}); }

std::uint64_t message_key(std::uint64_t host_key, std::string_view queue_id) {
  return XXH3_64bits_withSeed(queue_id.data(), queue_id.size(), host_key + queue_id.size());
}

std::uint64_t nth(std::uint64_t hash, std::uint64_t number) {
  return number == 0 ? hash : XXH3_64bits_withSeed(&number, sizeof number, hash);
}

}  // namespace lostmail::assemble
