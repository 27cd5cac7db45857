#include "lostmail/whitelist/sendmail_access.hpp"

#include "lostmail/core/host.hpp"
#include "whitelist/address_check.hpp"

namespace lostmail::whitelist {

Result<std::string> access_sender_key(std::string_view address) {
  return checked_address(address).map(
      [](const std::string& lower) { return std::string(kAccessFrom) + lower; });
}

Result<std::string> access_client_key(std::string_view ip) {
  return checked_client(ip).map([](const std::string& client) {
    const bool six = client.find(':') != std::string::npos;
    return std::string(kAccessConnect) + (six ? "IPv6:" + eight_groups(client) : client);
  });
}

}  // namespace lostmail::whitelist
