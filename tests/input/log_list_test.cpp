#include "lostmail/input/log_list.hpp"

#include <algorithm>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

namespace lostmail::input {
namespace {

namespace fs = std::filesystem;

class LogListTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "lostmail-list-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void make(const std::vector<std::string>& files) const {
    for (const auto& file : files) {
      fs::create_directories((root_ / file).parent_path());
      std::ofstream(root_ / file) << "x\n";
    }
  }
  /// Relative to the root, in the order of the list.
  [[nodiscard]] std::vector<std::string> names(const LogList& list) const {
    std::vector<std::string> result;
    for (const auto& item : list.items)
      result.push_back(item.path == "-" ? "-" : fs::relative(item.path, root_).string());
    return result;
  }
  [[nodiscard]] std::vector<std::string> sorted_names(const LogList& list) const {
    auto result = names(list);
    std::sort(result.begin(), result.end());
    return result;
  }

  fs::path root_;
};

using Names = std::vector<std::string>;

TEST(LogRoleTest, ByName) {
  struct Row {
    const char* path;
    LogRole role;
  };
  for (const auto& row : std::vector<Row>{
           {"/var/log/exim4/mainlog", LogRole::mainlog},
           {"/var/log/exim4/rejectlog.2.gz", LogRole::rejectlog},
           {"/var/log/exim_paniclog-20261101", LogRole::paniclog},
           {"/var/log/rejected/mainlog", LogRole::mainlog},
       })
    EXPECT_EQ(role_of(row.path), row.role) << row.path;
}

TEST_F(LogListTest, Arguments) {
  make({"d/b", "d/a", "d/.hidden", "d/sub/c", "g/mainlog.1", "g/mainlog", "g/other", "[x]"});
  fs::create_directories(root_ / "empty");
  struct Row {
    const char* name;
    const char* argument;  // below the root, or "-"
    Names items;
    bool named;
    std::size_t problems;
  };
  const std::vector<Row> rows{
      {"a file", "d/a", {"d/a"}, true, 0},
      {"a missing file is told when it is opened", "none", {"none"}, true, 0},
      {"standard input", "-", {"-"}, true, 0},
      {"a directory, sorted, without dot files and folders", "d", {"d/a", "d/b"}, false, 0},
      {"an empty directory", "empty", {}, false, 1},
      {"a glob", "g/main*", {"g/mainlog", "g/mainlog.1"}, false, 0},
      {"a glob of nothing", "g/x*", {}, false, 1},
      {"a file named like a glob", "[x]", {"[x]"}, true, 0},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const std::string argument = row.argument;
    const auto list = expand({argument == "-" ? argument : (root_ / argument).string()});
    EXPECT_EQ(names(list), row.items);
    for (const auto& item : list.items) EXPECT_EQ(item.named, row.named);
    ASSERT_EQ(list.problems.size(), row.problems);
    for (const auto& problem : list.problems) EXPECT_EQ(problem.kind, ErrorKind::not_found);
  }
}

TEST_F(LogListTest, PlacesOfThisMachine) {
  struct Row {
    const char* name;
    Names files, found;  // found: sorted
  };
  const std::vector<Row> rows{
      {"Debian",
       {"var/log/exim4/mainlog", "var/log/exim4/mainlog.1", "var/log/exim4/mainlog.2.gz",
        "var/log/exim4/rejectlog", "var/log/exim4/paniclog", "var/log/mail.log",
        "var/log/mail.err"},
       {"var/log/exim4/mainlog", "var/log/exim4/mainlog.1", "var/log/exim4/mainlog.2.gz",
        "var/log/exim4/paniclog", "var/log/exim4/rejectlog", "var/log/mail.log"}},
      {"RHEL",
       {"var/log/exim/main.log", "var/log/exim/main.log-20261101", "var/log/exim/reject.log",
        "var/log/maillog", "var/log/maillog-20261101.xz"},
       {"var/log/exim/main.log", "var/log/exim/main.log-20261101", "var/log/exim/reject.log",
        "var/log/maillog", "var/log/maillog-20261101.xz"}},
      {"cPanel",
       {"var/log/exim_mainlog", "var/log/exim_mainlog-20261101.gz", "var/log/exim_rejectlog"},
       {"var/log/exim_mainlog", "var/log/exim_mainlog-20261101.gz", "var/log/exim_rejectlog"}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    fs::remove_all(root_ / "var");
    make(row.files);
    const auto list = machine_logs(root_);
    EXPECT_EQ(sorted_names(list), row.found);
    EXPECT_TRUE(list.problems.empty());
  }
}

TEST_F(LogListTest, NoLogOnThisMachine) {
  const auto list = machine_logs(root_);
  EXPECT_TRUE(list.items.empty());
  ASSERT_EQ(list.problems.size(), 1U);
  EXPECT_EQ(list.problems[0].kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace lostmail::input
