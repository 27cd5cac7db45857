#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "random.hpp"
#include "timeline.hpp"
#include "world.hpp"

namespace lostmail::bench {

/// Writes one SMTP session after another into the timeline, each with all its lines.
class Traffic {
 public:
  virtual ~Traffic() = default;
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  /// One session, or one of the noises between them, that begins at `start` (milliseconds, UTC).
  virtual void session(std::int64_t start) = 0;

 protected:
  Traffic(Random& random, Timeline& timeline)
      : random_(random), timeline_(timeline), world_(random) {}

  Random& random_;
  Timeline& timeline_;
  World world_;
};

/// `2026-10-01 12:00:00 …`, Debian's Exim 4.96 with `+received_recipients`.
[[nodiscard]] std::unique_ptr<Traffic> exim_traffic(Random& random, Timeline& timeline);
/// `Oct  1 12:00:00 mx1 sm-mta[4711]: …`, Sendmail 8.17 with delay_checks at LogLevel 9.
[[nodiscard]] std::unique_ptr<Traffic> sendmail_traffic(Random& random, Timeline& timeline);

/// `outcome` as a refusal of mail from `sender` to `recipient`; an empty recipient is not known.
[[nodiscard]] Mark refused(Direction direction, bool permanent, Variant variant, Cause cause,
                           std::string_view sender, std::string_view recipient);
[[nodiscard]] Mark delivered();

/// What a remote server says to mail of ours. `{from}`, `{to}` and `{ip}` (of ours) are filled in.
struct RemoteReply {
  std::uint32_t weight;
  std::string_view text;
  Variant variant;
  Cause cause;
  [[nodiscard]] bool permanent() const { return text.front() == '5'; }
};
[[nodiscard]] const RemoteReply& remote_refusal(Random& random);
[[nodiscard]] const RemoteReply& remote_deferral(Random& random);
[[nodiscard]] std::string reply_text(const RemoteReply& reply, std::string_view from,
                                     std::string_view to);

}  // namespace lostmail::bench
