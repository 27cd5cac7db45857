#include "cli/words.hpp"

#include <fmt/format.h>

#include "lostmail/advice/advice.hpp"

namespace lostmail::cli {
namespace {

/// A title inside a sentence: without its capital, abbreviations apart.
std::string in_sentence(std::string_view title) {
  std::string text(title);
  const bool word = text.size() > 1 && text[1] >= 'a' && text[1] <= 'z';
  if (word && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

}  // namespace

std::string reason_of(const ClassifiedRefusal& refusal) {
  if (refusal.is.variant == Variant::other) return {};
  std::string text = fmt::format("{} ({})", in_sentence(advice::title(refusal.is.variant)),
                                 name_of(refusal.is.variant));
  if (refusal.is.cause != Cause::as_stated && refusal.is.cause != Cause::not_logged)
    text += fmt::format(", {} ({})", in_sentence(advice::title(refusal.is.cause)),
                        name_of(refusal.is.cause));
  return text;
}

}  // namespace lostmail::cli
