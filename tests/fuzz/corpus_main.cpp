// A plain main for fuzz targets: each file below the given folders, whole, and its lines cut and
// bent by a fixed seed.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

void bend(const std::string& bytes, std::mt19937& random) {
  constexpr int kRounds = 60;
  constexpr std::size_t kSmall = 32 * 1024;  // as a whole it is read soon enough
  for (int round = 0; round < kRounds && !bytes.empty(); ++round) {
    const bool whole = bytes.size() < kSmall && round % 2 == 0;
    const std::size_t begin = whole ? 0 : random() % bytes.size();
    std::string part = bytes.substr(begin, whole ? bytes.size() : random() % 4000);
    for (int i = 0; i < 4 && !part.empty(); ++i) {
      const std::size_t at = random() % part.size();
      switch (random() % 3) {
        case 0:
          part[at] = static_cast<char>(random() & 0xffU);
          break;
        case 1:
          part.erase(at, random() % 20);
          break;
        default:
          part.insert(at, part.substr(random() % part.size(), random() % 40));
          break;
      }
    }
    run(part);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::mt19937 random(550);
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream stream(entry.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(stream), {});
      run(bytes);
      bend(bytes, random);
      ++files;
    }
  }
  std::printf("%zu files\n", files);
  return files == 0 ? 1 : 0;
}
