#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/choice.hpp"
#include "lostmail/core/stretch.hpp"
#include "lostmail/core/timeline.hpp"

/// From events to what became of each message, in order.
namespace lostmail::trace {

/// What a question is about: all that is given holds for one message.
struct Question {
  std::optional<AddressChoice> from, to;
  std::optional<HostChoice> client;    ///< any host that spoke to us or that we spoke to
  std::optional<std::string> id;       ///< queue id, Message-ID, or id of a refusal
  std::optional<std::string> subject;  ///< part of it
  std::vector<std::string> words;      ///< each stands in a line about the message
  std::optional<Direction> direction;  ///< of a refusal
  std::optional<Variant> variant;
  std::optional<Cause> cause;
  std::optional<std::int64_t> since, until;  ///< UTC seconds: something happened then
};

/// True where `needle` stands in `text`, ASCII case aside.
[[nodiscard]] bool contains(std::string_view text, std::string_view needle);

[[nodiscard]] bool answers(const Timeline& timeline, const Question& question);

/// A delivery that is known without its lines: from the store.
struct KnownDelivery {
  std::string sender, recipient;
  std::int64_t time = 0;  ///< UTC seconds
};

struct Settings {
  std::int64_t now = 0;                     ///< UTC seconds
  std::int64_t queue_lifetime = 5 * 86400;  ///< seconds
  std::vector<Stretch> covered;             ///< for which the logs tell, joined(); empty: not known
};

/// The event of a refusal; its line is empty.
[[nodiscard]] MessageEvent event_of(ClassifiedRefusal refusal);

/// Events of any messages, in the order of the logs, as timelines: the ids of one message and of
/// its bounces together (Sendmail's MSP and MTA, clones, a message that passes twice), copies of a
/// line once, the refusals of one sender and recipient together with the delivery that followed.
/// Ordered by their last event.
[[nodiscard]] std::vector<Timeline> timelines(std::vector<MessageEvent> events,
                                              const std::vector<KnownDelivery>& known,
                                              const Settings& settings);

}  // namespace lostmail::trace
