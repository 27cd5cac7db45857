#pragma once

namespace lostmail::assemble {

/// std::erase_if() by the values of a map that has none of its own.
template <typename Map, typename Is>
void erase_where(Map& map, Is is) {
  for (auto at = map.begin(); at != map.end();) at = is(at->second) ? map.erase(at) : std::next(at);
}

}  // namespace lostmail::assemble
