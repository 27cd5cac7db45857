#include "lostmail/search/search.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "lostmail/input/line_reader.hpp"
#include "search/first_pass.hpp"
#include "search/follower.hpp"
#include "search/side_aims.hpp"
#include "search/text_lines.hpp"

namespace lostmail::search {
namespace {

/// One question: the first pass, the newest of what it found with all lines of their ids until the
/// limit is met, then the questions that the answer raises.
class Search {
 public:
  Search(const trace::Question& question, const std::vector<input::LogList::Item>& items,
         Known known, const classify::PatternSet* patterns, const Settings& settings)
      : question_(question),
        known_(std::move(known)),
        patterns_(patterns),
        settings_(settings),
        logs_(items, settings),
        follower_(logs_, settings) {}

  Result<Answer> run() {
    if (auto ok = collect(); !ok) return tl::unexpected(ok.error());
    Answer answer;
    for (;;) {
      take_next_batch();
      if (auto ok = follower_.follow(); !ok) return tl::unexpected(ok.error());
      build(answer);
      if (answer.timelines.size() >= settings_.limit || waiting_.empty()) break;
    }
    if (complete_cases(answer)) build(answer);
    const std::size_t waiting_left = waiting_.size();
    waiting_.clear();
    auto more = ask_further(answer);
    if (!more) return tl::unexpected(more.error());
    if (*more) build(answer);
    cut(answer, waiting_left);
    number_lines(answer);
    for (const auto& log : logs_.files()) {
      answer.logs.push_back(log->told());
      answer.logs.back().stretch = log->stretch();
    }
    return answer;
  }

 private:
  Result<void> collect() {
    // A queue id says when it was made, so its lines are found without going over the logs.
    const auto made = question_.id ? time_of_id(*question_.id, settings_.now) : std::nullopt;
    if (made) wait_for(*question_.id);
    for (const auto& refusal : known_.refusals) {
      if (refusal.refusal.queue_id) wait_for(*refusal.refusal.queue_id);
    }
    if (names_text(question_)) aims_.emplace_back(question_);
    if (!aims_.empty() && !made) {
      companions_ = companions_of(question_);
      auto leads = first_pass(logs_, aims_, companions_, settings_);
      if (!leads) return tl::unexpected(leads.error());
      for (auto& lead : *leads) {
        if (lead.companions != 0) aside_.push_back(lead);
        if (lead.asked) waiting_.push_back(std::move(lead));
      }
    }
    const auto before = [](const Lead& left, const Lead& right) { return left.when < right.when; };
    if (!std::is_sorted(waiting_.begin(), waiting_.end(), before))
      std::stable_sort(waiting_.begin(), waiting_.end(), before);
    return {};
  }

  void wait_for(const std::string& id) {
    const auto made = time_of_id(id, settings_.now);
    if (!made) return;
    Lead lead;
    lead.when = *made;
    lead.id = id;
    waiting_.push_back(std::move(lead));
  }

  void take_next_batch() {
    for (std::size_t taken = 0; !waiting_.empty() && taken < 4 * settings_.limit + 50; ++taken) {
      take(std::move(waiting_.back()));
      waiting_.pop_back();
    }
  }

  /// The earlier attempts of the cases that are shown lie at hand. False: there are none.
  bool complete_cases(const Answer& answer) {
    const std::size_t shown = std::min(settings_.limit, answer.timelines.size());
    std::set<std::size_t> pairs;
    for (auto timeline = answer.timelines.end() - static_cast<std::ptrdiff_t>(shown);
         timeline != answer.timelines.end(); ++timeline) {
      for (const auto& fate : timeline->fates) {
        if (fate.refusals > 0 && timeline->sender)
          pairs.insert(pair_of(timeline->sender->text(), fate.recipient));
      }
    }
    const auto is_of = [&](const Lead& lead) {
      return lead.id.empty() && lead.pair != 0 && pairs.contains(lead.pair);
    };
    if (std::none_of(waiting_.begin(), waiting_.end(), is_of)) return false;
    const auto others = std::stable_partition(waiting_.begin(), waiting_.end(),
                                              [&](const Lead& lead) { return !is_of(lead); });
    for (auto lead = others; lead != waiting_.end(); ++lead) take(std::move(*lead));
    waiting_.erase(others, waiting_.end());
    return true;
  }

  void take(Lead lead) {
    if (!lead.id.empty()) return follower_.want(lead.id, lead.when);
    if (lead.slice.empty()) return unsliced_[lead.log].push_back(std::move(lead));
    pick(lead.log, std::move(lead.slice));
  }

  /// The refusals that were taken, with what stands around them.
  void slice() {
    for (auto& [log, leads] : unsliced_) {
      std::sort(leads.begin(), leads.end(), [](const Lead& left, const Lead& right) {
        return left.hit_offset < right.hit_offset;
      });
      std::vector<std::uint64_t> offsets;
      for (const auto& lead : leads) offsets.push_back(lead.hit_offset);
      logs_[log].look_around(
          offsets, [&, log = log, &leads = leads](std::size_t i, const Hit& hit) {
            const auto begin = hit.begin - static_cast<std::size_t>(offsets[i] - leads[i].offset);
            pick(log, slice_around(logs_[log], hit, begin, leads[i].when));
          });
    }
    unsliced_.clear();
  }

  void pick(std::size_t log, PickedLines lines) {
    for (auto& [offset, line] : lines) logs_.picks()[log].try_emplace(offset, std::move(line));
  }

  void build(Answer& answer) {
    slice();
    answer.covered = known_.covered;
    for (const auto& log : logs_.files()) {
      if (const auto stretch = log->stretch()) answer.covered.push_back(*stretch);
    }
    answer.covered = joined(std::move(answer.covered));
    const auto wanted = [&](const Refusal& refusal, std::string_view line) {
      return std::any_of(aims_.begin(), aims_.end(), [&](const Aim& aim) {
        return aim.covers(refusal.when.utc_seconds()) && aim.conditions.met_by(refusal, line);
      });
    };
    std::vector<MessageEvent> events;
    if (logs_.size() > 0)
      events = read_picks(logs_.files(), logs_.picks(), *patterns_, settings_, wanted);
    for (const auto& refusal : known_.refusals) events.push_back(trace::event_of(refusal));
    auto all = trace::timelines(std::move(events), known_.deliveries,
                                {settings_.now, settings_.queue_lifetime, answer.covered});
    std::erase_if(all, [&](const Timeline& timeline) { return !answers(timeline, question_); });
    answer.timelines = std::move(all);
  }

  /// Looks for what the first answer leaves open. False: nothing.
  Result<bool> ask_further(const Answer& answer) {
    const auto aims = side_aims(answer.timelines, question_, settings_.limit);
    if (aims.empty()) return false;
    std::vector<Aim> unseen;
    for (const auto& aim : aims) {
      if (!take_aside(aim)) unseen.push_back(aim);
    }
    auto leads = first_pass(logs_, unseen, {}, settings_);
    if (!leads) return tl::unexpected(leads.error());
    constexpr std::size_t kMostSide = 1000;
    const std::size_t over = leads->size() - std::min(kMostSide, leads->size());
    for (std::size_t i = over; i < leads->size(); ++i) take(std::move((*leads)[i]));
    aims_.insert(aims_.end(), aims.begin(), aims.end());
    if (auto ok = follower_.follow(); !ok) return tl::unexpected(ok.error());
    return true;
  }

  /// What the first pass saw beside what was asked for. False: it did not look.
  bool take_aside(const Aim& aim) {
    for (std::size_t i = 0; i < companions_.size(); ++i) {
      if (companions_[i].kind != aim.kind || companions_[i].sender != aim.sender) continue;
      for (const auto& lead : aside_) {
        const bool answers_it = (lead.companions >> i & 1) != 0;
        if (!answers_it || !aim.covers(lead.when)) continue;
        if (aim.kind == Aim::Kind::reason) {
          pick(lead.log, lead.record);  // it stands in the record itself
        } else {
          take(lead);
        }
      }
      return true;
    }
    return false;
  }

  void cut(Answer& answer, std::size_t waiting_left) const {
    answer.more = waiting_left;
    if (answer.timelines.size() <= settings_.limit) return;
    const std::size_t over = answer.timelines.size() - settings_.limit;
    answer.more += over;
    answer.timelines.erase(answer.timelines.begin(),
                           answer.timelines.begin() + static_cast<std::ptrdiff_t>(over));
  }

  /// Plain logs are counted only now, and only as far as lines are shown.
  void number_lines(Answer& answer) const {
    for (const auto& log : logs_.files()) {
      std::map<std::uint64_t, std::vector<MessageEvent*>> places;
      for (auto& timeline : answer.timelines) {
        for (auto& event : timeline.events) {
          if (event.source.file == log->name() && event.source.line == 0)
            places[event.source.offset].push_back(&event);
        }
      }
      std::vector<std::uint64_t> offsets;
      for (const auto& [offset, events] : places) offsets.push_back(offset);
      const auto numbers = log->line_numbers(offsets, settings_.threads);
      std::size_t i = 0;
      for (auto& [offset, events] : places) {
        for (auto* event : events) give_number(*event, numbers[i]);
        ++i;
      }
    }
  }

  static void give_number(MessageEvent& event, std::uint64_t number) {
    event.source.line = number;
    if (!event.refusal) return;
    auto counted = std::make_shared<ClassifiedRefusal>(*event.refusal);
    counted->refusal.source.line = number;
    event.refusal = std::move(counted);
  }

  const trace::Question& question_;
  Known known_;
  const classify::PatternSet* patterns_;
  const Settings& settings_;
  LogSet logs_;
  Follower follower_;
  std::vector<Aim> aims_, companions_;
  std::vector<Lead> waiting_;  ///< the newest last
  std::vector<Lead> aside_;    ///< for the companions, should an answer ask for them
  std::map<std::size_t, std::vector<Lead>> unsliced_;  ///< taken, by log
};

}  // namespace

bool names_text(const trace::Question& question) { return !Conditions(question).empty(); }

Result<Answer> find(const trace::Question& question, const std::vector<input::LogList::Item>& logs,
                    Known known, const classify::PatternSet* patterns, const Settings& settings) {
  return Search(question, logs, std::move(known), patterns, settings).run();
}

std::optional<std::string> line_at(const SourceRef& place) {
  auto source = input::open_bytes(*place.file);
  if (!source) return std::nullopt;
  input::LineReader reader(std::move(*source));
  if (!reader.skip_to(place.offset, place.line)) return std::nullopt;
  auto line = reader.next();
  if (!line || !*line) return std::nullopt;
  return std::string((*line)->text);
}

}  // namespace lostmail::search
