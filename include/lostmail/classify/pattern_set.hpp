#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/core/event.hpp"
#include "lostmail/core/result.hpp"

namespace lostmail::classify {

/// A text that a pattern must, or must not, claim.
struct Sample {
  std::string text;  ///< raw, as a log has it
  std::string note;  ///< where it is from; of a counter-sample, why it is none
  int line = 0;      ///< in the pattern file
};

/// One pattern as its file gives it. `variant` patterns read what a refusal said, patterns with
/// `cause` alone read why.
struct Pattern {
  std::string id;
  std::optional<Variant> variant;
  std::optional<Family> family;  ///< set where variant is
  std::optional<Cause> cause;
  int rank = 5;          ///< 1 (first) … 9; among equal ranks the match that ends last wins
  bool of_site = false;  ///< from --patterns or the site's folder: before all shipped ones
  std::string why;
  std::string regex;
  std::vector<Sample> samples;
  std::vector<Sample> counter_samples;
  std::string file;
  int line = 0;
};

/// All patterns, shipped and own, ready to match. One thread at a time.
class PatternSet {
 public:
  /// Files or folders (all *.toml, by name). A site's patterns are checked on load. Errors:
  /// not_found, invalid_pattern with place, as `patterns/own.toml:12: …`.
  [[nodiscard]] static Result<PatternSet> load(const std::vector<std::filesystem::path>& shipped,
                                               const std::vector<std::filesystem::path>& site = {});
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;
  ~PatternSet();

  [[nodiscard]] const std::vector<Pattern>& patterns() const;

  /// The pattern that claims what a refusal said; nullptr: none does.
  [[nodiscard]] const Pattern* variant_of(std::string_view text) const;
  /// The pattern that claims why.
  [[nodiscard]] const Pattern* cause_of(std::string_view text) const;

  /// Variant, family and cause of a refusal. A callout's cause follows from command and outcome,
  /// not from words.
  [[nodiscard]] Classification classify(const Refusal& refusal) const;

  /// Holds samples and counter-samples of all patterns, or of `files` alone, against the set; one
  /// message a fault.
  [[nodiscard]] std::vector<Error> check(
      const std::vector<std::filesystem::path>& files = {}) const;

 private:
  struct Impl;
  explicit PatternSet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The cause that a callout's command and outcome prove (product: words of the remote do not
/// count).
[[nodiscard]] Cause cause_of_callout(const Callout& callout);

}  // namespace lostmail::classify
