#include "classify/pattern_file.hpp"

#include <set>

#include <toml++/toml.h>

namespace lostmail::classify {
namespace {

std::string place(const std::filesystem::path& file, const toml::node& node) {
  return fmt::format("{}:{}", file.string(), node.source().begin.line);
}

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

/// Collects the first fault of a table while its keys are read.
class Reader {
 public:
  Reader(const std::filesystem::path& file, const toml::table& table)
      : file_(file), table_(table) {}

  std::string text(std::string_view key, bool required) {
    const auto* node = table_.get(key);
    if (node == nullptr) {
      if (required) note(table_, fmt::format("the key `{}` is missing", key));
      return {};
    }
    const auto value = node->value<std::string>();
    if (!value) note(*node, fmt::format("`{}` is not a text", key));
    return value.value_or("");
  }

  template <typename Enum>
  std::optional<Enum> word(std::string_view key) {
    const auto* node = table_.get(key);
    if (node == nullptr) return std::nullopt;
    const std::string name = text(key, true);
    const auto value = from_name<Enum>(name);
    if (!value)
      note(*node, fmt::format("`{}` is no {}: see `lostmail patterns list --words`", name, key));
    return value;
  }

  int number(std::string_view key, int fallback, int least, int most) {
    const auto* node = table_.get(key);
    if (node == nullptr) return fallback;
    const auto value = node->value<std::int64_t>();
    if (!value || *value < least || *value > most) {
      note(*node, fmt::format("`{}` is a whole number from {} to {}", key, least, most));
      return fallback;
    }
    return static_cast<int>(*value);
  }

  void only(const std::set<std::string_view>& keys) {
    for (const auto& [key, node] : table_) {
      if (!keys.contains(key.str())) note(node, fmt::format("unknown key `{}`", key.str()));
    }
  }

  void note(const toml::node& node, std::string message) {
    if (!fault_) fault_ = Error{ErrorKind::invalid_pattern, place(file_, node), std::move(message)};
  }
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

 private:
  const std::filesystem::path& file_;
  const toml::table& table_;
  std::optional<Error> fault_;
};

Result<std::vector<Sample>> read_samples(const std::filesystem::path& file,
                                         const toml::table& table, std::string_view key,
                                         std::string_view note_key) {
  std::vector<Sample> samples;
  const auto* list = table.get_as<toml::array>(key);
  if (list == nullptr) return samples;
  for (const auto& node : *list) {
    const auto* entry = node.as_table();
    if (entry == nullptr)
      return fail(ErrorKind::invalid_pattern, place(file, node), "`{}` is not a table", key);
    Reader reader(file, *entry);
    reader.only({"text", note_key});
    Sample sample{reader.text("text", true), reader.text(note_key, true), line_of(node)};
    if (reader.fault()) return tl::unexpected(*reader.fault());
    samples.push_back(std::move(sample));
  }
  return samples;
}

Result<Pattern> read_pattern(const std::filesystem::path& file, const toml::table& table) {
  Reader reader(file, table);
  reader.only(
      {"id", "variant", "family", "cause", "rank", "why", "regex", "sample", "counter_sample"});
  Pattern pattern;
  pattern.file = file.string();
  pattern.line = line_of(table);
  pattern.id = reader.text("id", true);
  pattern.variant = reader.word<Variant>("variant");
  pattern.family = reader.word<Family>("family");
  pattern.cause = reader.word<Cause>("cause");
  pattern.rank = reader.number("rank", 5, 1, 9);
  pattern.why = reader.text("why", true);
  pattern.regex = reader.text("regex", true);
  if (pattern.variant.has_value() != pattern.family.has_value()) {
    reader.note(table, "`variant` and `family` go together");
  }
  if (!pattern.variant && !pattern.cause)
    reader.note(table, "neither `variant` nor `cause` is given");
  if (reader.fault()) return tl::unexpected(*reader.fault());
  auto samples = read_samples(file, table, "sample", "from");
  if (!samples) return tl::unexpected(samples.error());
  auto counters = read_samples(file, table, "counter_sample", "why");
  if (!counters) return tl::unexpected(counters.error());
  if (samples->empty()) {
    return fail(ErrorKind::invalid_pattern, place(file, table), "`{}` has no [[pattern.sample]]",
                pattern.id);
  }
  if (counters->empty()) {
    return fail(ErrorKind::invalid_pattern, place(file, table),
                "`{}` has no [[pattern.counter_sample]]", pattern.id);
  }
  pattern.samples = std::move(*samples);
  pattern.counter_samples = std::move(*counters);
  return pattern;
}

}  // namespace

Result<std::vector<Pattern>> read_pattern_file(const std::filesystem::path& file) {
  toml::table root;
  try {
    root = toml::parse_file(file.string());
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    if (line == 0) return fail(ErrorKind::not_found, file.string(), "{}", error.description());
    return fail(ErrorKind::invalid_pattern,
                fmt::format("{}:{}:{}", file.string(), line, error.source().begin.column), "{}",
                error.description());
  }
  std::vector<Pattern> patterns;
  for (const auto& [key, node] : root) {
    const auto* list = node.as_array();
    if (key.str() != "pattern" || list == nullptr) {
      return fail(ErrorKind::invalid_pattern, place(file, node),
                  "unknown key `{}`: only [[pattern]] stands here", key.str());
    }
    for (const auto& entry : *list) {
      const auto* table = entry.as_table();
      if (table == nullptr)
        return fail(ErrorKind::invalid_pattern, place(file, entry), "[[pattern]] is not a table");
      auto pattern = read_pattern(file, *table);
      if (!pattern) return tl::unexpected(pattern.error());
      patterns.push_back(std::move(*pattern));
    }
  }
  return patterns;
}

}  // namespace lostmail::classify
