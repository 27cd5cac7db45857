#include "lostmail/classify/pattern_set.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "classify/pattern_file.hpp"
#include "classify/regex.hpp"
#include "lostmail/classify/normal_text.hpp"

namespace lostmail::classify {
namespace {

namespace fs = std::filesystem;

/// The standard library's own takes longer over a text than most of its comparisons.
struct HashOfText {
  std::size_t operator()(std::string_view text) const {
    return XXH3_64bits(text.data(), text.size());
  }
};

constexpr std::size_t kMaxRemembered = 50'000;
constexpr std::size_t kRecentTexts = 256;
constexpr std::size_t kLongestRecent = 200;  ///< bytes: a longer text hardly comes again as it is

Result<std::vector<fs::path>> files_of(const std::vector<fs::path>& places) {
  std::vector<fs::path> files;
  for (const auto& place : places) {
    std::error_code code;
    if (!fs::is_directory(place, code)) {
      files.push_back(place);
      continue;
    }
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(place, code)) {
      if (entry.path().extension() == ".toml") found.push_back(entry.path());
    }
    if (code)
      return fail(ErrorKind::permission_denied, place.string(), "cannot be listed: {}",
                  code.message());
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

/// What the enhanced code alone tells, where the log holds no word of the reply (Sendmail 8.12
/// to 8.15; RFC 3463, 7372, 7505).
struct CodeMeaning {
  std::string_view detail;  ///< without the class
  Variant variant;
  Family family;
};
constexpr CodeMeaning kCodes[] = {
    {"1.7", Variant::sender_syntax, Family::sender_domain},
    {"1.8", Variant::domain_not_found, Family::sender_domain},
    {"7.25", Variant::no_reverse_lookup, Family::client_identity},
    {"7.23", Variant::spf_fail, Family::policy},
    {"7.26", Variant::dmarc_fail, Family::policy},
    {"2.2", Variant::mailbox_full, Family::recipient},
    {"3.4", Variant::too_large, Family::policy},
};

}  // namespace

Cause cause_of_callout(const Callout& callout) {
  if (callout.outcome == Callout::Outcome::no_answer) return Cause::callout_unreachable;
  if (callout.outcome == Callout::Outcome::deferred) return Cause::callout_deferred;
  if (callout.outcome == Callout::Outcome::not_told) return Cause::not_logged;
  switch (callout.command) {
    case Callout::Command::rcpt:
      return Cause::mailbox_unknown;
    case Callout::Command::postmaster:
      return Cause::postmaster_refused;
    case Callout::Command::mail:
      return Cause::null_sender_refused;
    case Callout::Command::connect:
    case Callout::Command::helo:
    case Callout::Command::other:
      break;
  }
  return Cause::callout_host_refused;
}

struct PatternSet::Impl {
  struct Answer {
    const Pattern* pattern = nullptr;
    bool has_words = false;  ///< false: a code alone
  };
  /// The answer for a text of late, in the place that the text's hash gives it.
  struct Recent {
    std::string text;
    Answer answer;
  };
  struct Order {
    std::vector<std::size_t> indices;  ///< of the patterns of one sort: site first, then by rank
    mutable std::vector<Recent> recent = std::vector<Recent>(kRecentTexts);
    mutable std::unordered_map<std::string, const Pattern*, HashOfText> remembered;
  };

  std::vector<Pattern> patterns;
  std::vector<Regex> regexes;
  Order variants, causes;

  void arrange();
  [[nodiscard]] Answer answer(const Order& order, std::string_view raw) const;
  [[nodiscard]] const Pattern* claim(const Order& order, const NormalText& text) const;
  [[nodiscard]] const Pattern* search(const Order& order, const NormalText& text) const;
};

void PatternSet::Impl::arrange() {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    (patterns[i].variant ? variants : causes).indices.push_back(i);
  }
  for (Order* order : {&variants, &causes}) {
    std::stable_sort(order->indices.begin(), order->indices.end(),
                     [&](std::size_t a, std::size_t b) {
                       return std::pair(!patterns[a].of_site, patterns[a].rank) <
                              std::pair(!patterns[b].of_site, patterns[b].rank);
                     });
  }
}

/// Site before shipped, then rank, then the reply's last line; then the order of files.
const Pattern* PatternSet::Impl::search(const Order& order, const NormalText& text) const {
  const Pattern* best = nullptr;
  std::pair<std::size_t, std::size_t> best_place;  // line of the reply, end of the match in it
  for (const auto index : order.indices) {
    const Pattern& pattern = patterns[index];
    if (best != nullptr && (pattern.of_site != best->of_site || pattern.rank != best->rank)) break;
    const auto span = regexes[index].find(text.text);
    if (!span) continue;
    const std::pair place(text.line_of(span->end), span->end);
    if (best == nullptr || place > best_place) {
      best = &pattern;
      best_place = place;
    }
  }
  return best;
}

const Pattern* PatternSet::Impl::claim(const Order& order, const NormalText& text) const {
  // Masked texts fall into few templates: the answer for one is remembered. Line ends are part of
  // it.
  std::string with_ends;
  const std::string* key = &text.text;
  if (!text.line_ends.empty()) {
    with_ends = text.text;
    for (const auto end : text.line_ends) with_ends.append("\n").append(std::to_string(end));
    key = &with_ends;
  }
  if (const auto found = order.remembered.find(*key); found != order.remembered.end())
    return found->second;
  const Pattern* pattern = search(order, text);
  if (order.remembered.size() >= kMaxRemembered) order.remembered.clear();
  order.remembered.emplace(*key, pattern);
  return pattern;
}

/// Many refusals say the very same words: those are not gone over again.
PatternSet::Impl::Answer PatternSet::Impl::answer(const Order& order, std::string_view raw) const {
  const auto fresh = [&] {
    const NormalText text = normalise(raw);
    return Answer{claim(order, text), !text.text.empty()};
  };
  if (raw.empty() || raw.size() > kLongestRecent) return fresh();
  Recent& recent = order.recent[HashOfText()(raw) % kRecentTexts];
  if (recent.text != raw) {
    recent.answer = fresh();
    recent.text = raw;
  }
  return recent.answer;
}

PatternSet::PatternSet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;
PatternSet::~PatternSet() = default;

Result<PatternSet> PatternSet::load(const std::vector<fs::path>& shipped,
                                    const std::vector<fs::path>& site) {
  auto impl = std::make_unique<Impl>();
  std::set<std::string> ids;
  std::vector<fs::path> site_files;
  for (const bool of_site : {false, true}) {
    auto files = files_of(of_site ? site : shipped);
    if (!files) return tl::unexpected(files.error());
    if (of_site) site_files = *files;
    for (const auto& file : *files) {
      auto patterns = read_pattern_file(file);
      if (!patterns) return tl::unexpected(patterns.error());
      for (auto& pattern : *patterns) {
        pattern.of_site = of_site;
        const std::string where = fmt::format("{}:{}", pattern.file, pattern.line);
        if (!ids.insert(pattern.id).second) {
          return fail(ErrorKind::invalid_pattern, where, "the id `{}` is taken: give another",
                      pattern.id);
        }
        auto regex = Regex::compile(pattern.regex);
        if (!regex) {
          return fail(ErrorKind::invalid_pattern, where, "`{}`: {} at offset {} of the regex",
                      pattern.id, regex.error().message, regex.error().offset);
        }
        impl->patterns.push_back(std::move(pattern));
        impl->regexes.push_back(std::move(*regex));
      }
    }
  }
  if (impl->patterns.empty())
    return fail(ErrorKind::not_found, "", "no patterns found: reinstall, or give --patterns DIR");
  impl->arrange();
  PatternSet set(std::move(impl));
  if (!site_files.empty()) {
    const auto faults = set.check(site_files);
    if (!faults.empty()) return tl::unexpected(faults.front());
  }
  return set;
}

const std::vector<Pattern>& PatternSet::patterns() const { return impl_->patterns; }

const Pattern* PatternSet::variant_of(std::string_view text) const {
  return impl_->answer(impl_->variants, text).pattern;
}
const Pattern* PatternSet::cause_of(std::string_view text) const {
  return impl_->answer(impl_->causes, text).pattern;
}

std::vector<Error> PatternSet::check(const std::vector<fs::path>& files) const {
  std::vector<Error> faults;
  std::map<std::string, std::string> texts;
  for (const auto& pattern : impl_->patterns) {
    for (const auto& sample : pattern.samples) {
      const auto [at, fresh] = texts.emplace(sample.text, pattern.id);
      if (!fresh && at->second != pattern.id) {
        faults.push_back(
            {ErrorKind::invalid_pattern, fmt::format("{}:{}", pattern.file, sample.line),
             fmt::format("the sample of `{}` stands at `{}` too", pattern.id, at->second)});
      }
    }
    if (!files.empty() &&
        std::find(files.begin(), files.end(), fs::path(pattern.file)) == files.end())
      continue;
    const auto claim = [&](const Sample& sample) {
      return pattern.variant ? variant_of(sample.text) : cause_of(sample.text);
    };
    for (const auto& sample : pattern.samples) {
      const Pattern* by = claim(sample);
      if (by == &pattern) continue;
      faults.push_back({ErrorKind::invalid_pattern, fmt::format("{}:{}", pattern.file, sample.line),
                        fmt::format("the sample of `{}` is claimed by {}: {}", pattern.id,
                                    by == nullptr ? "no pattern" : "`" + by->id + "`",
                                    normalise(sample.text).text)});
    }
    for (const auto& sample : pattern.counter_samples) {
      if (claim(sample) != &pattern) continue;
      faults.push_back({ErrorKind::invalid_pattern, fmt::format("{}:{}", pattern.file, sample.line),
                        fmt::format("`{}` claims its counter-sample: {}", pattern.id,
                                    normalise(sample.text).text)});
    }
  }
  return faults;
}

namespace {

/// Why a refusal with a claimed text happened.
Cause cause_of_refusal(const PatternSet& set, const Refusal& refusal, const Pattern* said,
                       Family family) {
  if (refusal.callout) return cause_of_callout(*refusal.callout);
  if (!refusal.cause_text.empty()) {
    if (const Pattern* why = set.cause_of(refusal.cause_text)) return *why->cause;
    // Exim's reason that is no callout is a router's; a site words it as it likes.
    return refusal.permanent ? Cause::unroutable : Cause::as_stated;
  }
  if (refusal.verified_here) return Cause::not_logged;
  if (said != nullptr && said->cause) return *said->cause;
  if (family == Family::sender_verify || family == Family::sender_domain) {
    if (const Pattern* why = set.cause_of(refusal.text)) return *why->cause;
  }
  return Cause::as_stated;
}

Classification of_no_text(const PatternSet& set, const Refusal& refusal) {
  Classification result;
  if (refusal.verified_here) {
    result.variant =
        refusal.permanent ? Variant::sender_verify_failed : Variant::callout_incomplete;
    result.family = Family::sender_verify;
    result.cause = cause_of_refusal(set, refusal, nullptr, Family::sender_verify);
    return result;
  }
  result.variant = Variant::unstated;
  result.cause = Cause::not_logged;
  if (!refusal.enhanced_code || refusal.enhanced_code->size() < 2) return result;
  for (const auto& code : kCodes) {
    if (refusal.enhanced_code->substr(2) != code.detail) continue;
    result.variant = code.variant;
    result.family = code.family;
  }
  return result;
}

}  // namespace

Classification PatternSet::classify(const Refusal& refusal) const {
  if (refusal.text.empty()) return of_no_text(*this, refusal);
  const auto [said, has_words] = impl_->answer(impl_->variants, refusal.text);
  if (!has_words) return of_no_text(*this, refusal);
  Classification result;
  if (said == nullptr) return result;
  result.variant = *said->variant;
  result.family = said->family;
  result.pattern = said->id;
  result.cause = cause_of_refusal(*this, refusal, said, *said->family);
  return result;
}

}  // namespace lostmail::classify
