#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/result.hpp"
#include "search/pair_scan.hpp"

namespace lostmail::search {

/// Finds any of several texts in large blocks: a few by PairScan, many by Vectorscan, which goes
/// over the block but once. Const use from several threads.
class LiteralSet {
 public:
  /// Errors: invalid_argument where Vectorscan does not take them.
  [[nodiscard]] static Result<LiteralSet> compile(const std::vector<Literal>& literals);
  LiteralSet(LiteralSet&&) noexcept;
  LiteralSet& operator=(LiteralSet&&) noexcept;
  ~LiteralSet();

  /// What one thread needs beside the set.
  class Scratch {
   public:
    explicit Scratch(const LiteralSet& set);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

   private:
    friend class LiteralSet;
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };

  /// Tells each place in `block`, in order: which literal, and the index behind it. False from
  /// `found` ends the search.
  using Found = std::function<bool(std::size_t literal, std::size_t end)>;
  void find(std::string_view block, Scratch& scratch, const Found& found) const;

 private:
  void find_few(std::string_view block, Scratch::Impl& scratch, const Found& found) const;

  struct Impl;
  explicit LiteralSet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lostmail::search
