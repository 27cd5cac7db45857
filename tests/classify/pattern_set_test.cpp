#include "lostmail/classify/pattern_set.hpp"

#include <algorithm>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

namespace lostmail::classify {
namespace {

namespace fs = std::filesystem;

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    std::string name = (fs::temp_directory_path() / "lostmail-patterns-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "own.toml";
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path folder_, path_;
};

const PatternSet& shipped() {
  static const PatternSet set = PatternSet::load({LOSTMAIL_TEST_PATTERNS}).value();
  return set;
}

std::string variant_in(const PatternSet& set, std::string_view text) {
  const Pattern* by = set.variant_of(text);
  return by == nullptr ? "none" : std::string(name_of(*by->variant));
}

TEST(PatternSet, ShippedPatternsHoldTheirSamples) {
  for (const auto& fault : shipped().check()) ADD_FAILURE() << fault.to_string();
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

TEST(PatternSet, TenWordings) {
  struct Row {
    const char* wording;  // with plain - and "
    const char* variant;
  };
  const std::vector<Row> rows{
      {"Sender verify failed", "sender_verify_failed"},
      {"sender verify rejected", "sender_verify_rejected"},
      {"verify validity", "verify_validity"},
      {"administrative prohibition \"mailserver verify address\"", "administrative_prohibition"},
      {"message to verify they are valid", "message_to_verify"},
      {"Sender verify failed - upgrade your firewall firmware or settings", "firewall_upgrade"},
      {"Not sent - no reverse lookup", "no_reverse_lookup"},
      {"The destination mail system rejected your return address", "return_address_rejected"},
      {"sender must exist", "sender_must_exist"},
      {"domain not found", "domain_not_found"},
  };
  for (const auto& row : rows) {
    const std::string plain = row.wording;
    std::string upper = plain;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    const auto blank = plain.rfind(' ');
    const std::string wrapped =
        "550-" + plain.substr(0, blank) + "\\n550 " + plain.substr(blank + 1);
    const std::vector<std::pair<const char*, std::string>> forms{
        {"alone", plain},
        {"with code", "550 " + plain},
        {"upper case", "550 " + upper},
        {"typographic bytes",
         "550 " + replaced(replaced(plain, "-", "\xe2\x80\x93"), "\"", "\xe2\x80\x9d")},
        {"typographic escapes",
         "550 " + replaced(replaced(plain, "-", "\\342\\200\\223"), "\"", "\\342\\200\\235")},
        {"wrapped, last word", wrapped},
        {"wrapped, 550- on both", replaced(wrapped, "\\n550 ", "\\n550-")},
    };
    for (const auto& [form, text] : forms)
      EXPECT_EQ(variant_in(shipped(), text), row.variant) << form << ": " << text;
    for (auto at = plain.find(' '); at != std::string::npos; at = plain.find(' ', at + 1)) {
      const std::string text = "550-" + plain.substr(0, at) + "\\n550-" + plain.substr(at + 1);
      EXPECT_EQ(variant_in(shipped(), text), row.variant) << text;
    }
  }
}

TEST(PatternSet, StrangersChooseNothing) {
  struct Row {
    const char* name;
    const char* text;
    const char* variant;
  };
  const std::vector<Row> rows{
      {"address in brackets", "550 <sender-verify-failed@x.example>: User unknown",
       "recipient_unknown"},
      {"bare address", "550 domain-not-found@x.example... User unknown", "recipient_unknown"},
      {"quoted local part", "550 \"spam virus\"@x.example User unknown", "recipient_unknown"},
      {"quoted local part alone", "550 \"Sender verify failed\"@x.example", "none"},
      {"quoted in brackets", "550 <\"Sender verify failed\"@x.example>: User unknown",
       "recipient_unknown"},
      {"host", "550 sender-verify-failed.virus.example: User unknown", "recipient_unknown"},
      {"URL", "550 User unknown, see http://x.example/spam-virus", "recipient_unknown"},
  };
  for (const auto& row : rows) EXPECT_EQ(variant_in(shipped(), row.text), row.variant) << row.name;
}

TEST(PatternSet, LastLineWins) {
  EXPECT_EQ(variant_in(shipped(), "550-domain not found\\n550 sender must exist"),
            "sender_must_exist");
  EXPECT_EQ(variant_in(shipped(), "550-sender must exist\\n550 domain not found"),
            "domain_not_found");
}

std::string pattern(const std::string& id, const std::string& variant, int rank,
                    const std::string& regex, const std::string& sample) {
  return "[[pattern]]\nid = '" + id + "'\nvariant = '" + variant +
         "'\nfamily = 'policy'\nrank = " + std::to_string(rank) + "\nwhy = 'a test'\nregex = '" +
         regex + "'\n[[pattern.sample]]\nfrom = 'made'\ntext = '" + sample +
         "'\n[[pattern.counter_sample]]\nwhy = 'made'\ntext = 'quite another'\n";
}

TEST(PatternSet, RankBeforeLastLine) {
  const TemporaryFile file(pattern("late", "other", 5, "beta", "beta") +
                           pattern("early", "spf_fail", 2, "alpha", "alpha"));
  const auto set = PatternSet::load({file.path()});
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(variant_in(*set, "550-alpha\\n550 beta"), "spf_fail");
}

TEST(PatternSet, SiteBeforeShipped) {
  const TemporaryFile file(pattern("own", "spf_fail", 9, "sender \\s verify \\s failed",
                                   "Our own: sender verify failed"));
  const auto set = PatternSet::load({LOSTMAIL_TEST_PATTERNS}, {file.path()});
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(variant_in(*set, "550 Sender verify failed - upgrade your firewall"), "spf_fail");
}

TEST(PatternSet, BadFilesNameTheirPlace) {
  const std::string good = pattern("a", "other", 5, "alpha", "alpha");
  struct Row {
    const char* name;
    std::string content;
    const char* error;  // behind the file's name
  };
  const std::vector<Row> rows{
      {"unknown key", replaced(good, "why = 'a test'", "wy = 'a test'"), ":6: unknown key `wy`"},
      {"unknown variant", replaced(good, "'other'", "'othr'"),
       ":3: `othr` is no variant: see `lostmail patterns list --words`"},
      {"rank", replaced(good, "rank = 5", "rank = 10"), ":5: `rank` is a whole number from 1 to 9"},
      {"no family", replaced(good, "family = 'policy'\n", ""),
       ":1: `variant` and `family` go together"},
      {"id twice", good + replaced(good, "alpha", "beta"),
       ":14: the id `a` is taken: give another"},
      {"no sample", good.substr(0, good.find("[[pattern.sample")),
       ":1: `a` has no [[pattern.sample]]"},
      {"no counter-sample", good.substr(0, good.find("[[pattern.counter")),
       ":1: `a` has no [[pattern.counter_sample]]"},
      {"other key at the top", "pattrn = 1\n",
       ":1: unknown key `pattrn`: only [[pattern]] stands here"},
      {"regex", replaced(good, "regex = 'alpha'", "regex = '(alpha'"),
       ":1: `a`: missing closing parenthesis at offset 6 of the regex"},
      {"sample not claimed", replaced(good, "text = 'alpha'", "text = 'gamma'"),
       ":8: the sample of `a` is claimed by no pattern: gamma"},
      {"counter-sample claimed", replaced(good, "quite another", "alpha too"),
       ":11: `a` claims its counter-sample: alpha too"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const TemporaryFile file(row.content);
    const auto set = PatternSet::load({LOSTMAIL_TEST_PATTERNS}, {file.path()});
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().kind, ErrorKind::invalid_pattern);
    EXPECT_EQ(set.error().to_string(), file.path().string() + row.error);
  }
}

TEST(PatternSet, MissingFile) {
  const auto set = PatternSet::load({"/nonexistent/own.toml"});
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace lostmail::classify
