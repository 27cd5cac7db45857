#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lostmail::bounce {

/// A leaf of a message, decoded.
struct Part {
  std::string type;  ///< `text/plain`, in lower case
  std::string text;
};

/// What of a message matters here.
struct Message {
  std::string to, from;                        ///< first address of each header field
  std::vector<std::string> failed_recipients;  ///< X-Failed-Recipients
  std::vector<Part> parts;                     ///< the first kMostParts, in order
  std::string original_sender;                 ///< of the message that came back, where it is there
};
inline constexpr std::size_t kMostParts = 50;

/// Reads MIME by GMime, which limits depth and takes any bytes.
[[nodiscard]] Message read_message(std::string_view bytes);

}  // namespace lostmail::bounce
