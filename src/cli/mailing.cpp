#include "cli/mailing.hpp"

#include <fmt/format.h>

#include "lostmail/replay/process.hpp"
#include "lostmail/report/html_report.hpp"
#include "lostmail/report/mail.hpp"
#include "lostmail/report/text_report.hpp"

namespace lostmail::cli {

Result<void> mail_report(const report::Summary& summary, const std::vector<std::string>& to,
                         const Globals& globals) {
  report::Mail mail;
  mail.to = to;
  mail.from = globals.configuration.text("report.mail_from");
  for (const auto& address : to) {
    if (auto ok = report::check_recipient(address); !ok) return ok;
  }
  if (!mail.from.empty()) {
    if (auto ok = report::check_recipient(mail.from); !ok) return ok;
  }
  mail.subject = summary.host + ": " + summary.headline();
  mail.text = report::text_report(summary);
  mail.html = report::html_report(summary);

  replay::Command command;
  command.program = globals.configuration.text("report.sendmail");
  // -i: a line with a lone dot does not end the message. Recipients stand in the message alone.
  command.arguments = {"-i", "-t"};
  command.input = report::mime_message(mail);
  command.limit = std::chrono::minutes(2);
  auto done = replay::run(command);
  if (!done) return tl::unexpected(done.error());
  if (done->timed_out || done->status != 0) {
    std::string why = done->err.substr(0, done->err.find('\n'));
    if (why.empty()) why = done->out.substr(0, done->out.find('\n'));
    return fail(
        ErrorKind::io_error, command.program, "did not take the report{}{}: try it by hand",
        done->timed_out ? " within two minutes" : fmt::format(" (exit status {})", done->status),
        why.empty() ? "" : ": " + why);
  }
  return {};
}

}  // namespace lostmail::cli
