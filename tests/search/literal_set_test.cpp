#include "search/literal_set.hpp"

#include <random>

#include <gtest/gtest.h>

#include "lostmail/core/address.hpp"

namespace lostmail::search {
namespace {

using Places = std::vector<std::pair<std::size_t, std::size_t>>;  ///< end, literal

Places found_by(const LiteralSet& set, std::string_view block) {
  LiteralSet::Scratch scratch(set);
  Places places;
  set.find(block, scratch, [&](std::size_t literal, std::size_t end) {
    places.emplace_back(end, literal);
    return true;
  });
  std::sort(places.begin(), places.end());
  return places;
}

/// Place by place, the plain way.
Places found_plainly(const std::vector<Literal>& literals, std::string_view block) {
  Places places;
  for (std::size_t i = 0; i < literals.size(); ++i) {
    const auto& [text, any_case] = literals[i];
    for (std::size_t at = 0; at + text.size() <= block.size(); ++at) {
      const auto there = block.substr(at, text.size());
      if (any_case ? equals_ignoring_case(there, text) : there == text)
        places.emplace_back(at + text.size(), i);
    }
  }
  std::sort(places.begin(), places.end());
  return places;
}

std::string random_text(std::mt19937& random, std::size_t size, std::string_view letters) {
  std::string text;
  while (text.size() < size) text += letters[random() % letters.size()];
  return text;
}

TEST(LiteralSet, FindsWhatStandsThere) {
  // Few letters make many matches and near misses; the sizes lie around the width of a vector.
  constexpr std::string_view kLetters = "aAb@B.[{`\n\xe1";
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    const std::string block = random_text(random, random() % 300, kLetters);
    std::vector<Literal> literals;
    for (std::size_t count = 1 + random() % 5; count > 0; --count)
      literals.push_back({random_text(random, 1 + random() % 6, kLetters), random() % 2 == 0});
    const auto set = LiteralSet::compile(literals);
    ASSERT_TRUE(set);
    EXPECT_EQ(found_by(*set, block), found_plainly(literals, block)) << round << ": " << block;
  }
}

TEST(LiteralSet, AtTheEdgesOfABlock) {
  const auto set = LiteralSet::compile({{"ann@a.example", true}});
  ASSERT_TRUE(set);
  for (const std::size_t before : {0, 1, 50, 51, 63, 64, 65, 127, 128, 200}) {
    const std::string block = std::string(before, 'x') + "Ann@A.example";
    EXPECT_EQ(found_by(*set, block), (Places{{block.size(), 0}})) << before;
    EXPECT_EQ(found_by(*set, std::string_view(block).substr(0, block.size() - 1)), Places());
  }
}

TEST(LiteralSet, StopsWhereNoMoreIsWanted) {
  for (const std::size_t count : {1U, 9U}) {
    const auto set = LiteralSet::compile(std::vector<Literal>(count, {"a", false}));
    ASSERT_TRUE(set);
    LiteralSet::Scratch scratch(*set);
    int told = 0;
    set->find("a a a", scratch, [&](std::size_t, std::size_t) { return ++told < 2; });
    EXPECT_EQ(told, 2) << count;
  }
}

}  // namespace
}  // namespace lostmail::search
