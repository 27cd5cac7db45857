#include "lostmail/whitelist/auto_senders.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lostmail/core/address.hpp"
#include "whitelist/address_check.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

using Text = std::string_view;

bool is_one_of(char c, Text set) { return set.find(c) != Text::npos; }

/// `start` and one of `separators`.
bool starts(Text local, Text start, Text separators) {
  return local.size() > start.size() && local.starts_with(start) &&
         is_one_of(local[start.size()], separators);
}

bool is_bounce(Text local) {
  return starts(local, "bounce", "-+_=") || starts(local, "bounces", "-+_=");
}

/// VERP carries the recipient: list-return-17-bob=example.net@lists.example.org
bool is_verp(Text local) {
  const std::size_t equals = local.find('=');
  if (equals == 0 || equals == Text::npos) return false;
  const Text rest = local.substr(equals + 1);
  const std::size_t dot = rest.find('.');
  return dot != Text::npos && dot > 0 && dot + 1 < rest.size() && rest.find('=') == Text::npos;
}

bool is_srs(Text local) {
  return local.size() > 5 && local.starts_with("srs") && is_one_of(local[3], "01") &&
         is_one_of(local[4], "=+-");
}

bool is_batv(Text local) {
  return local.starts_with("prvs=") || local.starts_with("msprvs1=") || local.starts_with("btv1==");
}

bool is_mailman(Text local) {
  const std::size_t at = local.rfind("-bounces+");
  return at != Text::npos && at > 0;
}

template <std::size_t Size>
bool ends(Text local, const std::array<Text, Size>& words) {
  return std::any_of(words.begin(), words.end(), [local](Text word) {
    return local.size() > word.size() && local.ends_with(word);
  });
}

// The names are those of the field and of the guide that introduced such a condition.
constexpr std::array<Shape, 13> kShapes{{
    {"bounce-*", "bounces?[-+_=][^@]*", true, is_bounce},
    {"*-bounces+*", "[^@]+-bounces[+][^@]*", true, is_mailman},
    {"srs", "srs[01][=+-][^@]+", true, is_srs},
    {"batv", "(prvs|msprvs1|btv1=)=[^@]*", true, is_batv},
    {"verp", "[^@=]+=[^@=.]+[.][^@=]+", true, is_verp},
    {"*-bounce", "[^@]+-bounces?", false,
     [](Text local) {
       return ends(local, std::array<Text, 2>{"-bounce", "-bounces"});
     }},
    {"*-request", "[^@]+-request", false,
     [](Text local) { return ends(local, std::array<Text, 1>{"-request"}); }},
    {"owner-*", "owner-[^@]*", false, [](Text local) { return local.starts_with("owner-"); }},
    {"*-owner", "[^@]+-owner", false,
     [](Text local) { return ends(local, std::array<Text, 1>{"-owner"}); }},
    {"listmaster", "listmaster", false, [](Text local) { return local == "listmaster"; }},
    {"root", "root", false, [](Text local) { return local == "root"; }},
    {"anonymous", "anonymous", false, [](Text local) { return local == "anonymous"; }},
    {"nobody", "nobody", false, [](Text local) { return local == "nobody"; }},
}};

const Shape* shape_named(Text name) {
  const auto found = std::find_if(kShapes.begin(), kShapes.end(),
                                  [name](const Shape& shape) { return shape.name == name; });
  return found == kShapes.end() ? nullptr : &*found;
}

}  // namespace

std::span<const Shape> shapes() { return kShapes; }

const Shape* shape_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == Text::npos || at == 0) return nullptr;
  const std::string local = to_lower(address.substr(0, at));
  const auto found = std::find_if(kShapes.begin(), kShapes.end(),
                                  [&local](const Shape& shape) { return shape.fits(local); });
  return found == kShapes.end() ? nullptr : &*found;
}

Result<AutoSenders> AutoSenders::parse(std::string_view key) {
  const std::size_t at = key.rfind('@');
  const Shape* shape = at == Text::npos ? nullptr : shape_named(to_lower(key.substr(0, at)));
  if (shape == nullptr) {
    std::string names;
    for (const Shape& one : kShapes) names += fmt::format(" {}", one.name);
    return fail(ErrorKind::invalid_argument, printable(key),
                "not SHAPE@DOMAIN or SHAPE@*; the shapes are:{}", names);
  }
  const Text domain = key.substr(at + 1);
  if (domain == "*") return AutoSenders{shape, {}};
  auto checked = checked_domain(domain);
  if (!checked) return tl::unexpected(std::move(checked).error());
  return AutoSenders{shape, std::move(*checked)};
}

std::string AutoSenders::key() const {
  return fmt::format("{}@{}", shape->name, domain.empty() ? "*" : domain);
}

std::string AutoSenders::regex() const {
  std::string text = fmt::format("^{}@", shape->regex);
  if (domain.empty()) return text + "[^@]+$";
  for (const char c : domain) {
    if (c == '.') text += '\\';
    text += c;
  }
  return text + '$';
}

bool AutoSenders::covers(std::string_view address) const {
  const std::size_t at = address.rfind('@');
  if (at == Text::npos) return false;
  const std::string local = to_lower(address.substr(0, at));
  // The regexes let no second '@' in; Exim's address may hold one in quotes.
  if (local.find('@') != Text::npos || !shape->fits(local)) return false;
  return domain.empty() || equals_ignoring_case(address.substr(at + 1), domain);
}

}  // namespace lostmail::whitelist
