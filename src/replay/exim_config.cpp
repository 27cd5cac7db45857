#include "replay/exim_config.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "replay/scratch.hpp"

namespace lostmail::replay {
namespace {

constexpr int kMostNested = 20;

bool is_path_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '/';
}
bool is_word_char(char c) { return is_path_char(c) && c != '-' && c != '.' && c != '/'; }

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Calls `use` with each line without its newline.
template <typename Use>
void each_line(std::string_view text, const Use& use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// The file that a line includes; empty for other lines.
std::string_view included(std::string_view line, bool& optional) {
  const std::string_view text = trimmed(line);
  for (const std::string_view word : {".include_if_exists", ".include"}) {
    if (!text.starts_with(word)) continue;
    std::string_view file = trimmed(text.substr(word.size()));
    if (file.size() + word.size() == text.size()) return {};  // no blank between
    if (file.size() > 1 && file.front() == '"' && file.back() == '"') {
      file = file.substr(1, file.size() - 2);
    }
    optional = word.size() > 8;
    return file.starts_with('/') ? file : std::string_view();
  }
  return {};
}

Result<std::string> config_of(const std::filesystem::path& file, int depth) {
  if (depth > kMostNested) {
    return fail(ErrorKind::invalid_argument, file.string(), "files include each other without end");
  }
  auto text = read_file(file);
  if (!text) return text;
  std::string whole;
  std::optional<Error> trouble;
  each_line(*text, [&](std::string_view line) {
    bool optional = false;
    const std::string_view name = included(line, optional);
    std::error_code code;
    if (trimmed(line).starts_with('#')) return;  // so that a list in a comment is not taken for one
    if (name.empty()) {
      whole.append(line).append("\n");
    } else if (!optional || std::filesystem::exists(name, code)) {
      auto inner = config_of(name, depth + 1);
      if (inner) {
        whole += *inner;
      } else if (!trouble) {
        trouble = inner.error();
      }
    }
  });
  if (trouble) return tl::unexpected(*trouble);
  return whole;
}

/// Macros that stand for exactly `folder`.
std::vector<std::string> macros_for(std::string_view config, std::string_view folder) {
  std::vector<std::string> names;
  each_line(config, [&](std::string_view line) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text.front() < 'A' || text.front() > 'Z') return;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || trimmed(text.substr(equals + 1)) != folder) return;
    const std::string_view name = trimmed(text.substr(0, text.find_first_of(" \t=")));
    if (std::all_of(name.begin(), name.end(), is_word_char)) names.emplace_back(name);
  });
  return names;
}

/// The lookup type before a path: `…;/path`, or `${lookup{…}TYPE{/path}`.
std::string lookup_before(std::string_view config, std::size_t at) {
  if (at == 0 || (config[at - 1] != ';' && config[at - 1] != '{')) return {};
  std::size_t begin = at - 1;
  const auto of_type = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '*' || c == '@';
  };
  while (begin > 0 && of_type(config[begin - 1])) --begin;
  const std::string_view word = config.substr(begin, at - 1 - begin);
  return word.find("search") != std::string_view::npos ? std::string(word) : std::string();
}

std::vector<std::string> spellings(std::string_view config, std::string_view path) {
  std::vector<std::string> result{std::string(path)};
  const std::size_t slash = path.rfind('/');
  for (const std::string& macro : macros_for(config, path.substr(0, slash))) {
    result.push_back(macro + std::string(path.substr(slash)));
  }
  return result;
}

}  // namespace

Result<std::string> whole_config(const std::filesystem::path& file) { return config_of(file, 0); }

std::optional<Mention> find_mention(std::string_view config, std::string_view path,
                                    std::size_t start) {
  std::optional<Mention> first;
  for (const std::string& spelling : spellings(config, path)) {
    for (std::size_t at = config.find(spelling, start); at != std::string_view::npos;
         at = config.find(spelling, at + 1)) {
      const std::size_t end = at + spelling.size();
      const bool whole = (at == 0 || !is_path_char(config[at - 1])) &&
                         (end == config.size() || !is_path_char(config[end]));
      if (!whole) continue;
      if (!first || at < first->at) first = Mention{at, spelling.size(), lookup_before(config, at)};
      break;
    }
  }
  return first;
}

std::string with_path(std::string_view config, std::string_view path, std::string_view other) {
  std::string result;
  std::size_t done = 0;
  while (const auto mention = find_mention(config, path, done)) {
    result += config.substr(done, mention->at - done);
    result += other;
    done = mention->at + mention->length;
  }
  return result.append(config.substr(done));
}

std::string with_option(std::string_view config, std::string_view name, std::string_view value) {
  const std::string line = fmt::format("{} = {}\n", name, value);
  std::string result = line;
  bool main_section = true, continued = false;
  each_line(config, [&](std::string_view text) {
    std::string_view word = trimmed(text);
    if (word.starts_with("hide ")) word = trimmed(word.substr(5));
    if (word.starts_with("begin ")) main_section = false;
    const bool sets =
        word.starts_with(name) && (word.size() == name.size() || !is_word_char(word[name.size()]));
    const bool dropped = continued || (main_section && sets);
    continued = dropped && word.ends_with('\\');
    if (!dropped) result.append(text).append("\n");
  });
  return result;
}

}  // namespace lostmail::replay
