#include "lostmail/report/status.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "lostmail/core/text.hpp"
#include "report/pretty_json.hpp"

namespace lostmail::report {
namespace {

constexpr std::size_t kNameWidth = 22;

/// Text that is built line by line.
class Page {
 public:
  explicit Page(const Clock& clock) : clock_(clock) {}

  template <typename... Arguments>
  void line(fmt::format_string<Arguments...> form, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), form, std::forward<Arguments>(arguments)...);
    text_ += '\n';
  }
  [[nodiscard]] std::string when(std::int64_t time) const { return clock_.text(time); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  const Clock& clock_;
  std::string text_;
};

/// `/var/log/exim4/` of `/var/log/exim4/mainlog`; empty of `-`.
std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

void put_store(Page& page, const Status& status) {
  page.line("Store {}: {}, {}, {:.1f} MB, schema {}", printable(status.store),
            counted(status.refusals, "refusal"), counted(status.cases, "case"),
            static_cast<double>(status.bytes) / 1e6, status.schema);
  if (status.first && status.last)
    page.line("Refusals from {} to {}", page.when(*status.first), page.when(*status.last));
  if (status.pruned_before)
    page.line("Pruned before {}", utc_rfc3339(*status.pruned_before).substr(0, 10));
  if (status.last_run) page.line("Last ingest: {}", page.when(*status.last_run));
}

/// What there is to say of a log beyond its name, time and lines.
void put_remarks(Page& page, const Status::Log& log) {
  if (log.year_inferred) page.line("      year inferred: its lines write none");
  if (log.waiting > 0)
    page.line("      {} of a last line wait: it is not complete yet", counted(log.waiting, "byte"));
  if (log.counts.not_understood > 0)
    page.line("      {} not understood: see lostmail unparsed",
              counted(log.counts.not_understood, "line"));
  if (log.missing_until) page.line("      ! cut or replaced, see below");
  if (!log.problem.empty()) page.line("      ! {}", printable(log.problem));
}

void put_log(Page& page, const Status::Log& log, std::size_t folder) {
  const std::string name = log.path == "-" ? "standard input" : printable(log.path.substr(folder));
  const std::string time = log.first && log.last
                               ? page.when(*log.first) + " to " + page.when(*log.last)
                               : "no dated line";
  if (name.size() > kNameWidth) {
    page.line("    {}", name);
    page.line("    {:{}}  {:36}  {:>14}", "", kNameWidth, time, counted(log.counts.lines, "line"));
  } else {
    page.line("    {:{}}  {:36}  {:>14}", name, kNameWidth, time,
              counted(log.counts.lines, "line"));
  }
  put_remarks(page, log);
}

void put_logs(Page& page, const Status& status, const std::string& clock) {
  page.line("\n{}, times in {}", counted(status.logs.size(), "log"), clock);
  std::vector<const Status::Log*> logs;
  for (const auto& log : status.logs) logs.push_back(&log);
  std::stable_sort(logs.begin(), logs.end(), [](const auto* a, const auto* b) {
    return folder_of(a->path) < folder_of(b->path);
  });
  std::string folder;
  for (const auto* log : logs) {
    if (const auto next = folder_of(log->path); next != folder) {
      folder = next;
      page.line("  {}", printable(folder));
    }
    put_log(page, *log, folder.size());
  }
}

void put_gap(Page& page, const Status::Gap& gap) {
  page.line("  {} to {}", page.when(gap.from), page.when(gap.until));
  const std::string log = printable(gap.log);
  if (gap.log.empty()) {
    page.line("      no log tells of this time: what became of mail then is unknown");
  } else if (!gap.cut) {
    page.line("      no line of {}", log);
  } else if (gap.bytes_lost > 0) {
    page.line("      {} was cut or replaced: at least {} lost", log,
              counted(gap.bytes_lost, "byte"));
  } else {
    page.line("      {} was cut or replaced: what it held then, if anything, is lost", log);
  }
}

void put_log(Json& json, const Status::Log& log) {
  put(json, "path", log.path);
  put_time(json, "first", log.first);
  put_time(json, "last", log.last);
  put(json, "lines", log.counts.lines);
  put(json, "bytes", log.bytes);
  put(json, "waiting", log.waiting);
  json.Key("packed");
  json.Bool(log.packed);
  put(json, "exim", log.counts.exim);
  put(json, "sendmail", log.counts.sendmail);
  put(json, "continuation", log.counts.continuation);
  put(json, "other_program", log.counts.other_program);
  put(json, "not_understood", log.counts.not_understood);
  json.Key("year_inferred");
  json.Bool(log.year_inferred);
  put_time(json, "missing_until", log.missing_until);
  put(json, "bytes_lost", log.bytes_lost);
  put_or_null(json, "problem", log.problem);
}

}  // namespace

std::string status_text(const Status& status, const Clock& clock) {
  Page page(clock);
  put_store(page, status);
  put_logs(page, status, clock.name);
  if (status.logs.empty()) return page.take();
  page.line("\n{}", status.gaps.empty() ? "No gaps between them" : "Gaps");
  for (const auto& gap : status.gaps) put_gap(page, gap);
  return page.take();
}

std::string status_json(const Status& status) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.SetIndent(' ', 2);
  json.StartObject();
  put(json, "store", status.store);
  put(json, "schema", static_cast<std::uint64_t>(status.schema));
  put(json, "bytes", status.bytes);
  put(json, "refusals", status.refusals);
  put(json, "cases", status.cases);
  put_time(json, "first", status.first);
  put_time(json, "last", status.last);
  put_time(json, "last_ingest", status.last_run);
  put_time(json, "pruned_before", status.pruned_before);
  put_list(json, "logs", status.logs, [&](const Status::Log& log) { put_log(json, log); });
  put_list(json, "gaps", status.gaps, [&](const Status::Gap& gap) {
    put_or_null(json, "log", gap.log);
    put_time(json, "from", gap.from);
    put_time(json, "until", gap.until);
    json.Key("cut");
    json.Bool(gap.cut);
    put(json, "bytes_lost", gap.bytes_lost);
  });
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace lostmail::report
