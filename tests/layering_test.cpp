#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

using Rooms = std::set<std::string>;

/// The floor plan of src/README.md; every room may use itself.
const std::map<std::string, Rooms>& floor_plan() {
  static const std::map<std::string, Rooms> plan{
      {"core", {}},
      {"input", {"core"}},
      {"parse", {"core"}},
      {"assemble", {"core", "parse"}},
      {"classify", {"core"}},
      {"store", {"core"}},
      {"report", {"core"}},
      {"whitelist", {"core"}},
      {"replay", {"core"}},
      {"advice", {"core"}},
      {"diagnose", {"core"}},
      {"trace", {"core"}},
      {"bounce", {"core"}},
      {"ingest", {"core", "input", "parse", "assemble", "classify", "store"}},
      {"search", {"core", "input", "parse", "assemble", "classify", "trace", "ingest"}},
      {"cli",
       {"core", "input", "parse", "assemble", "classify", "store", "report", "whitelist", "replay",
        "advice", "trace", "bounce", "diagnose", "ingest", "search"}},
  };
  return plan;
}

int held_includes(const fs::path& folder) {
  const std::regex include(R"re(^\s*#\s*include\s*"(?:(lostmail)/)?([^/"]+)/)re");
  int held = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension != ".cpp" && extension != ".hpp" && extension != ".inc") continue;
    const std::string room = fs::relative(entry.path(), folder).begin()->string();
    const auto known = floor_plan().find(room);
    if (known == floor_plan().end()) {
      ADD_FAILURE() << entry.path() << " is in no room of the floor plan";
      continue;
    }
    std::ifstream file(entry.path());
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      ++held;
      const std::string used = match[2];
      const bool own_room = used == room;
      EXPECT_TRUE(own_room || known->second.contains(used))
          << entry.path().string() << ":" << number << ": " << room << " may not use " << used;
      EXPECT_TRUE(own_room || match[1].matched)
          << entry.path().string() << ":" << number << ": a private header of another room";
    }
  }
  return held;
}

TEST(Layering, IncludesGoDownOnly) {
  const fs::path root = LOSTMAIL_SOURCE_DIR;
  EXPECT_GT(held_includes(root / "src"), 0);
  EXPECT_GT(held_includes(root / "include" / "lostmail"), 0);
}

}  // namespace
