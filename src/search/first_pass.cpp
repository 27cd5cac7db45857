#include "search/first_pass.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "search/text_lines.hpp"

namespace lostmail::search {
namespace {

constexpr std::size_t kMostIds = 1'000'000;      ///< that one range of a log may lead to
constexpr std::size_t kMostCandidates = 50'000;  ///< refusals without an id, of one range
constexpr std::size_t kSliced = 1000;  ///< of an archive, on the way: the rest may not be shown

/// What one range of a log leaves.
struct Seeds {
  std::unordered_map<std::string, std::size_t> ids;  ///< with their places in `met`
  std::vector<std::uint32_t> met;                    ///< conditions, of each id by aim
  std::vector<Lead> candidates;
};

bool may_be_refusal(const Record& record) {
  using EximKind = EximRecord::Kind;
  if (const auto* exim = std::get_if<EximRecord>(&record.body))
    return exim->kind == EximKind::refusal || exim->kind == EximKind::verify;
  if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body))
    return sendmail->kind != SendmailRecord::Kind::context;
  return std::holds_alternative<EximPart>(record.body);
}

void note_answer(std::size_t aim, std::size_t asked, Lead& lead) {
  if (aim < asked) {
    lead.asked = true;
  } else {
    lead.companions |= std::uint32_t{1} << (aim - asked);
  }
}

/// Judges the lines of one range of a log that hold a text of the aims.
class Judge {
 public:
  /// The first `asked` of the aims are no companions.
  Judge(const std::vector<Aim>& aims, std::size_t asked, std::size_t index, const LogFile& log,
        Seeds& seeds)
      : aims_(aims), asked_(asked), index_(index), log_(log), seeds_(seeds), met_(aims.size()) {
    for (const auto& aim : aims) at_any_time_ = at_any_time_ && aim.covers_all();
  }

  void take(const Hit& hit) {
    if (hit.offset + hit.begin < judged_to_) return;  // times that a log cannot tell apart
    judged_to_ = hit.offset + hit.end;
    std::size_t begin = hit.begin;
    std::fill(met_.begin(), met_.end(), 0);
    Record record = record_of(line_from(hit.view, begin), room_);
    add_met(record, line_from(hit.view, begin));
    // A header of the rejectlog belongs to the record before it.
    for (int back = 0; continues(record) && back < kLinesBack; ++back) {
      const auto previous = line_before(hit.view, begin);
      if (previous == std::string_view::npos) break;
      begin = previous;
      record = record_of(line_from(hit.view, begin), room_);
    }
    if (begin != hit.begin) add_met(record, line_from(hit.view, begin));
    const bool refusal = may_be_refusal(record);
    const auto id = own_id(record);
    if (id.empty() && !refusal) return;
    std::int64_t time = 0;
    if (is_none_met()) return;
    if (id.empty() || !at_any_time_) {
      const auto when = log_.time_of(line_from(hit.view, begin));
      time = when ? when->utc_seconds() : log_.begins();
    }
    for (std::size_t i = 0; i < met_.size(); ++i) {
      const bool about_refusals = aims_[i].kind != Aim::Kind::question;
      if ((!at_any_time_ && !aims_[i].covers(time)) || (about_refusals && !refusal)) met_[i] = 0;
    }
    if (is_none_met()) return;
    if (id.empty()) {
      take_candidate(hit, begin, time, record);
    } else {
      take_id(id);
    }
  }

 private:
  static constexpr int kLinesBack = 200;

  [[nodiscard]] bool is_none_met() const {
    return std::all_of(met_.begin(), met_.end(), [](auto bits) { return bits == 0; });
  }

  void add_met(const Record& record, std::string_view line) {
    for (std::size_t i = 0; i < met_.size(); ++i)
      met_[i] |= aims_[i].conditions.met_by(record, line);
  }

  void take_id(std::string_view id) {
    if (id != last_id_) {  // most lines of an id stand together
      last_id_ = id;
      if (seeds_.ids.size() >= kMostIds && !seeds_.ids.contains(last_id_)) return last_id_.clear();
      const auto [known, fresh] = seeds_.ids.try_emplace(last_id_, seeds_.met.size());
      if (fresh) seeds_.met.resize(seeds_.met.size() + met_.size());
      last_place_ = known->second;
    }
    for (std::size_t i = 0; i < met_.size(); ++i) seeds_.met[last_place_ + i] |= met_[i];
  }

  void take_candidate(const Hit& hit, std::size_t begin, std::int64_t time, const Record& record) {
    Lead lead;
    for (std::size_t i = 0; i < met_.size(); ++i) {
      if (met_[i] == aims_[i].conditions.all()) note_answer(i, asked_, lead);
    }
    if (!lead.asked && lead.companions == 0) return;
    auto& all = seeds_.candidates;
    if (all.size() >= kMostCandidates)  // the newest stay
      all.erase(all.begin(), all.begin() + kMostCandidates / 2);
    lead.when = time;
    lead.log = index_;
    lead.offset = hit.offset + begin;
    lead.hit_offset = hit.offset + hit.begin;
    const auto* exim = std::get_if<EximRecord>(&record.body);
    if (exim != nullptr && exim->sender) lead.pair = pair_of(*exim->sender, exim->address);
    if (lead.companions != 0) lead.record = record_at(hit, begin);
    if (!log_.can_seek() && sliced_++ < kSliced) lead.slice = slice_around(log_, hit, begin, time);
    all.push_back(std::move(lead));
  }

  const std::vector<Aim>& aims_;
  std::size_t asked_;
  std::size_t index_;
  const LogFile& log_;
  Seeds& seeds_;
  std::vector<std::uint32_t> met_;  ///< of the line at hand: conditions, by aim
  bool at_any_time_ = true;
  std::string last_id_;
  std::size_t last_place_ = 0;  ///< of last_id_ in seeds_.met
  std::size_t sliced_ = 0;
  std::uint64_t judged_to_ = 0;
  std::string room_;
};

void search_range(LogSet& logs, std::size_t index, const LogFile::Range& range,
                  const std::vector<Aim>& aims, std::size_t asked, const LiteralSet& set,
                  Seeds& seeds) {
  LogFile& log = logs[index];
  Judge judge(aims, asked, index, log, seeds);
  for (const auto& [since, until] : wanted_times(aims)) {
    const auto from = since == kFarPast ? std::nullopt : std::optional(since);
    const auto to = until == kFarFuture ? std::nullopt : std::optional(until);
    if (!log.may_hold(from, to)) continue;
    log.search(
        set, from,
        [&, to = to](std::uint64_t, std::optional<std::int64_t> when) {
          return !to || !when || *when <= *to + log.slack();
        },
        true,
        [&](const Hit& hit) {
          judge.take(hit);
          return true;
        },
        range);
  }
}

/// An id that a range of a log leads to.
struct SeenId {
  std::int64_t made = 0;
  std::string_view id;
  const std::uint32_t* met = nullptr;

  friend bool operator<(const SeenId& left, const SeenId& right) {
    return std::tie(left.made, left.id) < std::tie(right.made, right.id);
  }
};

/// The ids of all ranges as leads, in the order of time.
std::vector<Lead> id_leads(const std::vector<Seeds>& all, const std::vector<Aim>& aims,
                           std::size_t asked, const Settings& settings) {
  std::vector<SeenId> seen;
  for (const auto& seeds : all) {
    for (const auto& [id, place] : seeds.ids) {
      if (const auto made = time_of_id(id, settings.now))
        seen.push_back({*made, id, seeds.met.data() + place});
    }
  }
  std::sort(seen.begin(), seen.end());
  std::vector<Lead> leads;
  std::vector<std::uint32_t> met(aims.size());
  for (auto one = seen.begin(); one != seen.end();) {
    const auto first = one;
    std::fill(met.begin(), met.end(), 0);
    for (; one != seen.end() && one->id == first->id; ++one) {
      for (std::size_t i = 0; i < met.size(); ++i) met[i] |= one->met[i];
    }
    Lead lead;
    for (std::size_t i = 0; i < met.size(); ++i) {
      if (aims[i].met_by_id(met[i])) note_answer(i, asked, lead);
    }
    if (!lead.asked && lead.companions == 0) continue;
    lead.when = first->made;
    lead.id = first->id;
    leads.push_back(std::move(lead));
  }
  return leads;
}

/// All ranges' leads as one list.
std::vector<Lead> leads_of(std::vector<Seeds>& all, const std::vector<Aim>& aims, std::size_t asked,
                           const Settings& settings) {
  const auto before = [](const Lead& left, const Lead& right) {
    return std::tie(left.when, left.id, left.log, left.offset) <
           std::tie(right.when, right.id, right.log, right.offset);
  };
  std::vector<Lead> leads;
  for (auto& seeds : all)
    std::move(seeds.candidates.begin(), seeds.candidates.end(), std::back_inserter(leads));
  if (!std::is_sorted(leads.begin(), leads.end(), before))
    std::sort(leads.begin(), leads.end(), before);
  auto ids = id_leads(all, aims, asked, settings);
  const auto middle = static_cast<std::ptrdiff_t>(leads.size());
  std::move(ids.begin(), ids.end(), std::back_inserter(leads));
  std::inplace_merge(leads.begin(), leads.begin() + middle, leads.end(), before);
  return leads;
}

}  // namespace

std::size_t pair_of(std::string_view sender, std::string_view recipient) {
  return std::hash<std::string>()(to_lower(sender) + '\n' + to_lower(recipient));
}

Result<std::vector<Lead>> first_pass(LogSet& logs, std::vector<Aim> aims,
                                     const std::vector<Aim>& companions, const Settings& settings) {
  std::vector<Literal> literals;
  for (const auto& aim : aims) {
    for (auto& literal : aim.literals()) literals.push_back(std::move(literal));
  }
  if (literals.empty()) return std::vector<Lead>();
  auto set = LiteralSet::compile(literals);
  if (!set) return tl::unexpected(set.error());
  const std::size_t asked = aims.size();
  aims.insert(aims.end(), companions.begin(), companions.end());
  std::vector<std::pair<std::size_t, LogFile::Range>> tasks;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (!logs.usable(i)) continue;
    for (const auto& range : logs[i].ranges()) tasks.emplace_back(i, range);
  }
  std::vector<Seeds> seeds(tasks.size());
  parallel(settings.threads, tasks.size(), [&](std::size_t i) {
    search_range(logs, tasks[i].first, tasks[i].second, aims, asked, *set, seeds[i]);
  });
  std::vector<bool> found(logs.size(), false);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!seeds[i].ids.empty() || !seeds[i].candidates.empty()) found[tasks[i].first] = true;
  }
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (!found[i] && logs.picks()[i].empty()) logs[i].forget_content();
  }
  return leads_of(seeds, aims, asked, settings);
}

}  // namespace lostmail::search
