#include "trace/fates.hpp"

#include <algorithm>

#include "trace/groups.hpp"

namespace lostmail::trace {
namespace {

/// Sendmail's ctladdr= is an alias, or the local sender, each perhaps without its domain.
bool is_sender(std::string_view address, const Timeline& timeline) {
  if (!timeline.sender || timeline.sender->is_null()) return false;
  std::string_view sender = timeline.sender->text();
  const auto local = [](std::string_view text) { return text.substr(0, text.find('@')); };
  if (local(address) == address || local(sender) == sender) {
    address = local(address);
    sender = local(sender);
  }
  return equals_ignoring_case(address, sender);
}

/// `a@b.example c@d.example` of `<= … for`.
std::vector<std::string> addresses_of(std::string_view list) {
  std::vector<std::string> result;
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    if (end > 0) result.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return result;
}

class Fates {
 public:
  Fates(Timeline& timeline, const Settings& settings) : timeline_(timeline), settings_(settings) {}

  void take(std::size_t index) {
    const MessageEvent& event = timeline_.events[index];
    switch (event.kind) {
      case EventKind::accepted:
      case EventKind::abandoned:
        return take_arrival(event, index);
      case EventKind::bounced:
        return take_bounce(event.other_id, index);
      case EventKind::removed:
        for (auto& fate : timeline_.fates) {
          if (!is_decided(fate.outcome)) decide(fate, Outcome::removed, index);
        }
        return;
      case EventKind::refused:
      case EventKind::delivered:
      case EventKind::discarded:
      case EventKind::deferred:
      case EventKind::failed:
        return take_outcome(event, index);
      case EventKind::copied:
      case EventKind::handed_on:
      case EventKind::tried:
      case EventKind::notified:
      case EventKind::frozen:
      case EventKind::completed:
        return;
    }
  }

  /// Those that failed are told of; where none did, those that were still tried were given up.
  void take_bounce(const std::string& id, std::size_t index) {
    bool any = false;
    for (auto& fate : timeline_.fates) {
      const bool failed = fate.outcome == Outcome::given_up ||
                          fate.outcome == Outcome::refused_by_them ||
                          fate.outcome == Outcome::refused_by_us;
      if (!failed || !fate.bounce.empty()) continue;
      fate.bounce = id;
      any = true;
    }
    if (any) return;
    for (auto& fate : timeline_.fates) {
      if (fate.outcome != Outcome::still_trying) continue;
      decide(fate, Outcome::given_up, index);
      fate.bounce = id;
    }
  }

  void finish(const std::vector<KnownDelivery>& known) {
    for (auto& fate : timeline_.fates) {
      take_known(fate, known);
      fate.verdict = verdict_of(fate);
      if (fate.outcome == Outcome::still_trying && fate.verdict == Verdict::lost)
        fate.outcome = Outcome::given_up;
      fate.unseen_from = unseen_from(fate);
      if (fate.unseen_from) look_behind(*fate.unseen_from, fate);
    }
  }

 private:
  static bool is_decided(Outcome outcome) {
    return outcome != Outcome::accepted && outcome != Outcome::still_trying;
  }
  static bool is_placeholder(const Fate& fate) {
    return fate.recipient.empty() && fate.outcome == Outcome::accepted;
  }
  static bool is_delivered(Outcome outcome) {
    return outcome == Outcome::delivered || outcome == Outcome::delivered_later;
  }

  Fate& fate_of(std::string_view recipient) {
    for (auto& fate : timeline_.fates) {
      if (equals_ignoring_case(fate.recipient, recipient)) return fate;
    }
    timeline_.fates.push_back({});
    timeline_.fates.back().recipient = std::string(recipient);
    return timeline_.fates.back();
  }

  void decide(Fate& fate, Outcome outcome, std::size_t index) {
    fate.outcome = outcome;
    fate.when = timeline_.events[index].when;
    fate.event = index;
  }

  void take_arrival(const MessageEvent& event, std::size_t index) {
    for (const auto& recipient : addresses_of(event.parents)) {
      Fate& fate = fate_of(recipient);
      if (!fate.event) decide(fate, Outcome::accepted, index);
    }
    if (event.kind == EventKind::accepted && timeline_.fates.empty())
      decide(fate_of(""), Outcome::accepted, index);
  }

  /// An alias that went to several: the worst of them is told, and only one that was delivered to
  /// all is delivered.
  void take_outcome(const MessageEvent& event, std::size_t index) {
    // Now that somebody is named, nobody need stand for all.
    if (!event.recipient.empty()) std::erase_if(timeline_.fates, is_placeholder);
    const bool expanded = !event.asked_for.empty() && !is_sender(event.asked_for, timeline_);
    Fate& fate = fate_of(expanded ? event.asked_for : event.recipient);
    const MessageEvent* before = fate.event ? &timeline_.events[*fate.event] : nullptr;
    const bool other_branch = expanded && before != nullptr && !before->asked_for.empty() &&
                              before->queue_id == event.queue_id &&
                              !equals_ignoring_case(before->recipient, event.recipient);
    if (event.refusal) ++fate.refusals;
    if (event.kind == EventKind::deferred) ++fate.deferrals;
    const Outcome outcome = outcome_of(event, fate);
    if (other_branch && is_decided(fate.outcome) && !is_delivered(fate.outcome)) return;
    if (other_branch && fate.outcome == Outcome::still_trying && is_delivered(outcome)) return;
    decide(fate, outcome, index);
  }

  static Outcome outcome_of(const MessageEvent& event, const Fate& fate) {
    if (event.kind == EventKind::delivered)
      return fate.refusals > 0 ? Outcome::delivered_later : Outcome::delivered;
    if (event.kind == EventKind::discarded) return Outcome::discarded;
    if (event.kind == EventKind::deferred) return Outcome::still_trying;
    if (event.kind == EventKind::failed) return Outcome::given_up;
    if (event.refusal && !event.refusal->refusal.permanent) return Outcome::still_trying;
    return event.refusal && event.refusal->refusal.direction == Direction::outbound
               ? Outcome::refused_by_them
               : Outcome::refused_by_us;
  }

  /// The store remembers deliveries whose logs are gone.
  void take_known(Fate& fate, const std::vector<KnownDelivery>& known) {
    if (is_delivered(fate.outcome) || fate.refusals == 0 || !timeline_.sender) return;
    for (const auto& delivery : known) {
      if (!equals_ignoring_case(delivery.recipient, fate.recipient) ||
          !equals_ignoring_case(delivery.sender, timeline_.sender->text()))
        continue;
      if (delivery.time <= fate.when.utc_seconds()) continue;
      fate.outcome = Outcome::delivered_later;
      fate.when = {};
      fate.when.utc_micros = delivery.time * 1'000'000;
      fate.event.reset();
    }
  }

  [[nodiscard]] std::optional<Verdict> verdict_of(const Fate& fate) const {
    switch (fate.outcome) {
      case Outcome::refused_by_us:
      case Outcome::refused_by_them:
      case Outcome::given_up:
        return Verdict::lost;
      case Outcome::delivered_later:
        return Verdict::delivered_later;
      case Outcome::accepted:
        return Verdict::unknown;
      case Outcome::delivered:
      case Outcome::discarded:
      case Outcome::removed:
        return std::nullopt;
      case Outcome::still_trying:
        break;
    }
    const std::int64_t end = fate.when.utc_seconds() + settings_.queue_lifetime;
    if (settings_.now < end) return Verdict::retrying;
    const Stretch* stretch = stretch_of(fate);
    return stretch != nullptr && stretch->last >= end ? Verdict::lost : Verdict::unknown;
  }

  /// The time without a gap in which the fate was decided.
  [[nodiscard]] const Stretch* stretch_of(const Fate& fate) const {
    const std::int64_t when = fate.when.utc_seconds();
    for (const auto& stretch : settings_.covered) {
      if (stretch.first <= when && when <= stretch.last) return &stretch;
    }
    return nullptr;
  }

  [[nodiscard]] std::optional<std::int64_t> unseen_from(const Fate& fate) const {
    const bool over = is_delivered(fate.outcome) || fate.outcome == Outcome::discarded ||
                      fate.outcome == Outcome::removed;
    if (over || settings_.covered.empty()) return std::nullopt;
    const Stretch* stretch = stretch_of(fate);
    const std::int64_t end = stretch != nullptr ? stretch->last : fate.when.utc_seconds();
    return end + kQuietSeconds < settings_.now ? std::optional(end) : std::nullopt;
  }

  /// What logs tell of the time behind a gap.
  void look_behind(std::int64_t gap, Fate& fate) const {
    std::size_t stretches = 0;
    for (const auto& stretch : settings_.covered) {
      if (stretch.first <= gap) continue;
      ++stretches;
      if (stretch.last + kQuietSeconds >= settings_.now) fate.unseen_until = stretch.first;
    }
    fate.seen_in_part = stretches > 0 && (stretches > 1 || !fate.unseen_until);
    if (fate.seen_in_part) fate.unseen_until.reset();
  }

  Timeline& timeline_;
  const Settings& settings_;
};

}  // namespace

void settle_fates(Timeline& timeline, const std::vector<KnownDelivery>& known,
                  const Settings& settings) {
  Fates fates(timeline, settings);
  for (std::size_t i = 0; i < timeline.events.size(); ++i) {
    if (!timeline.of_bounce[i]) {
      fates.take(i);
    } else if (timeline.events[i].kind == EventKind::accepted) {
      fates.take_bounce(timeline.events[i].queue_id, i);  // Exim: `<= <> R=…`
    }
  }
  fates.finish(known);
}

}  // namespace lostmail::trace
