#include <fmt/format.h>

#include "cli/common.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::cli {
namespace {

template <typename Enum>
void print_words(std::string_view title) {
  fmt::print("{}:", title);
  for (const auto& word : Words<Enum>::list) fmt::print(" {}", word.name);
  fmt::print("\n");
}

ExitCode list(const Globals& globals, bool words) {
  if (words) {
    print_words<Variant>("variants");
    print_words<Cause>("causes");
    print_words<Family>("families");
    print_words<Direction>("directions");
    print_words<Stage>("stages");
    return ExitCode::done;
  }
  auto patterns = load_patterns(globals);
  if (!patterns) return give_up(patterns.error());
  std::string file;
  for (const auto& pattern : patterns->patterns()) {
    if (pattern.file != file) {
      file = pattern.file;
      fmt::print("{}{}\n", report::printable(file),
                 pattern.of_site ? " (yours: before the shipped ones)" : "");
    }
    fmt::print("  {:<38} rank {} {}{}\n", report::printable(pattern.id), pattern.rank,
               pattern.variant ? name_of(*pattern.variant) : std::string_view("(why)"),
               pattern.cause ? std::string(" because ") + std::string(name_of(*pattern.cause))
                             : std::string());
    if (globals.verbose) fmt::print("      {}\n", report::printable(pattern.why));
  }
  return ExitCode::done;
}

/// Whether the file is one of the shipped, so that `patterns check patterns/` holds them against
/// themselves.
ExitCode check(const std::vector<std::string>& files, const Globals& globals) {
  std::vector<std::filesystem::path> paths(files.begin(), files.end());
  Result<classify::PatternSet> set = load_patterns(globals);
  if (!set) return give_up(set.error());
  std::vector<std::filesystem::path> shipped;
  for (const auto& pattern : set->patterns()) {
    if (shipped.empty() || shipped.back() != pattern.file) shipped.emplace_back(pattern.file);
  }
  std::vector<std::filesystem::path> own;
  for (const auto& path : paths) {
    std::error_code code;
    const bool known = std::any_of(shipped.begin(), shipped.end(), [&](const auto& file) {
      return std::filesystem::equivalent(file, path, code) ||
             (std::filesystem::is_directory(path, code) &&
              std::filesystem::equivalent(file.parent_path(), path, code));
    });
    if (!known) own.push_back(path);
  }
  std::size_t faults = 0, count = set->patterns().size();
  if (!own.empty()) {
    auto with_own = classify::PatternSet::load(shipped, {});
    if (!with_own) return give_up(with_own.error());
    std::vector<std::filesystem::path> all(globals.pattern_options.begin(),
                                           globals.pattern_options.end());
    all.insert(all.end(), own.begin(), own.end());
    auto checked = classify::PatternSet::load(shipped, all);
    if (!checked) return give_up(checked.error());
    count = checked->patterns().size() - with_own->patterns().size();
  }
  if (own.empty() || own.size() < paths.size()) {
    for (const auto& fault : set->check()) {
      complain(fault);
      ++faults;
    }
  }
  if (faults > 0) return ExitCode::not_done;
  fmt::print("{}: each sample is claimed by its own pattern, each counter-sample let go\n",
             counted(count, "pattern"));
  return ExitCode::done;
}

}  // namespace

void add_patterns(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command =
      app.add_subcommand("patterns", "The wordings that are known, shipped and your own");
  command->require_subcommand(1);
  auto* listing = command->add_subcommand("list", "All patterns in the order of their files");
  auto words = std::make_shared<bool>(false);
  listing->add_flag("--words", *words,
                    "The words for variants, causes, families, directions and stages");
  on_run(*listing, globals, exit, [&globals, words] { return list(globals, *words); });
  auto* checking =
      command->add_subcommand("check", "Hold patterns against their samples and counter-samples");
  auto files = std::make_shared<std::vector<std::string>>();
  checking->add_option("FILE", *files, "Pattern files or directories (default: the shipped ones)");
  on_run(*checking, globals, exit, [&globals, files] { return check(*files, globals); });
}

}  // namespace lostmail::cli
