#include "search/slice.hpp"

#include <algorithm>

#include "search/text_lines.hpp"

namespace lostmail::search {
namespace {

constexpr std::int64_t kSliceSeconds = 12;  ///< Exim's cause line stands before its refusal

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

  PickedLines take() {
    std::string room;
    const std::string client = client_of(record_of(line_from(view_, begin_), room));
    const std::size_t first = first_line();
    std::uint64_t number =
        hit_.number == 0 ? 0 : hit_.number - newlines_in(view_.substr(first, hit_.begin - first));
    PickedLines lines;
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

}  // namespace

PickedLines record_at(const Hit& hit, std::size_t begin) {
  PickedLines lines;
  std::string room;
  std::uint64_t number =
      hit.number == 0 ? 0 : hit.number - newlines_in(hit.view.substr(begin, hit.begin - begin));
  for (std::size_t at = begin; at < hit.view.size();) {
    const auto line = line_from(hit.view, at);
    if (at > begin && !continues(record_of(line, room))) break;
    lines.emplace_back(hit.offset + at, Pick{std::string(line), number, false});
    if (number > 0) ++number;
    at = std::min(hit.view.find('\n', at), hit.view.size() - 1) + 1;
  }
  return lines;
}

PickedLines slice_around(const LogFile& log, const Hit& hit, std::size_t begin, std::int64_t time) {
  return Slice(log, hit, begin, time).take();
}

}  // namespace lostmail::search
