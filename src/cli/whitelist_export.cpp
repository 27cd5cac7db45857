#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli/whitelist_state.hpp"
#include "lostmail/replay/process.hpp"
#include "lostmail/report/csv.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/whitelist/export.hpp"
#include "lostmail/whitelist/guide.hpp"

namespace lostmail::cli {
namespace {

namespace fs = std::filesystem;
using whitelist::Entry;
using whitelist::Target;

struct Options {
  std::string format;
  std::string output;
  bool diff = false;
  bool proven = false;
};

/// One file to write: what it is and what it shall be.
struct Planned {
  const Target* target = nullptr;
  std::string path;  ///< empty: standard output
  std::string before, after;
  whitelist::ListFile list;

  [[nodiscard]] bool changes() const { return before != after; }
};

/// Where the file of `target` goes. Formats of several files take a folder, or one of them by its
/// name.
std::string place_of(const Target& target, const std::string& output) {
  if (output.empty()) return {};
  std::error_code code;
  const bool folder = fs::is_directory(output, code);
  return folder ? (fs::path(output) / target.name).string() : output;
}

/// -o names a file of a format that has several.
bool is_passed_over(const Target& target, const std::string& output) {
  std::error_code code;
  if (output.empty() || whitelist::targets_of(target.format).size() == 1) return false;
  return !fs::is_directory(output, code) && fs::path(output).filename() != target.name;
}

Result<Planned> plan(const Target& target, const std::vector<Entry>& entries,
                     const std::string& path) {
  Planned planned{&target, path, {}, {}, {}};
  if (!path.empty()) {
    auto existing = existing_file(path);
    if (!existing) return tl::unexpected(existing.error());
    planned.before = std::move(*existing);
  }
  auto list = whitelist::file_of(target, entries, now_utc(), planned.before);
  if (!list) return fail(list.error().kind, path, "{}", list.error().to_string());
  planned.list = std::move(*list);
  auto after = whitelist::replace_block(planned.before, planned.list.block);
  if (!after) return fail(after.error().kind, path, "{}", after.error().to_string());
  planned.after = std::move(*after);
  // An empty block is not worth a new file.
  const bool pointless = planned.before.empty() && planned.list.entries == 0 && !path.empty();
  if (pointless) planned.after.clear();
  return planned;
}

Result<std::vector<Planned>> plan_all(const Options& options, const std::vector<Entry>& entries) {
  const auto format = *from_name<whitelist::Format>(options.format);
  std::vector<Planned> all;
  for (const Target& target : whitelist::targets_of(format)) {
    if (is_passed_over(target, options.output)) continue;
    auto planned = plan(target, entries, place_of(target, options.output));
    if (!planned) return tl::unexpected(planned.error());
    all.push_back(std::move(*planned));
  }
  if (all.empty()) {
    return fail(ErrorKind::invalid_argument, options.output,
                "is neither a folder nor one of this format's files: give the folder that holds "
                "them");
  }
  return all;
}

void tell_left_out(const Options& options, const std::vector<Entry>& entries,
                   const std::vector<Planned>& all) {
  for (const Planned& planned : all) {
    for (const auto& rejected : planned.list.left_out) {
      complain(rejected.subject + ": left out: " + rejected.reason);
    }
  }
  const auto format = *from_name<whitelist::Format>(options.format);
  for (const auto& rejected : whitelist::not_held(format, entries, now_utc())) {
    complain(rejected.subject + ": not held by this format: " + rejected.reason);
  }
}

/// What -o would change, as `diff -u` has it.
Result<void> print_diff(const Planned& planned) {
  if (!planned.changes()) return {};
  replay::Command diff{"diff",
                       {"-u", "--label", planned.path, "--label", planned.path + " (new)", "--",
                        planned.before.empty() ? "/dev/null" : planned.path, "-"},
                       planned.after};
  auto output = replay::run(diff);
  if (!output) return tl::unexpected(output.error());
  if (output->status != 1) {
    return fail(ErrorKind::io_error, planned.path, "diff failed: {}", output->err);
  }
  return put_out(output->out, "");
}

ExitCode show_diff(const std::vector<Planned>& all) {
  bool changes = false;
  for (const Planned& planned : all) {
    if (auto ok = print_diff(planned); !ok) return give_up(ok.error());
    changes = changes || planned.changes();
  }
  return changes ? ExitCode::nothing_found : ExitCode::done;  // 1: something waits to be written
}

ExitCode print_all(const std::vector<Planned>& all) {
  std::size_t entries = 0;
  for (const Planned& planned : all) {
    entries += planned.list.entries;
    if (all.size() > 1) fmt::print("==> {} <==\n", planned.target->path());
    flush_printed();
    if (auto ok = put_out(planned.after, ""); !ok) return give_up(ok.error());
  }
  return entries == 0 ? ExitCode::nothing_found : ExitCode::done;
}

/// Notes in the store which entries are in a list now, and where the lists lie.
Result<void> note_written(const std::vector<Planned>& all, store::Store& store) {
  const std::int64_t now = now_utc();
  auto decisions = store.decisions();
  if (!decisions) return tl::unexpected(decisions.error());
  if (auto ok = store.begin(); !ok) return ok;
  Result<void> ok;
  for (const Planned& planned : all) {
    if (!planned.changes() && planned.before.empty()) continue;
    ok = store.put(store::WrittenList{fs::absolute(planned.path).string(),
                                      std::string(name_of(planned.target->format)),
                                      std::string(planned.target->name), now});
    for (auto& decision : *decisions) {
      const auto& ids = planned.list.ids;
      const bool held = std::find(ids.begin(), ids.end(), decision.id) != ids.end();
      if (!ok || !held || decision.exported != 0) continue;
      decision.exported = now;
      ok = store.put(decision);
    }
    if (!ok) break;
  }
  if (ok) return store.commit();
  store.rollback();
  return ok;
}

ExitCode write_all_lists(const std::vector<Planned>& all, const Globals& globals,
                         store::Store& store) {
  std::size_t entries = 0;
  for (const Planned& planned : all) {
    entries += planned.list.entries;
    if (planned.changes()) {
      if (auto ok = put_out(planned.after, planned.path); !ok) return give_up(ok.error());
    }
  }
  if (auto ok = note_written(all, store); !ok) return give_up(ok.error());
  if (globals.quiet) return entries == 0 ? ExitCode::nothing_found : ExitCode::done;
  for (const Planned& planned : all) {
    fmt::print("{}: {} {}{}\n", planned.path, planned.list.entries,
               planned.list.entries == 1 ? "entry" : "entries",
               planned.changes()        ? ""
               : planned.before.empty() ? ", not written"
                                        : ", unchanged");
    const auto use = whitelist::use_of(*planned.target, fs::absolute(planned.path).string());
    if (use && planned.changes()) fmt::print("\n{}\n", *use);
  }
  return entries == 0 ? ExitCode::nothing_found : ExitCode::done;
}

std::string csv_line(const whitelist::Record& record) {
  const auto stamp = [](std::int64_t time) { return time == 0 ? "" : utc_rfc3339(time); };
  const Entry& entry = record.entry;
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", record.id,
                     name_of(entry.list), report::csv_field(entry.key), entry.value, record.state,
                     report::csv_field(entry.approved_by), stamp(entry.approved),
                     stamp(entry.expires), report::csv_field(entry.reason),
                     report::csv_field(entry.note), entry.attempts, stamp(entry.first),
                     stamp(entry.last), name_of(entry.proof));
}

/// All approved entries in force, for other programs.
ExitCode export_records(const Options& options, store::Store& store) {
  auto found = records(store);
  if (!found) return give_up(found.error());
  const bool json = options.format == "json";
  std::string text = json ? ""
                          : "id,list,key,value,state,by,decided,expires,reason,note,attempts,first,"
                            "last,proof\r\n";
  std::size_t count = 0;
  for (const auto& record : *found) {
    const bool live = record.entry.expires == 0 || record.entry.expires > now_utc();
    if (record.state != "approved" || !live || !whitelist::check(record.entry)) continue;
    if (options.proven && record.entry.proof != whitelist::Proof::proven) continue;
    text += json ? whitelist::json_line(record) + '\n' : csv_line(record);
    ++count;
  }
  if (auto ok = put_out(text, options.output); !ok) return give_up(ok.error());
  return count == 0 ? ExitCode::nothing_found : ExitCode::done;
}

ExitCode export_list(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  if (options.format == "json" || options.format == "csv") {
    if (options.diff) {
      return give_up({ErrorKind::invalid_argument, "--diff", "is for the lists of mail servers"});
    }
    return export_records(options, *store);
  }
  if (options.diff && options.output.empty()) {
    return give_up({ErrorKind::invalid_argument, "--diff", "needs the file: -o FILE"});
  }
  auto entries = approved_entries(*store);
  if (!entries) return give_up(entries.error());
  if (options.proven) {
    std::erase_if(*entries,
                  [](const Entry& entry) { return entry.proof != whitelist::Proof::proven; });
  }
  const auto all = plan_all(options, *entries);
  if (!all) return give_up(all.error());
  tell_left_out(options, *entries, *all);
  if (options.diff) return show_diff(*all);
  if (options.output.empty() || options.output == "-") return print_all(*all);
  return write_all_lists(*all, globals, *store);
}

}  // namespace

void add_export(CLI::App& command, Globals& globals, ExitCode& exit) {
  auto options = std::make_shared<Options>();
  auto* exporting =
      command.add_subcommand("export", "Write the approved entries as the mail server reads them");
  std::vector<std::string> formats;
  for (const auto& word : Words<whitelist::Format>::list) formats.emplace_back(word.name);
  formats.insert(formats.end(), {"json", "csv"});
  exporting->add_option("FORMAT", options->format, "Of the list")
      ->required()
      ->check(CLI::IsMember(formats));
  exporting
      ->add_option("-o,--output", options->output,
                   "Into this file: whole or not at all, other lines, mode and owner kept; the "
                   "folder for debian-exim4, cpanel, directadmin")
      ->type_name("FILE");
  exporting->add_flag("--diff", options->diff,
                      "Show what -o would change, and write nothing; status 1: it would");
  exporting->add_flag("--proven", options->proven, "Only entries that verify found to work");
  on_run(*exporting, globals, exit, [&globals, options] { return export_list(*options, globals); });
}

}  // namespace lostmail::cli
