#include "lostmail/core/address.hpp"

#include <algorithm>

#include "lostmail/core/sixteen.hpp"

namespace lostmail {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool has_upper(std::string_view text) {
  return holds_one(text, [](Sixteen all) -> Sixteen { return (all >= 'A') & (all <= 'Z'); });
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  if (left == right) return true;
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view strip_path(std::string_view path) {
  if (!path.empty() && path.front() == '<') {
    path.remove_prefix(1);
    if (!path.empty() && path.back() == '>') path.remove_suffix(1);
  }
  // A source route `@one,@two:joe@three`; a colon elsewhere (in a quoted local part) does not
  // follow an '@' at the start.
  if (!path.empty() && path.front() == '@') {
    const auto colon = path.find(':');
    if (colon != std::string_view::npos) path.remove_prefix(colon + 1);
  }
  return path;
}

std::optional<Mailbox> Mailbox::parse(std::string_view address) {
  if (address.empty()) return std::nullopt;
  Mailbox result;
  result.text_ = std::string(address);  // in one step: assigning looks for room first
  result.find_domain();
  return result;
}

void Mailbox::assign(std::string_view address) {
  text_ = address;
  find_domain();
}

void Mailbox::find_domain() {
  at_ = std::min(rfind_near(text_, '@'), text_.size());
  if (!has_upper(std::string_view(text_).substr(at_))) return;
  const auto domain = text_.begin() + static_cast<std::ptrdiff_t>(at_);
  std::transform(domain, text_.end(), domain, lower);
}

ReversePath ReversePath::parse(std::string_view path) {
  ReversePath result;
  result.mailbox_ = Mailbox::parse(strip_path(path));
  return result;
}

void ReversePath::assign(std::string_view path) {
  const auto address = strip_path(path);
  if (mailbox_ && !address.empty()) {
    mailbox_->assign(address);
  } else {
    mailbox_ = Mailbox::parse(address);
  }
}

}  // namespace lostmail
