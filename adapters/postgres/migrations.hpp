#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/postgres/connection.hpp"

namespace logline::postgres {

/// A view of one entity type's events, made from its description (PGM-01): see views.hpp.
struct view_definition {
  std::string name;
  std::string select;  ///< "SELECT …", where "@schema@" stands for the schema
  std::string doc;
};

struct migration_report {
  std::vector<std::string> applied;  ///< names of migrations
  std::vector<std::string> views;    ///< made or made anew
  std::string note;                  ///< what the connecting role could not do, or empty
};

/// What is compiled in, against what the database has (PGM-11).
enum class schema_state { missing, behind, current };

/// Errors: store_corrupt when a migration that was applied had another text than this program's, unknown_format when
/// the database was made by a newer program.
journal::result<schema_state> read_schema_state(connection& to, std::string_view schema);

/// Brings the database up to this program: roles, then each migration in a transaction of its own, recorded with its
/// checksum, then the guard against dropping (superusers only) and the views. Doing it again changes nothing. Several
/// at once wait for one another. Errors: those of read_schema_state; store_failed, where the connecting role may not.
journal::result<migration_report> migrate(connection& to, std::string_view schema,
                                          std::span<const view_definition> views);

/// The text with its schema's name in it.
std::string in_schema(std::string_view text, std::string_view schema);

}  // namespace logline::postgres
