#include "lostmail/report/mail.hpp"

#include <gtest/gtest.h>

namespace lostmail::report {
namespace {

TEST(Mail, Recipients) {
  struct Row {
    std::string address;
    bool good;
  };
  for (const auto& row : std::vector<Row>{
           {"a@b.example", true},
           {"a.b+c=d@b.example", true},
           {"root", true},
           {"", false},
           {"@b.example", false},
           {"a@", false},
           {"a@b@c", false},
           {"-oQ/tmp", false},
           {"a b@c.example", false},
           {"a@b.example, c@d.example", false},
           {"a@b.example\nBcc: c@d.example", false},
           {"a@b.example\r", false},
           {std::string("a@b.example\0", 12), false},
           {"\"a\"@b.example", false},
           {"A <a@b.example>", false},
           {"a@[192.0.2.1]", false},
           {"a@b.example(x)", false},
           {"|cat", false},
           {"/etc/passwd", false},
           {"m\xfcller@b.example", false},
           {std::string(250, 'a') + "@b.example", false},
       })
    EXPECT_EQ(check_recipient(row.address).has_value(), row.good) << row.address;
}

TEST(Mail, BodyIsBase64InShortLines) {
  // Expected values by coreutils base64.
  struct Row {
    std::string html;
    const char* encoded;
  };
  for (const auto& row : std::vector<Row>{
           {"", "\n\n"},
           {"a", "\n\nYQ==\n"},
           {"ab", "\n\nYWI=\n"},
           {"abc", "\n\nYWJj\n"},
           {"\xff\xfe\xfd\xfc", "\n\n//79/A==\n"},
           {std::string(57, 'a'),
            "\n\nYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\n"},
           {std::string(58, 'a'),
            "\n\nYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\nYQ=="
            "\n"},
       }) {
    Mail mail;
    mail.html = row.html;
    const std::string message = mime_message(mail);
    const auto at = message.find("base64") + 6;
    EXPECT_EQ(message.substr(at, std::string_view(row.encoded).size()), row.encoded);
    EXPECT_EQ(message.substr(at + std::string_view(row.encoded).size(), 3), "\n--");
  }
}

TEST(Mail, SubjectIsOneLineOfAscii) {
  Mail mail;
  mail.to = {"root", "a@b.example"};
  mail.subject = "mx1\r\nBcc: x@y.example\xff\tlost";
  const std::string message = mime_message(mail);
  EXPECT_TRUE(
      message.starts_with("To: root,\n a@b.example\n"
                          "Subject: mx1\\015\\nBcc: x@y.example\\377 lost\nAuto-Submitted"))
      << message;
}

}  // namespace
}  // namespace lostmail::report
