#pragma once

#include <optional>

#include "cli/find_options.hpp"
#include "lostmail/search/search.hpp"
#include "lostmail/store/store.hpp"

/// Where `find` looks: the store, and the logs.
namespace lostmail::cli {

/// The store, where one is to be asked and there is one. Errors: one that cannot be read.
[[nodiscard]] Result<std::optional<store::Store>> open_store(const FindOptions& options,
                                                             const Globals& globals);

/// The logs that were named; else those of this machine, and those that the store knows and that
/// still lie there. `store` may be null.
[[nodiscard]] input::LogList logs_to_search(const FindOptions& options, store::Store* store);

/// Refusals of the store. Words are looked up where they are addresses; a subject is in no store.
[[nodiscard]] Result<search::Known> ask_store(store::Store& store, store::Selection selection,
                                              const FindOptions& options);

/// The refusals of whole logs, for questions that name no text.
[[nodiscard]] Result<search::Known> read_refusals(const std::vector<input::LogList::Item>& logs,
                                                  const trace::Question& question,
                                                  const classify::PatternSet& patterns,
                                                  const FindOptions& options,
                                                  const Globals& globals);

}  // namespace lostmail::cli
