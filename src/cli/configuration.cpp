#include "cli/configuration.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <sstream>

#include <unistd.h>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace lostmail::cli {
namespace {

enum class Kind { text, texts, number };

struct Setting {
  const char* key;
  Kind kind;
  const char* fallback;  ///< texts: none
  double least = 0, most = 0;
};

/// In the order in which --print-config and the packaged file have them; sections last, as TOML
/// wants it.
constexpr Setting kSettings[] = {
    {"store", Kind::text, ""},
    {"tz", Kind::text, ""},
    {"host", Kind::text, ""},
    {"patterns", Kind::texts, ""},
    {"local_domains", Kind::texts, ""},
    {"queue_lifetime_days", Kind::number, "5", 0.01, 60},
    {"keep_days", Kind::number, "400", 1, 36500},
    {"report.limit", Kind::number, "10", 0, 1000},
    {"report.mail_to", Kind::texts, ""},
    {"report.mail_from", Kind::text, ""},
    {"report.sendmail", Kind::text, "/usr/sbin/sendmail"},
    {"whitelist.min_score", Kind::number, "10", -1000, 1000},
    {"whitelist.expire_days", Kind::number, "365", 1, 36500},
    {"whitelist.platform", Kind::text, ""},
};

const Setting* setting_of(std::string_view key) {
  const auto* found = std::find_if(std::begin(kSettings), std::end(kSettings),
                                   [&](const Setting& setting) { return setting.key == key; });
  return found == std::end(kSettings) ? nullptr : found;
}

bool is_section(std::string_view name) {
  return std::any_of(std::begin(kSettings), std::end(kSettings), [&](const Setting& setting) {
    return std::string_view(setting.key).starts_with(std::string(name) + '.');
  });
}

tl::unexpected<Error> wrong(const std::string& file, const toml::node& node, std::string message) {
  const auto& begin = node.source().begin;
  return tl::unexpected<Error>(Error{ErrorKind::invalid_argument,
                                     fmt::format("{}:{}:{}", file, begin.line, begin.column),
                                     std::move(message)});
}

/// A list of texts; one text stands for a list of one.
Result<std::vector<std::string>> texts_of(const std::string& file, const std::string& key,
                                          const toml::node& node) {
  if (const auto one = node.value<std::string>()) return std::vector<std::string>{*one};
  const auto* array = node.as_array();
  if (array == nullptr) return wrong(file, node, fmt::format("`{}` is a list of texts", key));
  std::vector<std::string> texts;
  for (const auto& entry : *array) {
    const auto text = entry.value<std::string>();
    if (!text) return wrong(file, entry, fmt::format("`{}` is a list of texts", key));
    texts.push_back(*text);
  }
  return texts;
}

std::string quoted(std::string_view text) {
  std::ostringstream out;
  const toml::value<std::string> value{std::string(text)};
  out << toml::toml_formatter(
      value, toml::toml_formatter::default_flags & ~toml::format_flags::allow_literal_strings);
  return out.str();
}

struct InToml {
  std::string operator()(const std::string& text) const { return quoted(text); }
  std::string operator()(double number) const { return fmt::format("{:g}", number); }
  std::string operator()(const std::vector<std::string>& texts) const {
    std::string list;
    for (const auto& text : texts) list += (list.empty() ? "" : ", ") + quoted(text);
    return fmt::format("[{}]", list);
  }
};

}  // namespace

Configuration::Configuration() {
  for (const auto& setting : kSettings) {
    Value value;
    if (setting.kind == Kind::text) value = std::string(setting.fallback);
    if (setting.kind == Kind::texts) value = std::vector<std::string>();
    if (setting.kind == Kind::number) value = std::stod(setting.fallback);
    held_[setting.key] = {std::move(value), {}};
  }
}

Result<void> Configuration::read(const std::string& file) {
  if (::access(file.c_str(), R_OK) != 0) {
    return fail(errno == ENOENT ? ErrorKind::not_found : ErrorKind::permission_denied, file,
                "the configuration cannot be read: {}", std::strerror(errno));
  }
  toml::table root;
  try {
    root = toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    return fail(ErrorKind::invalid_argument,
                fmt::format("{}:{}:{}", file, begin.line, begin.column), "{}", error.description());
  }
  const auto take = [&](const std::string& key, const toml::node& node) -> Result<void> {
    const Setting* setting = setting_of(key);
    if (setting == nullptr) {
      return wrong(file, node,
                   fmt::format("unknown setting `{}`: `lostmail --print-config` lists all", key));
    }
    Held held{{}, file};
    if (setting->kind == Kind::texts) {
      auto texts = texts_of(file, key, node);
      if (!texts) return tl::unexpected(texts.error());
      held.value = std::move(*texts);
    } else if (setting->kind == Kind::text) {
      const auto text = node.value<std::string>();
      if (!text) return wrong(file, node, fmt::format("`{}` is a text in quotes", key));
      held.value = *text;
    } else {
      const auto number = node.value<double>();
      // Written so that a NaN is out of range too.
      if (!number || !(*number >= setting->least && *number <= setting->most)) {
        return wrong(
            file, node,
            fmt::format("`{}` is a number from {:g} to {:g}", key, setting->least, setting->most));
      }
      held.value = *number;
    }
    held_[key] = std::move(held);
    return {};
  };
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    const auto* section = node.as_table();
    if (section == nullptr || !is_section(name)) {
      if (auto ok = take(name, node); !ok) return ok;
      continue;
    }
    for (const auto& [inner, value] : *section) {
      if (auto ok = take(name + '.' + std::string(inner.str()), value); !ok) return ok;
    }
  }
  files_.push_back(file);
  return {};
}

void Configuration::set(std::string_view key, std::string text, std::string origin) {
  held_.find(key)->second = {std::move(text), std::move(origin)};
}

const std::string& Configuration::text(std::string_view key) const {
  return std::get<std::string>(held_.find(key)->second.value);
}

const std::vector<std::string>& Configuration::texts(std::string_view key) const {
  return std::get<std::vector<std::string>>(held_.find(key)->second.value);
}

double Configuration::number(std::string_view key) const {
  return std::get<double>(held_.find(key)->second.value);
}

std::string Configuration::to_toml() const {
  std::string out = "# The settings in effect. Files read:";
  for (const auto& file : files_) out += " " + file;
  out += files_.empty() ? " none\n" : "\n";
  std::string section;
  for (const auto& setting : kSettings) {
    const std::string_view key = setting.key;
    const auto dot = key.find('.');
    const std::string_view name = dot == std::string_view::npos ? key : key.substr(dot + 1);
    if (dot != std::string_view::npos && key.substr(0, dot) != section) {
      section = key.substr(0, dot);
      out += fmt::format("\n[{}]\n", section);
    }
    const Held& held = held_.find(key)->second;
    const std::string line = fmt::format("{} = {}", name, std::visit(InToml(), held.value));
    out += fmt::format("{:<40} # {}\n", line, held.origin.empty() ? "default" : held.origin);
  }
  return out;
}

}  // namespace lostmail::cli
