#include "lostmail/ingest/ingest.hpp"

#include "ingest/run.hpp"

namespace lostmail::ingest {
namespace {

/// As the store names logs: a relative path says nothing tomorrow.
std::vector<input::LogList::Item> absolute(std::vector<input::LogList::Item> logs) {
  for (auto& log : logs) {
    std::error_code code;
    if (log.path == "-") continue;
    if (auto path = std::filesystem::absolute(log.path, code); !code)
      log.path = path.lexically_normal();
  }
  return logs;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A dot between two letters.
bool names_host(std::string_view word) {
  for (auto dot = word.find('.'); dot != std::string_view::npos; dot = word.find('.', dot + 1)) {
    if (dot > 0 && dot + 1 < word.size() && is_letter(word[dot - 1]) && is_letter(word[dot + 1]))
      return true;
  }
  return false;
}

}  // namespace

std::string shape_of(std::string_view line) {
  constexpr std::size_t kLongest = 160;
  std::string shape;
  for (std::size_t i = 0; i < line.size() && shape.size() < kLongest;) {
    const auto end = std::min(line.find_first_of(" \t", i), line.size());
    const auto word = line.substr(i, end - i);
    if (word.find('@') != std::string_view::npos) {
      shape += "ADDR";
    } else if (word.find_first_of("0123456789") != std::string_view::npos) {
      shape += "N";
    } else if (names_host(word)) {
      shape += "HOST";
    } else {
      for (const char c : word) shape += is_letter(c) || (c > ' ' && c < 0x7f) ? c : '?';
    }
    if (end < line.size()) shape += ' ';
    i = end + 1;
  }
  return shape;
}

Result<IngestSummary> ingest(const std::vector<input::LogList::Item>& logs, Settings settings,
                             const std::optional<std::string>& host,
                             const classify::PatternSet& patterns, store::Store& store) {
  if (auto begun = store.begin(settings.wait_seconds); !begun) return tl::unexpected(begun.error());
  settings.more_follows = true;
  Run run(std::move(settings), host, patterns, store);
  auto summary = run.all(absolute(logs));
  if (!summary) store.rollback();
  return summary;
}

}  // namespace lostmail::ingest
