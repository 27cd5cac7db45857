#include "lostmail/whitelist/entry.hpp"

#include <fmt/format.h>

#include "lostmail/whitelist/exim_list.hpp"
#include "lostmail/whitelist/sendmail_access.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::string_view kFrom = "From:";
constexpr std::string_view kConnect = "Connect:";

/// The key as this room would build it from what it says.
Result<std::string> rebuilt(const Entry& entry) {
  const std::string_view key = entry.key;
  if (entry.list == List::exim_senders) return nwildlsearch_key(key);
  if (entry.list == List::exim_hosts) return host_key(key);
  if (key.starts_with(kFrom)) return access_sender_key(key.substr(kFrom.size()));
  if (key.starts_with(kConnect)) return access_client_key(key.substr(kConnect.size()));
  return fail(ErrorKind::invalid_argument, printable(key),
              "a key without the tag From: or Connect:");
}

}  // namespace

Result<void> check(const Entry& entry) {
  const auto key = rebuilt(entry);
  if (!key) {
    return fail(ErrorKind::invalid_argument, printable(entry.key), "{}", key.error().message);
  }
  if (*key != entry.key) {
    return fail(ErrorKind::invalid_argument, printable(entry.key),
                "not the form that is written: {}", *key);
  }
  const std::string_view value = entry.list == List::sendmail_access ? kAccessValue : "";
  if (entry.value != value) {
    return fail(ErrorKind::invalid_argument, printable(entry.key), "the value {} is never written",
                printable(entry.value));
  }
  return {};
}

std::string entry_id(List list, std::string_view key) {
  // FNV-1a, 64 bits folded to 32: stable over machines and releases.
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : fmt::format("{}|{}", name_of(list), key)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return fmt::format("{:08x}", static_cast<std::uint32_t>(hash ^ (hash >> 32)));
}

}  // namespace lostmail::whitelist
