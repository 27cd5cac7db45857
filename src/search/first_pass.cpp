#include "search/first_pass.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "search/text_lines.hpp"

namespace lostmail::search {
namespace {

constexpr std::size_t kMostIds = 1'000'000;      ///< that one range of a log may lead to
constexpr std::size_t kMostCandidates = 50'000;  ///< refusals without an id, of one range
constexpr std::int64_t kSliceSeconds = 12;       ///< Exim's cause line stands before its refusal

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

/// `[192.0.2.7]` where the record names a client: what belongs to its session names it too.
std::string client_of(const Record& record) {
  const auto* exim = std::get_if<EximRecord>(&record.body);
  if (exim == nullptr || !exim->host || exim->host->ip.empty()) return {};
  return '[' + std::string(exim->host->ip) + ']';
}

/// The lines around one, taken as they may belong to its refusal.
class Slice {
 public:
  Slice(const LogFile& log, const Hit& hit, std::size_t begin, std::int64_t time)
      : log_(log), hit_(hit), view_(hit.view), begin_(begin), time_(time) {}

  std::vector<std::pair<std::uint64_t, Pick>> take() {
    std::string room;
    const std::string client = client_of(record_of(line_from(view_, begin_), room));
    const std::size_t first = first_line();
    std::uint64_t number =
        hit_.number == 0 ? 0 : hit_.number - newlines_in(view_.substr(first, hit_.begin - first));
    std::vector<std::pair<std::uint64_t, Pick>> lines;
    for (std::size_t at = first; at < view_.size();) {
      const auto line = line_from(view_, at);
      if (at > hit_.begin && is_behind(line)) break;
      if (at >= begin_ || may_belong(line, client))
        lines.emplace_back(hit_.offset + at, Pick{std::string(line), number, false});
      if (number > 0) ++number;
      at = view_.find('\n', at);
      if (at == std::string_view::npos) break;
      ++at;
    }
    return lines;
  }

 private:
  /// The first line of those seconds; the first one in view may lack its beginning.
  std::size_t first_line() {
    std::size_t first = begin_;
    std::string_view same;  // most lines bear the stamp of their neighbour
    for (auto at = line_before(view_, begin_); at != std::string_view::npos;
         at = line_before(view_, at)) {
      constexpr std::size_t kStamp = 19;
      const auto line = line_from(view_, at);
      if (line.size() >= kStamp && line.substr(0, kStamp) != same) {
        const auto when = log_.time_of(line);
        if (when && when->utc_seconds() + kSliceSeconds < time_) break;
        if (when) same = line.substr(0, kStamp);
      }
      first = at;
    }
    return first == 0 && hit_.offset > 0 ? std::min(view_.find('\n') + 1, begin_) : first;
  }

  /// A further line of a stranger's record may quote anything.
  static bool may_belong(std::string_view line, const std::string& client) {
    if (client.empty()) return true;
    std::string room;
    return line.find(client) != std::string_view::npos && !continues(record_of(line, room));
  }

  bool is_behind(std::string_view line) const {
    std::string room;
    if (continues(record_of(line, room))) return false;
    const auto when = log_.time_of(line);
    return !when || when->utc_seconds() > time_;
  }

  const LogFile& log_;
  const Hit& hit_;
  std::string_view view_;
  std::size_t begin_;
  std::int64_t time_;
};

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
    lead.lines = Slice(log_, hit, begin, time).take();
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
