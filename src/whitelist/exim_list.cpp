#include "lostmail/whitelist/exim_list.hpp"

#include "whitelist/address_check.hpp"

namespace lostmail::whitelist {

Result<std::string> nwildlsearch_key(std::string_view address) { return checked_address(address); }

Result<std::string> host_key(std::string_view ip) { return checked_client(ip); }

}  // namespace lostmail::whitelist
