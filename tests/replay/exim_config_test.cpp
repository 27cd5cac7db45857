#include "replay/exim_config.hpp"

#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

namespace lostmail::replay {
namespace {

constexpr std::string_view kConfig =
    "CONFDIR = /etc/exim4\n"
    "addresslist a = nwildlsearch;/etc/exim4/lostmail_senders\n"
    "hostlist b = ${if exists{CONFDIR/hosts}{CONFDIR/hosts}{}}\n"
    "domainlist c = lsearch;/etc/exim4/lostmail_senders2\n";

TEST(FindMention, TakesWholePathsAlone) {
  const auto mention = find_mention(kConfig, "/etc/exim4/lostmail_senders");
  ASSERT_TRUE(mention.has_value());
  EXPECT_EQ(mention->lookup, "nwildlsearch");
  EXPECT_FALSE(find_mention(kConfig, "/etc/exim4/lostmail_senders", mention->at + 1).has_value());
  EXPECT_FALSE(find_mention(kConfig, "/etc/exim4/lostmail").has_value());
  EXPECT_FALSE(find_mention(kConfig, "/exim4/lostmail_senders").has_value());
}

TEST(FindMention, KnowsMacrosOfTheFolder) {
  const auto mention = find_mention(kConfig, "/etc/exim4/hosts");
  ASSERT_TRUE(mention.has_value());
  EXPECT_EQ(kConfig.substr(mention->at, mention->length), "CONFDIR/hosts");
  EXPECT_EQ(mention->lookup, "");
}

TEST(WithPath, ReplacesEachMention) {
  EXPECT_EQ(with_path(kConfig, "/etc/exim4/hosts", "/run/x"),
            "CONFDIR = /etc/exim4\n"
            "addresslist a = nwildlsearch;/etc/exim4/lostmail_senders\n"
            "hostlist b = ${if exists{/run/x}{/run/x}{}}\n"
            "domainlist c = lsearch;/etc/exim4/lostmail_senders2\n");
}

TEST(WithOption, TakesThePlaceOfTheOldOne) {
  EXPECT_EQ(with_option("a = 1\n spool_directory = /var/\\\n  spool\nspool_directory_x = 2\n"
                        "begin acl\nspool_directory = no option\n",
                        "spool_directory", "/run/s"),
            "spool_directory = /run/s\na = 1\nspool_directory_x = 2\n"
            "begin acl\nspool_directory = no option\n");
}

TEST(WholeConfig, PutsIncludedFilesInPlaceAndDropsComments) {
  const std::string folder = testing::TempDir();
  const std::string inner = folder + "lostmail_inner.conf", outer = folder + "lostmail_outer.conf";
  std::ofstream(inner) << "b = 2\n";
  std::ofstream(outer) << "a = 1\n  # list = /etc/exim4/lostmail_senders\n.include " << inner
                       << "\n.include_if_exists /nonexistent/file\nc = 3\n";
  const auto text = whole_config(outer);
  ASSERT_TRUE(text.has_value()) << text.error().to_string();
  EXPECT_EQ(*text, "a = 1\nb = 2\nc = 3\n");
  std::ofstream(inner) << ".include " << inner << "\n";
  EXPECT_FALSE(whole_config(outer).has_value());
  ::unlink(inner.c_str());
  EXPECT_FALSE(whole_config(outer).has_value());
  ::unlink(outer.c_str());
}

}  // namespace
}  // namespace lostmail::replay
