#include "lostmail/whitelist/list_file.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "whitelist/block.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::size_t kMaxReason = 200;
constexpr std::size_t kMaxPerson = 60;

struct Span {
  std::size_t begin = 0, end = 0;  ///< of the first byte, past the last
};

/// The line at `start` with its newline, where it has one.
std::string_view line_at(std::string_view text, std::size_t start) {
  const std::size_t newline = text.find('\n', start);
  return text.substr(start, newline == std::string_view::npos ? newline : newline + 1 - start);
}

/// Without line end and blanks after the text: editors leave them.
std::string_view trimmed(std::string_view line) {
  while (!line.empty() && std::string_view(" \t\r\n").find(line.back()) != std::string_view::npos) {
    line.remove_suffix(1);
  }
  return line;
}

tl::unexpected<Error> torn(std::size_t line, std::string_view what) {
  return fail(ErrorKind::corrupt_input, fmt::format("line {}", line),
              "{}: put the markers \"{}\" and \"{}\" right, or take both away", what, kBlockBegin,
              kBlockEnd);
}

/// The block of `text`; an empty span at the end of the text where it has none.
Result<Span> find_block(std::string_view text) {
  std::optional<std::size_t> begin;
  std::optional<Span> block;
  std::size_t number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::string_view line = line_at(text, start);
    const std::string_view mark = trimmed(line);
    ++number;
    if (mark == kBlockBegin) {
      if (begin || block) return torn(number, "a second block begins");
      begin = start;
    } else if (mark == kBlockEnd) {
      if (!begin) return torn(number, "a block ends that did not begin");
      block = Span{*begin, start + line.size()};
      begin.reset();
    }
    start += line.size();
  }
  if (begin) return torn(number, "a block begins and does not end");
  return block.value_or(Span{text.size(), text.size()});
}

std::string comment_of(const Entry& entry) {
  std::string text = fmt::format("# why: {}", printable(entry.reason, kMaxReason));
  if (entry.attempts > 0) {
    text += fmt::format("; {}, {} to {}", counted(entry.attempts, "attempt"), date(entry.first),
                        date(entry.last));
  }
  text += fmt::format(
      "; approved {} by {}", date(entry.approved),
      printable(entry.approved_by.empty() ? "nobody named" : entry.approved_by, kMaxPerson));
  text += entry.expires == 0 ? "; does not expire" : "; expires " + date(entry.expires);
  if (!entry.note.empty()) text += "; note: " + printable(entry.note, kMaxReason);
  return text;
}

/// Why the block does not hold `entry`; empty where it does.
std::string fault_of(const Entry& entry, std::int64_t now, const BlockForm& form) {
  if (const auto sound = check(entry); !sound) return sound.error().message;
  if (entry.expires != 0 && entry.expires <= now) return "expired on " + date(entry.expires);
  return form.decided ? form.decided(entry) : std::string();
}

}  // namespace

ListFile block_of(std::span<const Entry> entries, std::int64_t now, const BlockForm& form) {
  ListFile result;
  std::map<std::string_view, const Entry*> by_key;
  for (const Entry& entry : entries) {
    if (!form.takes(entry)) continue;
    if (std::string fault = fault_of(entry, now, form); !fault.empty()) {
      result.left_out.push_back({printable(entry.key), std::move(fault)});
      continue;
    }
    by_key.emplace(entry.key, &entry);
  }
  result.entries = by_key.size();
  result.block = fmt::format("{}\n{}", kBlockBegin, form.head);
  for (const auto& [key, entry] : by_key) {
    result.ids.push_back(entry_id(entry->list, key));
    result.block += fmt::format("{}\n{}\n", comment_of(*entry), form.line(*entry));
  }
  result.block += fmt::format("{}\n", kBlockEnd);
  return result;
}

Result<std::string> plain_path(std::string_view path) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '.' || c == '_' || c == '-';
  };
  if (!path.starts_with('/') || !std::all_of(path.begin(), path.end(), plain)) {
    return fail(
        ErrorKind::invalid_argument, printable(path),
        "not an absolute path of letters, digits and ./_-: choose one that needs no quoting");
  }
  return std::string(path);
}

Result<std::string> replace_block(std::string_view existing, std::string_view block) {
  const auto inner = find_block(block);
  if (!inner || inner->begin != 0 || inner->end != block.size() || !block.ends_with('\n')) {
    return fail(ErrorKind::invalid_argument, "", "the new text is not one block");
  }
  const auto old = find_block(existing);
  if (!old) return tl::unexpected(old.error());
  std::string result(existing.substr(0, old->begin));
  if (!result.empty() && result.back() != '\n') result += '\n';
  result += block;
  result += existing.substr(old->end);
  return result;
}

Result<std::vector<std::string_view>> lines_outside_block(std::string_view existing) {
  const auto block = find_block(existing);
  if (!block) return tl::unexpected(block.error());
  std::vector<std::string_view> result;
  for (std::size_t start = 0; start < existing.size();) {
    const std::string_view line = line_at(existing, start);
    if (start < block->begin || start >= block->end) result.push_back(trimmed(line));
    start += line.size();
  }
  return result;
}

}  // namespace lostmail::whitelist
