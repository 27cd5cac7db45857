#include "lostmail/core/figures.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "lostmail/store/store.hpp"
#include "store/pair_book.hpp"
#include "store/refusal_scan.hpp"
#include "store/verdict.hpp"
#include "store/window_counter.hpp"

namespace lostmail::store {
namespace {

struct Span {
  std::int64_t first = 0, last = 0;  ///< UTC seconds
};

bool more(const Top& a, const Top& b) {
  return a.refusals != b.refusals ? a.refusals > b.refusals : a.name < b.name;
}

/// Answers about single things of the store, each with its statement prepared once.
class Lookup {
 public:
  explicit Lookup(Database& database)
      : address_(database, "SELECT " + address_text("a") + " FROM address a WHERE a.id = ?"),
        peer_(database, "SELECT p.name, " + peer_ip_text("p") + " FROM peer p WHERE p.id = ?") {}

  std::string address(std::int64_t id) {
    std::string value;
    if (address_.bind(id).step()) value = address_.text(0);
    address_.reset();
    return value;
  }
  /// `name [ip]`, what of it is known.
  std::string peer(std::int64_t id) {
    std::string name, ip;
    if (peer_.bind(id).step()) {
      name = peer_.text(0);
      ip = peer_.text(1);
    }
    peer_.reset();
    if (ip.empty()) return name;
    return name.empty() ? "[" + ip + "]" : name + " [" + ip + "]";
  }

 private:
  Statement address_, peer_;
};

/// The mail that went between the two of each case, in both directions, read at once.
class Correspondence {
 public:
  Correspondence(Database& database, const std::vector<CaseKey>& cases) {
    read_hashes(database, cases);
    std::vector<std::int64_t> pairs;
    pairs.reserve(cases.size() * 2);
    for (const auto& key : cases) {
      pairs.push_back(pair(key.sender, key.recipient));
      pairs.push_back(pair(key.recipient, key.sender));
    }
    std::sort(pairs.begin(), pairs.end());
    PairBook book(database);
    for (const auto pair : pairs)
      if (const auto mail = book.find(pair)) spans_[pair] = {mail->first, mail->last};
  }
  /// From one address to another.
  [[nodiscard]] std::optional<Span> mail(std::int64_t sender, std::int64_t recipient) const {
    if (spans_.empty()) return std::nullopt;
    const auto found = spans_.find(pair(sender, recipient));
    return found == spans_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  void read_hashes(Database& database, const std::vector<CaseKey>& cases) {
    std::vector<std::int64_t> addresses;
    addresses.reserve(cases.size() * 2);
    for (const auto& key : cases) {
      addresses.push_back(key.sender);
      addresses.push_back(key.recipient);
    }
    order(addresses);
    hashes_.reserve(addresses.size());
    each_hash(database, addresses, [&](auto address, auto hash) { hashes_[address] = hash; });
  }
  [[nodiscard]] std::int64_t pair(std::int64_t sender, std::int64_t recipient) const {
    return PairBook::pair_of(hashes_.at(sender), hashes_.at(recipient));
  }

  tsl::robin_map<std::int64_t, std::int64_t> hashes_;
  tsl::robin_map<std::int64_t, Span, MixedHash> spans_;
};

/// The cases of a window, judged, into the figures.
class CaseFigures {
 public:
  CaseFigures(Database& database, const SortTable& sorts, const Judge& judge)
      : database_(database), lookup_(database), sorts_(sorts), judge_(judge) {}

  /// What is lost at `until` or later is not counted as lost in the window.
  void count(const Cases& cases, std::optional<std::int64_t> until, Figures& figures) {
    std::vector<Group*> groups(sorts_.size());
    for (auto& group : figures.groups) {
      const Sort sort{group.direction, group.permanent, group.family, group.variant, group.cause};
      if (const auto number = sorts_.find(sort)) groups[*number] = &group;
    }
    const auto keys = of_interest(cases);
    const Correspondence correspondence(database_, keys);
    for (const auto& key : keys) {
      const CaseCount& of = cases.at(key);
      const CaseRow row = judged(key, of, correspondence);
      if (Group* group = groups[ending_sort(of)]) add(row, *group);
      ++verdicts_[{SliceCounter::start_of(row.last), row.direction, row.verdict}];
      sort_in(key, row, until, figures);
    }
    for (const auto& [key, number] : verdicts_)
      figures.verdicts.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), number});
  }

  /// Cases of temporary refusals whose last attempt before `until` was a lifetime ago: they are
  /// lost now.
  void count_given_up(const Cases& cases, std::optional<std::int64_t> until, Figures& figures) {
    auto keys = of_interest(cases);
    std::erase_if(keys, [&](const CaseKey& key) { return cases.at(key).permanent > 0; });
    const Correspondence correspondence(database_, keys);
    std::vector<std::pair<CaseKey, CaseRow>> lost;
    for (const auto& key : keys) {
      CaseRow row = judged(key, cases.at(key), correspondence);
      if (row.verdict == Verdict::lost) lost.emplace_back(key, std::move(row));
    }
    drop_tried_later(lost, until);
    for (auto& [key, row] : lost) {
      ++figures.lost;
      figures.known_lost += row.corresponded ? 1 : 0;
      figures.gave_up.push_back(named(key, std::move(row)));
    }
  }

 private:
  /// Takes out those that had a further attempt, for whatever reason it was refused: one pass over
  /// the time since the first of them.
  void drop_tried_later(std::vector<std::pair<CaseKey, CaseRow>>& lost,
                        std::optional<std::int64_t> until) {
    if (lost.empty()) return;
    const auto pair = [](std::int64_t sender, std::int64_t recipient) {
      return both(static_cast<std::uint64_t>(sender), recipient);
    };
    tsl::robin_map<std::uint64_t, std::int64_t, MixedHash> tries;
    std::int64_t since = INT64_MAX;
    for (const auto& [key, row] : lost) {
      tries[pair(key.sender, key.recipient)] = INT64_MIN;
      since = std::min(since, row.last);
    }
    Statement later(
        database_,
        "SELECT r.time, r.sender, r.recipient FROM stretch b CROSS JOIN stored_refusal r ON"
        " r.n BETWEEN b.first_n AND b.last_n WHERE b.last > ?1 AND b.first < ?2"
        " AND r.time > ?1 AND r.time < ?2");
    later.bind(since).bind(until.value_or(INT64_MAX));
    while (later.step()) {
      const auto found = tries.find(pair(later.integer(1), later.integer(2)));
      if (found != tries.end()) found.value() = std::max(found->second, later.integer(0));
    }
    std::erase_if(lost, [&](const auto& given_up) {
      const auto& [key, row] = given_up;
      return tries.at(pair(key.sender, key.recipient)) > row.last;
    });
  }

  [[nodiscard]] std::vector<CaseKey> of_interest(const Cases& cases) const {
    std::vector<CaseKey> keys;
    for (const auto& [key, of] : cases)
      if (sorts_[of.sort].of_interest()) keys.push_back(key);
    return keys;
  }

  /// A case that a permanent refusal ended counts there, whatever was tried after it.
  [[nodiscard]] std::uint32_t ending_sort(const CaseCount& of) const {
    Sort sort = sorts_[of.sort];
    if (of.permanent == 0 || sort.permanent) return of.sort;
    sort.permanent = true;
    return sorts_.find(sort).value_or(of.sort);
  }

  /// With the addresses, which only the few rows that are listed need.
  [[nodiscard]] CaseRow named(const CaseKey& key, CaseRow row) {
    row.sender = lookup_.address(key.sender);
    row.recipient = lookup_.address(key.recipient);
    return row;
  }

  [[nodiscard]] CaseRow judged(const CaseKey& key, const CaseCount& of,
                               const Correspondence& correspondence) const {
    const Sort& sort = sorts_[of.sort];
    CaseRow row;
    row.direction = key.direction;
    row.attempts = of.attempts;
    row.permanent = of.permanent;
    row.first = of.first();
    row.last = of.last();
    row.variant = sort.variant;
    row.family = sort.family;
    row.cause = sort.cause;
    const auto there = correspondence.mail(key.sender, key.recipient);
    if (there) row.delivered = there->last;
    row.verdict = judge_.verdict(row);
    for (const auto& mail : {there, correspondence.mail(key.recipient, key.sender)}) {
      if (!mail || mail->first >= row.first) continue;
      const std::int64_t before = mail->last < row.first ? mail->last : mail->first;
      row.corresponded = std::max(row.corresponded.value_or(before), before);
    }
    return row;
  }

  static void add(const CaseRow& row, Group& group) {
    group.lost += row.verdict == Verdict::lost ? 1 : 0;
    group.delivered_later += row.verdict == Verdict::delivered_later ? 1 : 0;
    group.retrying += row.verdict == Verdict::retrying ? 1 : 0;
  }

  void sort_in(const CaseKey& key, const CaseRow& row, std::optional<std::int64_t> until,
               Figures& figures) {
    const std::int64_t lost_at = row.last + (row.permanent > 0 ? 0 : judge_.lifetime);
    const bool lost = row.verdict == Verdict::lost && (!until || lost_at < *until);
    figures.lost += lost ? 1 : 0;
    if (row.corresponded && row.verdict != Verdict::delivered_later) {
      figures.known_lost += lost ? 1 : 0;
      figures.known.push_back(named(key, row));
    } else if (lost && row.direction != Direction::inbound) {
      figures.own_lost.push_back(named(key, row));
    }
  }

  Database& database_;
  Lookup lookup_;
  const SortTable& sorts_;
  const Judge& judge_;
  std::map<std::tuple<std::int64_t, Direction, Verdict>, std::uint64_t> verdicts_;
};

/// A domain that DNS does not know, or that is none, is not one that somebody may miss.
bool may_exist(Cause cause) {
  return cause != Cause::domain_nonexistent && cause != Cause::address_syntax &&
         cause != Cause::null_mx;
}

constexpr std::int64_t kServerMemory = 28 * 86400;

/// The time before a window: what is usual, who refused us, what has still to be given up.
class EarlierCounter {
 public:
  EarlierCounter(const SortTable& sorts, const Selection& selection, std::int64_t now,
                 std::int64_t queue_lifetime)
      : sorts_(sorts),
        slices_since_(*selection.since - Figures::kEarlierSeconds),
        servers_since_(*selection.since - kServerMemory),
        waiting_since_(*selection.since - queue_lifetime),
        waiting_until_(std::min(*selection.since, selection.until.value_or(now) - queue_lifetime)) {
  }
  [[nodiscard]] std::int64_t since() const { return std::min(slices_since_, waiting_since_); }

  void take(const RefusalRow& row) {
    const Sort& sort = sorts_[row.sort];
    if (row.time >= slices_since_) slices.take(row);
    if (row.time >= servers_since_ && row.remote != 0 && sort.direction == Direction::outbound)
      servers.insert(row.remote);
    if (!sort.permanent && row.time >= waiting_since_ && row.time < waiting_until_)
      count_case(row, sorts_, waiting);
  }

  SliceCounter slices;
  tsl::robin_set<std::int64_t> servers;  ///< peers
  Cases waiting;                         ///< temporary refusals alone

 private:
  const SortTable& sorts_;
  std::int64_t slices_since_, servers_since_, waiting_since_, waiting_until_;
};

/// The largest by refusals, then by name, named by `name_of`; equal ones are many, and only those
/// that may be among the first `limit` need a name. `counts` are keys and counts.
template <typename NameOf>
std::vector<Top> largest(std::vector<std::pair<std::int64_t, const NamedCount*>> counts,
                         std::size_t limit, NameOf name_of) {
  if (limit == 0) return {};
  if (counts.size() > limit) {
    const auto last = counts.begin() + static_cast<std::ptrdiff_t>(limit - 1);
    std::nth_element(counts.begin(), last, counts.end(), [](const auto& a, const auto& b) {
      return a.second->refusals > b.second->refusals;
    });
    const std::uint64_t least = last->second->refusals;
    std::erase_if(counts, [&](const auto& counted) { return counted.second->refusals < least; });
  }
  std::sort(counts.begin(), counts.end());
  std::vector<Top> tops;
  tops.reserve(counts.size());
  for (const auto& [key, count] : counts) tops.push_back(count->top(name_of(key)));
  std::sort(tops.begin(), tops.end(), more);
  if (tops.size() > limit) tops.resize(limit);
  return tops;
}

using Counted = std::vector<std::pair<std::int64_t, const NamedCount*>>;

Counted ordered(const NamedCounts& counts) {
  Counted ordered;
  for (auto at = counts.begin(); at != counts.end(); ++at)
    ordered.emplace_back(at->first, &at.value());
  std::sort(ordered.begin(), ordered.end());
  return ordered;
}

/// `before`: the time that the store knows before the window; absent where there is none.
void name_domains(Database& database, const NamedCounts& domains,
                  std::optional<std::int64_t> before, std::size_t limit, Figures& figures) {
  const Counted all = ordered(domains);
  Counted fresh;
  if (before) {
    AscendingReader first(database,
                          "SELECT domain, first FROM sender_domain WHERE domain >= ?"
                          " ORDER BY domain");
    for (const auto& counted : all) {
      if (may_exist(counted.second->cause) &&
          (!first.seek(counted.first) || first.value(1) >= *before)) {
        fresh.push_back(counted);
      }
    }
  }
  const auto name = [&](Counted counts) {
    AscendingReader words(database, "SELECT id, text FROM word WHERE id >= ? ORDER BY id");
    return largest(std::move(counts), limit, [&](std::int64_t word) {
      return words.seek(word) ? words.text(1) : std::string();
    });
  };
  figures.sender_domains = name(all);
  figures.new_domain_count = fresh.size();
  figures.new_domains = name(std::move(fresh));
}

/// Two peers of one name and address are one server: their HELO names differ.
void name_servers(Lookup& lookup, const NamedCounts& servers,
                  const tsl::robin_set<std::int64_t>& earlier, bool knows_before, std::size_t limit,
                  Figures& figures) {
  tsl::robin_set<std::string> old;
  for (const auto peer : earlier) old.insert(lookup.peer(peer));
  Counted fresh;
  const Counted all = ordered(servers);
  for (const auto& counted : all)
    if (knows_before && !old.contains(lookup.peer(counted.first))) fresh.push_back(counted);
  const auto name = [&](Counted counts) {
    return largest(std::move(counts), limit, [&](std::int64_t peer) { return lookup.peer(peer); });
  };
  figures.remote_servers = name(all);
  figures.new_server_count = fresh.size();
  figures.new_servers = name(std::move(fresh));
}

void order(std::vector<CaseRow>& rows, bool by_attempts) {
  std::sort(rows.begin(), rows.end(), [&](const CaseRow& a, const CaseRow& b) {
    if (by_attempts && a.attempts != b.attempts) return a.attempts > b.attempts;
    return std::tie(b.last, a.sender, a.recipient) < std::tie(a.last, b.sender, b.recipient);
  });
}

/// The window's begin, where the store knows a time before it.
std::optional<std::int64_t> known_before(Database& database, const Selection& selection) {
  Statement reach(database, "SELECT min(first) FROM log");
  const auto begin = reach.step() ? reach.maybe_integer(0) : std::nullopt;
  return begin && selection.since && *begin < *selection.since ? selection.since : std::nullopt;
}

}  // namespace

Result<Figures> Store::figures(const Selection& selection, std::int64_t now,
                               std::int64_t queue_lifetime, std::size_t limit) {
  auto& database = *impl_->database;
  const Snapshot snapshot(database);
  auto covered = this->covered();
  if (!covered) return tl::unexpected(covered.error());
  const Judge judge{std::move(*covered), now, queue_lifetime};
  const SortTable sorts(database);
  WindowCounter counter(database, sorts);
  scan(*impl_, sorts, selection, [&](const RefusalRow& row) { counter.take(row); });
  counter.finish();
  Figures figures;
  figures.groups = counter.groups();
  figures.slices = counter.slices.slices(sorts);
  CaseFigures cases(database, sorts, judge);
  cases.count(counter.cases, selection.until, figures);
  tsl::robin_set<std::int64_t> earlier_servers;
  if (selection.since) {
    EarlierCounter earlier(sorts, selection, now, queue_lifetime);
    Selection before = selection;
    before.since = earlier.since();
    before.until = selection.since;
    scan(*impl_, sorts, before, [&](const RefusalRow& row) { earlier.take(row); });
    figures.earlier = earlier.slices.slices(sorts);
    cases.count_given_up(earlier.waiting, selection.until, figures);
    earlier_servers = std::move(earlier.servers);
  }
  const auto before = known_before(database, selection);
  Lookup lookup(database);
  name_domains(database, counter.domains, before, limit, figures);
  name_servers(lookup, counter.servers, earlier_servers, before.has_value(), limit, figures);
  order(figures.known, true);
  order(figures.own_lost, false);
  order(figures.gave_up, false);
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return figures;
}

}  // namespace lostmail::store
