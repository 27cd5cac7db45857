#include "search/side_aims.hpp"

#include <algorithm>

namespace lostmail::search {
namespace {

constexpr std::size_t kMostAims = 500;
constexpr std::int64_t kCallout = 150;             ///< seconds between a callout and its refusal
constexpr std::int64_t kCalloutMemory = 3 * 3600;  ///< Exim's callout cache keeps a domain so long

/// Attempts of one sender ask the same within the same hours: then it is asked once.
void add_joined(Aim aim, std::vector<Aim>& aims) {
  for (auto& known : aims) {
    if (known.kind != aim.kind || known.sender != aim.sender || known.since > aim.until ||
        aim.since > known.until)
      continue;
    known.since = std::min(known.since, aim.since);
    known.until = std::max(known.until, aim.until);
    return;
  }
  aims.push_back(std::move(aim));
}

void add_aims_about(const MessageEvent& event, const AddressChoice& sender,
                    std::vector<Aim>& aims) {
  const Refusal& refusal = event.refusal->refusal;
  const auto& family = event.refusal->is.family;
  const std::int64_t when = event.when.utc_seconds();
  if (refusal.direction == Direction::outbound && family && concerns_sender(*family)) {
    add_joined(Aim::callout(sender, when - kCallout, when + kCallout), aims);
  } else if (refusal.verified_here && refusal.cause_text.empty() && !event.line.empty()) {
    // A cached result: the reason stands with the last one that was not.
    add_joined(Aim::reason(sender, when - kCalloutMemory, when + 1), aims);
  }
}

/// Mail of a refused sender and recipient that came through afterwards.
void add_later_mail(const Timeline& timeline, const AddressChoice& sender, std::vector<Aim>& aims) {
  for (const auto& fate : timeline.fates) {
    if (fate.refusals == 0 || fate.recipient.empty() || fate.outcome == Outcome::delivered_later)
      continue;
    auto recipient = AddressChoice::parse(fate.recipient);
    if (!recipient) continue;
    trace::Question question;
    question.from = sender;
    question.to = *recipient;
    question.since = fate.when.utc_seconds();
    aims.emplace_back(question);
  }
}

}  // namespace

std::vector<Aim> side_aims(const std::vector<Timeline>& timelines, const trace::Question& question,
                           std::size_t limit) {
  std::vector<Aim> aims;
  const bool pairs_implied = (question.from || question.to) && !question.until;
  const std::size_t shown = std::min(limit, timelines.size());
  const auto end = timelines.rbegin() + static_cast<std::ptrdiff_t>(shown);
  for (auto timeline = timelines.rbegin(); timeline != end && aims.size() < kMostAims; ++timeline) {
    if (!timeline->sender || timeline->sender->is_null()) continue;
    const auto sender = AddressChoice::parse(timeline->sender->text());
    if (!sender) continue;
    for (const auto& event : timeline->events) {
      if (event.refusal) add_aims_about(event, *sender, aims);
    }
    if (!pairs_implied) add_later_mail(*timeline, *sender, aims);
  }
  return aims;
}

std::vector<Aim> companions_of(const trace::Question& question) {
  const auto& sender = question.from;
  if (!sender || sender->is_domain() || sender->text().empty()) return {};
  const auto since = question.since.value_or(kFarPast);
  const auto until = question.until.value_or(kFarFuture);
  const auto before = [&](std::int64_t time) { return question.since ? since - time : kFarPast; };
  return {Aim::callout(*sender, before(kCallout), question.until ? until + kCallout : kFarFuture),
          Aim::reason(*sender, before(kCalloutMemory), until)};
}

}  // namespace lostmail::search
