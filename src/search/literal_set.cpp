#include "search/literal_set.hpp"

#include <algorithm>

#include <hs/hs.h>

namespace lostmail::search {
namespace {

constexpr std::size_t kFew = 3;  ///< so many PairScans are faster than one Vectorscan

}  // namespace

struct LiteralSet::Impl {
  std::vector<Literal> few;  ///< empty: there is a database
  hs_database_t* database = nullptr;
  ~Impl() { hs_free_database(database); }
};

struct LiteralSet::Scratch::Impl {
  hs_scratch_t* scratch = nullptr;
  std::vector<PairScan> scans;
  std::vector<std::size_t> ends;
  std::vector<std::pair<std::size_t, std::size_t>> found;  ///< end, literal
  ~Impl() { hs_free_scratch(scratch); }
};

LiteralSet::LiteralSet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiteralSet::LiteralSet(LiteralSet&&) noexcept = default;
LiteralSet& LiteralSet::operator=(LiteralSet&&) noexcept = default;
LiteralSet::~LiteralSet() = default;

LiteralSet::Scratch::Scratch(const LiteralSet& set) : impl_(std::make_unique<Impl>()) {
  if (set.impl_->database != nullptr) hs_alloc_scratch(set.impl_->database, &impl_->scratch);
}
LiteralSet::Scratch::~Scratch() = default;

Result<LiteralSet> LiteralSet::compile(const std::vector<Literal>& literals) {
  auto impl = std::make_unique<Impl>();
  if (literals.size() <= kFew) {
    impl->few = literals;
    return LiteralSet(std::move(impl));
  }
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  std::vector<unsigned> flags, ids;
  for (const auto& literal : literals) {
    texts.push_back(literal.text.data());
    lengths.push_back(literal.text.size());
    flags.push_back(literal.any_case ? HS_FLAG_CASELESS : 0);
    ids.push_back(static_cast<unsigned>(ids.size()));
  }
  hs_compile_error_t* error = nullptr;
  const auto code = hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), lengths.data(),
                                         static_cast<unsigned>(texts.size()), HS_MODE_BLOCK,
                                         nullptr, &impl->database, &error);
  if (code != HS_SUCCESS) {
    const std::string why = error != nullptr ? error->message : "no reason given";
    hs_free_compile_error(error);
    return fail(ErrorKind::invalid_argument, "", "cannot be searched for: {}", why);
  }
  return LiteralSet(std::move(impl));
}

/// The log's first block is the sample by which PairScan chooses its bytes.
void LiteralSet::find_few(std::string_view block, Scratch::Impl& scratch,
                          const Found& found) const {
  if (scratch.scans.empty()) {
    for (const auto& literal : impl_->few) scratch.scans.emplace_back(literal, block);
  }
  scratch.found.clear();
  for (std::size_t i = 0; i < scratch.scans.size(); ++i) {
    scratch.ends.clear();
    scratch.scans[i].find(block, scratch.ends);
    for (const auto end : scratch.ends) scratch.found.emplace_back(end, i);
  }
  if (scratch.scans.size() > 1) std::sort(scratch.found.begin(), scratch.found.end());
  for (const auto& [end, literal] : scratch.found) {
    if (!found(literal, end)) return;
  }
}

void LiteralSet::find(std::string_view block, Scratch& scratch, const Found& found) const {
  if (impl_->database == nullptr) return find_few(block, *scratch.impl_, found);
  const auto tell = [](unsigned id, unsigned long long, unsigned long long to, unsigned,
                       void* context) {
    const auto& callback = *static_cast<const Found*>(context);
    return callback(id, static_cast<std::size_t>(to)) ? 0 : 1;
  };
  hs_scan(impl_->database, block.data(), static_cast<unsigned>(block.size()), 0,
          scratch.impl_->scratch, tell,
          const_cast<void*>(static_cast<const void*>(&found)));  // read-only behind C's void*
}

}  // namespace lostmail::search
