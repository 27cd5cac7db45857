#include "search/first_pass.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "search/text_lines.hpp"

namespace lostmail::search {
namespace {

constexpr std::size_t kMostIds = 1'000'000;      ///< that one range of a log may lead to
constexpr std::size_t kMostCandidates = 50'000;  ///< refusals without an id, of one range

/// What one range of a log leaves.
struct Seeds {
  std::unordered_map<std::string, std::vector<std::uint32_t>> ids;  ///< conditions met, by aim
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

/// Judges the lines of one range of a log that hold a text of the aims.
class Judge {
 public:
  Judge(const std::vector<Aim>& aims, std::size_t index, const LogFile& log, Seeds& seeds)
      : aims_(aims), index_(index), log_(log), seeds_(seeds) {}

  void take(const Hit& hit) {
    if (hit.offset + hit.begin < judged_to_) return;  // times that a log cannot tell apart
    judged_to_ = hit.offset + hit.end;
    std::size_t begin = hit.begin;
    std::vector<std::uint32_t> met(aims_.size(), 0);
    Record record = record_of(line_from(hit.view, begin), room_);
    add_met(record, line_from(hit.view, begin), met);
    // A header of the rejectlog belongs to the record before it.
    for (int back = 0; continues(record) && back < kLinesBack; ++back) {
      const auto previous = line_before(hit.view, begin);
      if (previous == std::string_view::npos) break;
      begin = previous;
      record = record_of(line_from(hit.view, begin), room_);
    }
    if (begin != hit.begin) add_met(record, line_from(hit.view, begin), met);
    if (is_none(met)) return;
    const auto when = log_.time_of(line_from(hit.view, begin));
    const std::int64_t time = when ? when->utc_seconds() : log_.begins();
    for (std::size_t i = 0; i < met.size(); ++i) {
      const bool about_refusals = aims_[i].kind != Aim::Kind::question;
      if (!aims_[i].covers(time) || (about_refusals && !may_be_refusal(record))) met[i] = 0;
    }
    if (is_none(met)) return;
    if (const auto id = own_id(record); !id.empty()) return take_id(std::string(id), met);
    if (may_be_refusal(record)) take_candidate(hit, begin, time, met);
  }

 private:
  static constexpr int kLinesBack = 200;

  static bool is_none(const std::vector<std::uint32_t>& met) {
    return std::all_of(met.begin(), met.end(), [](auto bits) { return bits == 0; });
  }

  void add_met(const Record& record, std::string_view line, std::vector<std::uint32_t>& met) const {
    for (std::size_t i = 0; i < met.size(); ++i) met[i] |= aims_[i].conditions.met_by(record, line);
  }

  void take_id(std::string id, const std::vector<std::uint32_t>& met) {
    if (seeds_.ids.size() >= kMostIds && !seeds_.ids.contains(id)) return;
    auto& bits = seeds_.ids[std::move(id)];
    bits.resize(met.size());
    for (std::size_t i = 0; i < met.size(); ++i) bits[i] |= met[i];
  }

  void take_candidate(const Hit& hit, std::size_t begin, std::int64_t time,
                      const std::vector<std::uint32_t>& met) {
    Lead lead;
    for (std::size_t i = 0; i < met.size(); ++i) {
      if (met[i] == aims_[i].conditions.all()) lead.aims.push_back(i);
    }
    if (lead.aims.empty()) return;
    auto& all = seeds_.candidates;
    if (all.size() >= kMostCandidates)  // the newest stay
      all.erase(all.begin(), all.begin() + kMostCandidates / 2);
    lead.when = time;
    lead.log = index_;
    lead.offset = hit.offset + begin;
    lead.hit_offset = hit.offset + hit.begin;
    lead.record = record_at(hit, begin);
    if (!log_.is_at_hand()) lead.slice = slice_around(log_, hit, begin, time);
    all.push_back(std::move(lead));
  }

  const std::vector<Aim>& aims_;
  std::size_t index_;
  const LogFile& log_;
  Seeds& seeds_;
  std::uint64_t judged_to_ = 0;
  std::string room_;
};

void search_range(LogSet& logs, std::size_t index, const LogFile::Range& range,
                  const std::vector<Aim>& aims, const LiteralSet& set, Seeds& seeds) {
  LogFile& log = logs[index];
  Judge judge(aims, index, log, seeds);
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

/// All ranges' leads as one list.
std::vector<Lead> leads_of(std::vector<Seeds>& all, const std::vector<Aim>& aims,
                           const Settings& settings) {
  std::vector<Lead> leads;
  std::unordered_map<std::string, std::vector<std::uint32_t>> ids;
  for (auto& seeds : all) {
    std::move(seeds.candidates.begin(), seeds.candidates.end(), std::back_inserter(leads));
    for (const auto& [id, met] : seeds.ids) {
      auto& bits = ids[id];
      bits.resize(met.size());
      for (std::size_t i = 0; i < met.size(); ++i) bits[i] |= met[i];
    }
  }
  for (const auto& [id, met] : ids) {
    Lead lead;
    lead.id = id;
    for (std::size_t i = 0; i < met.size(); ++i) {
      if (aims[i].met_by_id(met[i])) lead.aims.push_back(i);
    }
    const auto made = time_of_id(id, settings.now);
    if (lead.aims.empty() || !made) continue;
    lead.when = *made;
    leads.push_back(std::move(lead));
  }
  std::sort(leads.begin(), leads.end(), [](const Lead& left, const Lead& right) {
    const auto key = [](const Lead& lead) {
      return std::tuple(lead.when, std::string_view(lead.id), lead.log, lead.offset);
    };
    return key(left) < key(right);
  });
  return leads;
}

}  // namespace

Result<std::vector<Lead>> first_pass(LogSet& logs, std::vector<Aim> aims,
                                     const std::vector<Aim>& companions, const Settings& settings) {
  std::vector<Literal> literals;
  for (const auto& aim : aims) {
    for (auto& literal : aim.literals()) literals.push_back(std::move(literal));
  }
  if (literals.empty()) return std::vector<Lead>();
  auto set = LiteralSet::compile(literals);
  if (!set) return tl::unexpected(set.error());
  aims.insert(aims.end(), companions.begin(), companions.end());
  std::vector<std::pair<std::size_t, LogFile::Range>> tasks;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (!logs.usable(i)) continue;
    for (const auto& range : logs[i].ranges()) tasks.emplace_back(i, range);
  }
  std::vector<Seeds> seeds(tasks.size());
  parallel(settings.threads, tasks.size(), [&](std::size_t i) {
    search_range(logs, tasks[i].first, tasks[i].second, aims, *set, seeds[i]);
  });
  std::vector<bool> found(logs.size(), false);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!seeds[i].ids.empty() || !seeds[i].candidates.empty()) found[tasks[i].first] = true;
  }
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (!found[i]) logs[i].forget_content();
  }
  return leads_of(seeds, aims, settings);
}

}  // namespace lostmail::search
