#include "classify/regex.hpp"

#include <array>
#include <utility>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace lostmail::classify {
namespace {

constexpr std::uint32_t kMatchLimit = 200'000;

struct Free {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

}  // namespace

struct Regex::Impl {
  std::unique_ptr<pcre2_code, Free> code;
  std::unique_ptr<pcre2_match_data, Free> data;
  std::unique_ptr<pcre2_match_context, Free> context;
  bool jit_tried = false;
};

Regex::Regex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

tl::expected<Regex, Regex::Fault> Regex::compile(const std::string& pattern) {
  int code = 0;
  PCRE2_SIZE offset = 0;
  auto impl = std::make_unique<Impl>();
  impl->code.reset(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                    PCRE2_CASELESS | PCRE2_EXTENDED | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C,
                    &code, &offset, nullptr));
  if (!impl->code) {
    std::array<PCRE2_UCHAR, 256> message{};
    pcre2_get_error_message(code, message.data(), message.size());
    return tl::unexpected(Fault{offset, reinterpret_cast<const char*>(message.data())});
  }
  impl->data.reset(pcre2_match_data_create(1, nullptr));
  impl->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(impl->context.get(), kMatchLimit);
  return Regex(std::move(impl));
}

std::optional<Regex::Span> Regex::find(std::string_view text) const {
  // Not before there is something to match: it takes a third of the time of a run that finds
  // nothing new. Without it the interpreter does the same, slower.
  if (!std::exchange(impl_->jit_tried, true))
    pcre2_jit_compile(impl_->code.get(), PCRE2_JIT_COMPLETE);
  const int count = pcre2_match(impl_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                text.size(), 0, 0, impl_->data.get(), impl_->context.get());
  if (count < 0) return std::nullopt;
  const PCRE2_SIZE* at = pcre2_get_ovector_pointer(impl_->data.get());
  return Span{at[0], at[1]};
}

}  // namespace lostmail::classify
