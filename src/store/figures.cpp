#include "lostmail/core/figures.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"
#include "store/where.hpp"

namespace lostmail::store {
namespace {

struct Span {
  std::int64_t first = 0, last = 0;  ///< UTC seconds
};

constexpr std::int64_t kSliceSeconds = 900;

/// Direction, permanent, family, variant and cause in one number.
using Kind = std::uint32_t;

Kind pack(std::int64_t direction, bool permanent, std::optional<std::int64_t> family,
          std::int64_t variant, std::int64_t cause) {
  return static_cast<Kind>((direction << 25) | (permanent ? 1 << 24 : 0) |
                           ((family ? *family + 1 : 0) << 16) | (variant << 8) | cause);
}

template <typename Counted>
Counted unpack(Kind kind) {
  Counted counted;
  counted.direction = static_cast<Direction>(kind >> 25);
  counted.permanent = (kind >> 24 & 1) != 0;
  const Kind family = kind >> 16 & 0xff;
  if (family > 0) counted.family = static_cast<Family>(family - 1);
  counted.variant = static_cast<Variant>(kind >> 8 & 0xff);
  counted.cause = static_cast<Cause>(kind & 0xff);
  return counted;
}

bool of_interest(Kind kind) {
  const Kind family = kind >> 16 & 0xff;
  return family > 0 && concerns_sender(static_cast<Family>(family - 1));
}

std::uint64_t both(std::uint64_t high, std::int64_t low) {
  return high << 40 ^ static_cast<std::uint64_t>(low);
}

/// A refusal as the scan gives it: numbers of the store alone.
struct Row {
  std::int64_t time = 0;  ///< UTC seconds
  Kind kind = 0;
  std::int64_t sender = 0, recipient = 0, remote = 0;  ///< 0: unknown
};

/// Calls `take` with each refusal of the selection, in any order.
template <typename Take>
void scan(Store::Impl& impl, const Selection& selection, std::string_view more, Take take) {
  const Where where(impl, selection);
  Statement query(*impl.database,
                  "SELECT r.time, kd.direction, kd.permanent, kd.family, kd.variant, kd.cause,"
                  " r.sender, r.recipient, r.remote" +
                      from(selection) + where.text() + std::string(more));
  where.bind(query);
  while (query.step()) {
    Row row;
    row.time = query.integer(0);
    row.kind = pack(query.integer(1), query.integer(2) != 0, query.maybe_integer(3),
                    query.integer(4), query.integer(5));
    row.sender = query.integer(6);
    row.recipient = query.integer(7);
    row.remote = query.integer(8);
    take(row);
  }
}

struct CaseKey {
  std::uint8_t direction = 0;
  std::int64_t sender = 0, recipient = 0;
  bool operator==(const CaseKey&) const = default;
};

struct CaseKeyHash {
  std::size_t operator()(const CaseKey& key) const {
    const auto mixed = static_cast<std::uint64_t>(key.sender) * 0x9e3779b97f4a7c15U +
                       static_cast<std::uint64_t>(key.recipient);
    return (mixed ^ mixed >> 29) * 0xbf58476d1ce4e5b9U + key.direction;
  }
};

struct Case {
  std::uint64_t attempts = 0, permanent = 0;
  std::int64_t first = 0, last = 0;
  Kind kind = 0;  ///< of the last attempt
};
using Cases = std::unordered_map<CaseKey, Case, CaseKeyHash>;

/// What is counted of a sender domain or of a server.
struct Named {
  std::uint64_t refusals = 0;
  std::unordered_set<std::int64_t> counterparts;
  std::map<std::uint8_t, std::uint64_t> variants;
  std::int64_t last = INT64_MIN;
  Kind latest = 0;

  void take(const Row& row, std::int64_t counterpart) {
    ++refusals;
    if (counterpart != 0) counterparts.insert(counterpart);
    ++variants[static_cast<std::uint8_t>(row.kind >> 8 & 0xff)];
    if (row.time >= last) {
      last = row.time;
      latest = row.kind;
    }
  }
  [[nodiscard]] Top top(std::string name) const {
    const auto most =
        std::max_element(variants.begin(), variants.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return {std::move(name), refusals, counterparts.size(), static_cast<Variant>(most->first),
            unpack<Group>(latest).cause};
  }
};

bool more(const Top& a, const Top& b) {
  return a.refusals != b.refusals ? a.refusals > b.refusals : a.name < b.name;
}

/// Answers about single things of the store, each with its statement prepared once.
class Lookup {
 public:
  explicit Lookup(Database& database)
      : domain_(database, "SELECT domain FROM address WHERE id = ?"),
        hash_(database, "SELECT hash FROM address WHERE id = ?"),
        address_(database, "SELECT " + address_text("a") + " FROM address a WHERE a.id = ?"),
        word_(database, "SELECT text FROM word WHERE id = ?"),
        peer_(database, "SELECT p.name, " + peer_ip_text("p") + " FROM peer p WHERE p.id = ?"),
        mail_(database, "SELECT first, coalesce(last, first) FROM correspondence WHERE pair = ?"),
        later_(database,
               "SELECT 1 FROM refusal WHERE sender = ? AND recipient = ? AND time > ? LIMIT 1"),
        earlier_(database, "SELECT 1 FROM refusal WHERE sender = ? AND time < ? LIMIT 1") {}

  std::int64_t domain_of(std::int64_t address) {
    const std::int64_t domain = domain_.bind(address).step() ? domain_.integer(0) : 0;
    domain_.reset();
    return domain;
  }
  /// The key of deliveries from one address to another, see kJoinDeliveries.
  std::int64_t pair(std::int64_t sender, std::int64_t recipient) {
    const auto high = static_cast<std::uint64_t>(hash_of(sender)) << 32U;
    return static_cast<std::int64_t>(
        high | (static_cast<std::uint64_t>(hash_of(recipient)) & 0xffffffffU));
  }
  std::string address(std::int64_t id) { return text(address_, id); }
  std::string word(std::int64_t id) { return text(word_, id); }
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
  std::optional<Span> mail(std::int64_t pair) {
    std::optional<Span> span;
    if (mail_.bind(pair).step()) span = Span{mail_.integer(0), mail_.integer(1)};
    mail_.reset();
    return span;
  }
  /// True: the case had a further attempt after that time.
  bool tried_later(const CaseKey& key, std::int64_t time) {
    return exists(later_.bind(key.sender).bind(key.recipient).bind(time));
  }
  bool sender_refused_before(std::int64_t sender, std::int64_t time) {
    return exists(earlier_.bind(sender).bind(time));
  }

 private:
  std::int64_t hash_of(std::int64_t address) {
    const std::int64_t hash = hash_.bind(address).step() ? hash_.integer(0) : 0;
    hash_.reset();
    return hash;
  }
  static std::string text(Statement& statement, std::int64_t id) {
    std::string value;
    if (statement.bind(id).step()) value = statement.text(0);
    statement.reset();
    return value;
  }
  static bool exists(Statement& statement) {
    const bool found = statement.step();
    statement.reset();
    return found;
  }

  Statement domain_, hash_, address_, word_, peer_, mail_, later_, earlier_;
};

/// Counts the refusals of a window in one pass; the questions that need a look elsewhere come last.
class Counter {
 public:
  void take(const Row& row, Lookup& lookup) {
    ++refusals_[row.kind];
    ++slices_[{row.time - ((row.time % kSliceSeconds) + kSliceSeconds) % kSliceSeconds, row.kind}];
    if (row.sender != 0 && senders_.insert(both(row.kind, row.sender)).second)
      ++distinct_senders_[row.kind];
    if (row.recipient != 0 && recipients_.insert(both(row.kind, row.recipient)).second)
      ++distinct_recipients_[row.kind];
    if (of_interest(row.kind)) count_name(row, lookup);
    count_case(row, cases);
  }

  static void count_case(const Row& row, Cases& into) {
    if (row.sender == 0 || row.recipient == 0 || row.sender == kNullSender) return;
    Case& found = into[{static_cast<std::uint8_t>(row.kind >> 25), row.sender, row.recipient}];
    if (found.attempts++ == 0) found.first = found.last = row.time;
    found.first = std::min(found.first, row.time);
    if (row.time >= found.last) {
      found.last = row.time;
      found.kind = row.kind;
    }
    found.permanent += row.kind >> 24 & 1;
  }

  [[nodiscard]] std::vector<Group> groups() const {
    std::vector<Group> groups;
    for (const auto& [kind, refusals] : refusals_) {
      auto group = unpack<Group>(kind);
      const auto of = [](const auto& counts, Kind key) {
        const auto found = counts.find(key);
        return found == counts.end() ? 0 : found->second;
      };
      group.refusals = refusals;
      group.senders = of(distinct_senders_, kind);
      group.recipients = of(distinct_recipients_, kind);
      groups.push_back(group);
    }
    std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
      return std::tuple(a.direction, !a.permanent, b.refusals, a.variant, a.cause) <
             std::tuple(b.direction, !b.permanent, a.refusals, b.variant, b.cause);
    });
    return groups;
  }

  [[nodiscard]] std::vector<Slice> slices() const {
    std::vector<Slice> slices;
    for (const auto& [key, refusals] : slices_) {
      slices.push_back(unpack<Slice>(key.second));
      slices.back().start = key.first;
      slices.back().refusals = refusals;
    }
    return slices;
  }

  Cases cases;
  std::unordered_map<std::int64_t, Named> domains;
  std::unordered_map<std::int64_t, Named> servers;  ///< by peer

 private:
  void count_name(const Row& row, Lookup& lookup) {
    const auto direction = unpack<Group>(row.kind).direction;
    if (direction == Direction::inbound && row.sender != 0) {
      const auto [at, fresh] = domain_of_.try_emplace(row.sender, 0);
      if (fresh) at->second = lookup.domain_of(row.sender);
      if (at->second != 0) domains[at->second].take(row, row.recipient);
    }
    if (direction == Direction::outbound && row.remote != 0)
      servers[row.remote].take(row, row.sender);
  }

  std::unordered_map<Kind, std::uint64_t> refusals_, distinct_senders_, distinct_recipients_;
  std::map<std::pair<std::int64_t, Kind>, std::uint64_t> slices_;
  std::unordered_set<std::uint64_t> senders_, recipients_;
  std::unordered_map<std::int64_t, std::int64_t> domain_of_;
};

/// How far the logs reach, and what decides verdicts.
struct Judge {
  std::optional<std::int64_t> covered;
  std::int64_t now = 0, lifetime = 0;

  [[nodiscard]] Verdict verdict(const Case& of, std::optional<std::int64_t> delivered) const {
    if (delivered && *delivered > of.last) return Verdict::delivered_later;
    if (of.permanent > 0) return Verdict::lost;
    if (covered && *covered >= of.last + lifetime) return Verdict::lost;
    return now < of.last + lifetime ? Verdict::retrying : Verdict::unknown;
  }
};

/// The cases of a window, judged, into the figures.
class CaseFigures {
 public:
  /// What is lost at `until` or later is not counted as lost in the window.
  CaseFigures(Lookup& lookup, Judge judge, std::optional<std::int64_t> until)
      : lookup_(lookup), judge_(judge), until_(until) {}

  void count(const Cases& cases, Figures& figures) {
    std::map<Kind, Group*> groups;
    for (auto& group : figures.groups) {
      const auto family = group.family
                              ? std::optional<std::int64_t>(static_cast<int>(*group.family))
                              : std::nullopt;
      groups[pack(static_cast<int>(group.direction), group.permanent, family,
                  static_cast<int>(group.variant), static_cast<int>(group.cause))] = &group;
    }
    for (const auto& [key, of] : cases) {
      if (!of_interest(of.kind)) continue;
      const CaseRow row = judged(key, of);
      // A case that a permanent refusal ended counts there, whatever was tried after it.
      Kind kind = of.kind;
      if (of.permanent > 0) kind |= 1U << 24;
      if (const auto found = groups.find(kind); found != groups.end()) add(row, *found->second);
      ++verdicts_[{of.last - of.last % kSliceSeconds, row.direction, row.verdict}];
      sort_in(key, row, figures);
    }
    for (const auto& [key, number] : verdicts_)
      figures.verdicts.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), number});
  }

  /// Cases of temporary refusals whose last attempt was a lifetime ago: they are lost now.
  void count_given_up(const Cases& cases, Figures& figures) {
    for (const auto& [key, of] : cases) {
      if (!of_interest(of.kind) || of.permanent > 0) continue;
      CaseRow row = judged(key, of);
      if (row.verdict != Verdict::lost || lookup_.tried_later(key, of.last)) continue;
      ++figures.lost;
      figures.known_lost += row.corresponded ? 1 : 0;
      figures.gave_up.push_back(named(key, std::move(row)));
    }
  }

 private:
  /// With the addresses, which only the few rows that are listed need.
  [[nodiscard]] CaseRow named(const CaseKey& key, CaseRow row) {
    row.sender = lookup_.address(key.sender);
    row.recipient = lookup_.address(key.recipient);
    return row;
  }

  [[nodiscard]] CaseRow judged(const CaseKey& key, const Case& of) {
    const auto kind = unpack<Group>(of.kind);
    CaseRow row;
    row.direction = kind.direction;
    row.attempts = of.attempts;
    row.permanent = of.permanent;
    row.first = of.first;
    row.last = of.last;
    row.variant = kind.variant;
    row.family = kind.family;
    row.cause = kind.cause;
    const auto there = lookup_.mail(lookup_.pair(key.sender, key.recipient));
    if (there) row.delivered = there->last;
    row.verdict = judge_.verdict(of, row.delivered);
    for (const auto& mail : {there, lookup_.mail(lookup_.pair(key.recipient, key.sender))}) {
      if (!mail || mail->first >= of.first) continue;
      const std::int64_t before = mail->last < of.first ? mail->last : mail->first;
      row.corresponded = std::max(row.corresponded.value_or(before), before);
    }
    return row;
  }

  static void add(const CaseRow& row, Group& group) {
    group.lost += row.verdict == Verdict::lost ? 1 : 0;
    group.delivered_later += row.verdict == Verdict::delivered_later ? 1 : 0;
    group.retrying += row.verdict == Verdict::retrying ? 1 : 0;
  }

  void sort_in(const CaseKey& key, const CaseRow& row, Figures& figures) {
    const std::int64_t lost_at = row.last + (row.permanent > 0 ? 0 : judge_.lifetime);
    const bool lost = row.verdict == Verdict::lost && (!until_ || lost_at < *until_);
    figures.lost += lost ? 1 : 0;
    if (row.corresponded && row.verdict != Verdict::delivered_later) {
      figures.known_lost += lost ? 1 : 0;
      figures.known.push_back(named(key, row));
    } else if (lost && row.direction != Direction::inbound) {
      figures.own_lost.push_back(named(key, row));
    }
  }

  Lookup& lookup_;
  Judge judge_;
  std::optional<std::int64_t> until_;
  std::map<std::tuple<std::int64_t, Direction, Verdict>, std::uint64_t> verdicts_;
};

/// A domain that DNS does not know, or that is none, is not one that somebody may miss.
bool may_exist(const Top& top) {
  return top.cause != Cause::domain_nonexistent && top.cause != Cause::address_syntax &&
         top.cause != Cause::null_mx;
}

constexpr std::int64_t kServerMemory = 28 * 86400;

/// Of these domains, those that a sender refused before `time` had.
std::unordered_set<std::int64_t> refused_before(Database& database, Lookup& lookup,
                                                const std::unordered_set<std::int64_t>& domains,
                                                std::int64_t time) {
  std::unordered_set<std::int64_t> old;
  if (domains.empty()) return old;
  Statement query(database, "SELECT id, domain FROM address WHERE domain IS NOT NULL");
  while (query.step()) {
    const std::int64_t domain = query.integer(1);
    if (domains.contains(domain) && !old.contains(domain) &&
        lookup.sender_refused_before(query.integer(0), time)) {
      old.insert(domain);
    }
  }
  return old;
}

void keep_largest(std::vector<Top>& tops, std::size_t limit) {
  std::sort(tops.begin(), tops.end(), more);
  if (tops.size() > limit) tops.resize(limit);
}

/// `before`: the time that the store knows before the window; absent where there is none.
void name_domains(Database& database, const Counter& counter, std::optional<std::int64_t> before,
                  std::size_t limit, Lookup& lookup, Figures& figures) {
  std::unordered_set<std::int64_t> candidates;
  std::vector<std::pair<std::int64_t, Top>> tops;
  for (const auto& [domain, named] : counter.domains) {
    tops.emplace_back(domain, named.top(lookup.word(domain)));
    if (before && may_exist(tops.back().second)) candidates.insert(domain);
  }
  const auto old = refused_before(database, lookup, candidates, before.value_or(0));
  for (auto& [domain, top] : tops) {
    if (candidates.contains(domain) && !old.contains(domain)) figures.new_domains.push_back(top);
    figures.sender_domains.push_back(std::move(top));
  }
  figures.new_domain_count = figures.new_domains.size();
  keep_largest(figures.new_domains, limit);
  keep_largest(figures.sender_domains, limit);
}

void name_servers(Store::Impl& impl, const Counter& counter, const Selection& selection,
                  std::optional<std::int64_t> before, std::size_t limit, Lookup& lookup,
                  Figures& figures) {
  std::unordered_set<std::string> old;
  if (before && !counter.servers.empty()) {
    Selection earlier = selection;
    earlier.since = *before - kServerMemory;
    earlier.until = before;
    earlier.direction = Direction::outbound;
    std::unordered_set<std::int64_t> peers;
    scan(impl, earlier, " AND r.remote IS NOT NULL",
         [&](const Row& row) { peers.insert(row.remote); });
    for (const auto peer : peers) old.insert(lookup.peer(peer));
  }
  for (const auto& [peer, named] : counter.servers) {
    Top top = named.top(lookup.peer(peer));
    if (before && !old.contains(top.name)) figures.new_servers.push_back(top);
    figures.remote_servers.push_back(std::move(top));
  }
  figures.new_server_count = figures.new_servers.size();
  keep_largest(figures.new_servers, limit);
  keep_largest(figures.remote_servers, limit);
}

void order(std::vector<CaseRow>& rows, bool by_attempts) {
  std::sort(rows.begin(), rows.end(), [&](const CaseRow& a, const CaseRow& b) {
    if (by_attempts && a.attempts != b.attempts) return a.attempts > b.attempts;
    return std::tie(b.last, a.sender, a.recipient) < std::tie(a.last, b.sender, b.recipient);
  });
}

}  // namespace

Result<Figures> Store::figures(const Selection& selection, std::int64_t now,
                               std::int64_t queue_lifetime, std::size_t limit) {
  auto& database = *impl_->database;
  Lookup lookup(database);
  Counter counter;
  scan(*impl_, selection, "", [&](const Row& row) { counter.take(row, lookup); });
  Figures figures;
  figures.groups = counter.groups();
  figures.slices = counter.slices();
  Judge judge{{}, now, queue_lifetime};
  Statement reach(database, "SELECT max(last), min(first) FROM log");
  std::optional<std::int64_t> before;
  if (reach.step()) {
    judge.covered = reach.maybe_integer(0);
    const auto begin = reach.maybe_integer(1);
    if (begin && selection.since && *begin < *selection.since) before = selection.since;
  }
  CaseFigures cases(lookup, judge, selection.until);
  cases.count(counter.cases, figures);
  if (selection.since) {
    Selection earlier = selection;
    earlier.since = *selection.since - queue_lifetime;
    earlier.until = std::min(*selection.since, selection.until.value_or(now) - queue_lifetime);
    Cases waiting;
    scan(*impl_, earlier, " AND kd.permanent = 0",
         [&](const Row& row) { Counter::count_case(row, waiting); });
    cases.count_given_up(waiting, figures);
  }
  name_domains(database, counter, before, limit, lookup, figures);
  name_servers(*impl_, counter, selection, before, limit, lookup, figures);
  order(figures.known, true);
  order(figures.own_lost, false);
  order(figures.gave_up, false);
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return figures;
}

Result<std::vector<Slice>> Store::slices(const Selection& selection) {
  auto& database = *impl_->database;
  const Where where(*impl_, selection);
  Statement query(database,
                  "SELECT r.time / 900 * 900, kd.direction, kd.permanent, kd.family, kd.variant,"
                  " kd.cause, count(*)" +
                      from(selection) + where.text() + " GROUP BY 1, 2, 3, 4, 5, 6");
  where.bind(query);
  std::vector<Slice> rows;
  while (query.step()) {
    rows.push_back({query.integer(0), static_cast<Direction>(query.integer(1)),
                    query.integer(2) != 0, maybe_word<Family>(query, 3),
                    static_cast<Variant>(query.integer(4)), static_cast<Cause>(query.integer(5)),
                    store::count(query, 6)});
  }
  return checked(database, std::move(rows));
}

}  // namespace lostmail::store
