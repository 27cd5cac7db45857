#include <fmt/format.h>

#include "lostmail/core/log_time.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/report/text_report.hpp"
#include "report/pretty_json.hpp"

namespace lostmail::report {
namespace {

void put_texts(Json& json, const char* key, const std::vector<std::string>& texts) {
  json.Key(key);
  json.StartArray();
  for (const auto& text : texts) put_text(json, text);
  json.EndArray();
}

void put_cases(Json& json, const char* key, const std::vector<CaseRow>& cases) {
  put_list(json, key, cases, [&](const CaseRow& row) {
    put(json, "direction", name_of(row.direction));
    put(json, "sender", row.sender);
    put(json, "recipient", row.recipient);
    put(json, "attempts", row.attempts);
    put(json, "permanent", row.permanent);
    put_time(json, "first", row.first);
    put_time(json, "last", row.last);
    put(json, "variant", name_of(row.variant));
    put(json, "cause", name_of(row.cause));
    put(json, "verdict", name_of(row.verdict));
    put_time(json, "corresponded", row.corresponded);
  });
}

void put_tops(Json& json, const char* key, const char* counterparts, const std::vector<Top>& tops) {
  put_list(json, key, tops, [&](const Top& top) {
    put(json, "name", top.name);
    put(json, "refusals", top.refusals);
    put(json, counterparts, top.counterparts);
    put(json, "variant", name_of(top.variant));
    put(json, "cause", name_of(top.cause));
  });
}

void put_groups(Json& json, const std::vector<Group>& groups) {
  put_list(json, "refused", groups, [&](const Group& group) {
    put(json, "direction", name_of(group.direction));
    json.Key("permanent");
    json.Bool(group.permanent);
    put_or_null(json, "family", group.family ? name_of(*group.family) : std::string_view());
    put(json, "variant", name_of(group.variant));
    put(json, "cause", name_of(group.cause));
    put(json, "refusals", group.refusals);
    put_or_null(json, "usual", group.usual);
    put(json, "senders", group.senders);
    put(json, "recipients", group.recipients);
    put(json, "lost", group.lost);
    put(json, "delivered_later", group.delivered_later);
    put(json, "retrying", group.retrying);
  });
}

void put_coverage(Json& json, const Summary& summary) {
  json.Key("lines");
  json.StartObject();
  put(json, "lines", summary.lines.lines);
  put(json, "exim", summary.lines.exim);
  put(json, "sendmail", summary.lines.sendmail);
  put(json, "continuation", summary.lines.continuation);
  put(json, "other_program", summary.lines.other_program);
  put(json, "not_understood", summary.lines.not_understood);
  json.EndObject();
  put_list(json, "not_understood", summary.not_understood, [&](const UnknownShape& shape) {
    put(json, "lines", shape.lines);
    put(json, "example", shape.example);
    put(json, "file", shape.file);
    put(json, "line", shape.line);
  });
  put(json, "pruned", summary.pruned);
  json.Key("pruned_at_most");
  json.Bool(summary.pruned_at_most);
  put_texts(json, "gaps", summary.gaps);
  put_texts(json, "problems", summary.problems);
}

}  // namespace

std::string json_report(const Summary& summary) {
  const Figures& figures = summary.figures;
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.SetIndent(' ', 2);
  json.StartObject();
  put_or_null(json, "host", summary.host);
  put_or_null(json, "domain", summary.domain);
  put_time(json, "since", summary.since);
  put_time(json, "until", summary.until);
  put(json, "lost", figures.lost);
  put(json, "known_lost", figures.known_lost);
  put_list(json, "dns_outages", summary.outages, [&](const Outage& outage) {
    put_time(json, "first", outage.first);
    put_time(json, "last", outage.last);
    put(json, "refusals", outage.refusals);
    put(json, "networks", outage.networks);
    put(json, "sender_domains", outage.domains);
    put(json, "known_sender_domains", outage.known_domains);
  });
  put_cases(json, "known_correspondents", figures.known);
  put_cases(json, "own_mail_lost", figures.own_lost);
  put_cases(json, "gave_up", figures.gave_up);
  put_list(json, "own_senders", summary.own_senders, [&](const OwnSender& own) {
    put(json, "sender", own.sender);
    put(json, "refusals", own.refusals);
    put(json, "servers", own.servers);
    put(json, "variant", name_of(own.variant));
    put(json, "cause", name_of(own.cause));
  });
  put_tops(json, "new_servers", "senders", figures.new_servers);
  put_tops(json, "new_sender_domains", "recipients", figures.new_domains);
  put_groups(json, figures.groups);
  put_or_null(json, "usual_days", summary.usual_days);
  put_tops(json, "sender_domains", "recipients", figures.sender_domains);
  put_tops(json, "remote_servers", "senders", figures.remote_servers);
  put_coverage(json, summary);
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

}  // namespace lostmail::report
