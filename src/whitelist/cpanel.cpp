#include "lostmail/whitelist/cpanel.hpp"

#include "whitelist/address_check.hpp"

namespace lostmail::whitelist {

Result<std::string> cpanel_key(std::string_view text) {
  for (const std::string_view file : kCpanelFiles) {
    if (!text.starts_with(file) || text.substr(file.size(), 1) != ":") continue;
    return checked_client(text.substr(file.size() + 1)).map([file](const std::string& client) {
      return std::string(file) + ':' + client;
    });
  }
  return checked_client(text).map(
      [](const std::string& client) { return std::string(kCpanelVerifyBypass) + ':' + client; });
}

}  // namespace lostmail::whitelist
